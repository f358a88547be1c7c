"""The sealed records of commands: data check, parity, audit, decision log, attestation."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from plimsoll.gates.hashing import seal_fault
from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import EvidenceError, Reading, moment, number
from plimsoll.gates.records import FORMAT, HEAD
from plimsoll.performance.comparison import compare
from plimsoll.performance.errors import MeasureError

Figures = dict[str, float]


def parsed_record(content: bytes) -> dict[str, Any]:
    """Return a sealed record with its head; raises `EvidenceError` for anything else."""
    try:
        record = json.loads(content)
    except ValueError as error:
        raise EvidenceError(f"it is no JSON ({error})") from None
    if not isinstance(record, dict) or not isinstance(record.get(HEAD), dict):
        raise EvidenceError("it is no evidence: no command of this version wrote it")
    head = record[HEAD]
    if head.get("format") != FORMAT:
        raise EvidenceError(f"expected evidence of format {FORMAT}, found {head.get('format')}")
    if head.get("kind") not in {*READERS, Kind.PAPER, Kind.LIVE}:
        raise EvidenceError(f"it is evidence of an unknown kind, {head.get('kind')!r}")
    return record


def read_record(content: bytes) -> Reading:
    """Read one of the sealed records; one that was changed by hand says so in its faults.

    Raises `EvidenceError` when it is none.
    """
    record = parsed_record(content)
    head = record[HEAD]
    kind = Kind(head["kind"])
    try:
        figures, facts = READERS[kind](record)
    except (KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(f"it is no readable record of {kind.value} ({error!r})") from None
    return sealed_reading(record, figures, facts)


def sealed_reading(
    record: Mapping[str, Any], figures: Figures, facts: Mapping[str, Any]
) -> Reading:
    """Return the reading of a sealed record, its seal checked."""
    head = record[HEAD]
    made_with = dict(head.get("made_with") or {})
    fault = seal_fault(record)
    kind = Kind(head["kind"])
    strategy = str(made_with.get("strategy") or "")
    return Reading(
        kind=kind,
        strategy=strategy,
        identity=f"{kind.value} {strategy} {head.get('at')}",
        made_at=moment(head.get("at"), "at"),
        figures=figures,
        made_with=made_with,
        facts=facts,
        faults=() if fault is None else (fault,),
    )


def _data_check(record: Mapping[str, Any]) -> tuple[Figures, dict[str, Any]]:
    errors = [one for one in record["findings"] if one["severity"] == "error"]
    stated = number(record["counts"], "error")
    if stated < len(errors):
        raise EvidenceError(f"it counts {stated:.0f} errors and lists {len(errors)}")
    return {"errors": stated}, {"candles": dict(record["candles"])}


def _parity(record: Mapping[str, Any]) -> tuple[Figures, dict[str, Any]]:
    verdict = record["verdict"]
    since, until = moment(record["since"], "since"), moment(record["until"], "until")
    compared = int(record["matched"]) + int(record["only_a"]) + int(record["only_b"])
    fraction = verdict["fraction"]
    days = (until - since).total_seconds() / 86_400.0
    if days <= 0:
        raise EvidenceError("it ends before it begins")
    known = fraction is not None and compared > 0
    return (
        {
            "fraction": number(verdict, "fraction") if known else math.nan,
            "days": days,
            "trades": float(compared),
        },
        {"since": since, "until": until, "bot": str(record["b"]["name"])},
    )


def _audit(record: Mapping[str, Any]) -> tuple[Figures, dict[str, Any]]:
    breaks = record["breaks"]
    if bool(record["sound"]) is bool(breaks):
        raise EvidenceError(f"it says sound {record['sound']} and lists {len(breaks)} breaks")
    return {"breaks": float(len(breaks))}, {"compared": bool(record["compared"])}


def _log(record: Mapping[str, Any]) -> tuple[Figures, dict[str, Any]]:
    whole, fault = record["whole"], record["fault"]
    if bool(whole) is (fault is not None):
        raise EvidenceError("it says that it is whole and names a fault, or neither")
    return (
        {"faults": 0.0 if whole else 1.0, "records": number(record, "records")},
        {"fault": fault, "head": record["head"]},
    )


def _comparison(record: Mapping[str, Any]) -> tuple[Figures, dict[str, Any]]:
    """Compare the days again: what the record states of them counts for nothing."""
    own, theirs = (_daily(record, name) for name in ("candidate", "baseline"))
    trades, trials = number(record, "trades"), number(record, "trials")
    try:
        made = compare(own, theirs, trades=int(trades), trials=int(trials))
    except MeasureError as error:
        raise EvidenceError(f"its days cannot be compared: {error}") from None
    figures = {"reasons": float(len(made.why)), "low": made.low, "probability": made.probability}
    return figures, {"baseline": str(record["against"]), "why": made.why}


def _daily(record: Mapping[str, Any], name: str) -> "pd.Series[float]":
    values = [float(one) for one in record["daily_returns"][name]]
    first = moment(record["first_day"], "first_day")
    return pd.Series(values, index=pd.date_range(first, periods=len(values), freq="D"))


def _attestation(record: Mapping[str, Any]) -> tuple[Figures, dict[str, Any]]:
    by, reason = str(record["by"]).strip(), str(record["reason"]).strip()
    if not by or not reason:
        raise EvidenceError("it has no name or no reason")
    capital = number(record, "capital_usd")
    return {"attested": 1.0, "capital": capital}, {"by": by, "reason": reason}


READERS: dict[str, Callable[[Mapping[str, Any]], tuple[Figures, dict[str, Any]]]] = {
    Kind.DATA_CHECK: _data_check,
    Kind.PARITY: _parity,
    Kind.AUDIT: _audit,
    Kind.LOG: _log,
    Kind.COMPARISON: _comparison,
    Kind.ATTESTATION: _attestation,
}
"""What each kind of record says."""
