"""The ledger of trials: every finished search and walk-forward, counted for good."""

import json
from typing import Any

import pandas as pd

from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import EvidenceError, Reading, moment, number

WALK_FORWARD = "walk-forward"
NEEDED = ("at", "command", "strategy", "data_fingerprint", "timerange", "epochs")


def read_trials(content: bytes) -> Reading:
    """Read the ledger; a line that is none makes all of it unusable.

    Raises `EvidenceError` with the number of the line.
    """
    runs = [
        _run(line, place)
        for place, line in enumerate(content.splitlines(), start=1)
        if line.strip()
    ]
    if not runs:
        raise EvidenceError("the ledger of trials is empty")
    return Reading(
        kind=Kind.TRIALS,
        made_at=max(run["at"] for run in runs),
        figures={"runs": float(len(runs)), "epochs": sum(run["epochs"] for run in runs)},
        facts={"runs": runs},
    )


def seen_trials(ledger: Reading, *, data: str, first: pd.Timestamp, last: pd.Timestamp) -> int:
    """Return how many trials saw the days that a walk-forward tested, on the same candles.

    A walk-forward is one look, however many epochs it took: they saw its training windows. A
    search counts with all its epochs where its time range has a tested day.
    """
    count = 0
    for run in ledger.facts["runs"]:
        if run["data_fingerprint"] != data:
            continue
        if WALK_FORWARD in run["command"]:
            count += 1
        elif _overlaps(run["timerange"], first, last):
            count += int(run["epochs"])
    return count


def all_epochs(ledger: Reading, data: str) -> int:
    """Return every epoch that was ever run on these candles."""
    runs = ledger.facts["runs"]
    return sum(int(run["epochs"]) for run in runs if run["data_fingerprint"] == data)


def has_walk_forward(ledger: Reading, *, data: str, strategy: str) -> bool:
    """Return whether the ledger counts a walk-forward of a strategy on these candles."""
    return any(
        run["data_fingerprint"] == data
        and run["strategy"] == strategy
        and WALK_FORWARD in run["command"]
        for run in ledger.facts["runs"]
    )


def _run(line: bytes, place: int) -> dict[str, Any]:
    try:
        told = json.loads(line)
        missing = [name for name in NEEDED if name not in told]
        if missing:
            raise EvidenceError(f"it lacks {', '.join(missing)}")
        epochs = number(told, "epochs")
        if epochs < 0:
            raise EvidenceError(f"it counts {epochs:g} epochs")
        return {**told, "at": moment(told["at"], "at"), "epochs": epochs}
    except (ValueError, TypeError, EvidenceError) as error:
        raise EvidenceError(f"line {place} of the ledger is no run: {error}") from None


def _overlaps(timerange: Any, first: pd.Timestamp, last: pd.Timestamp) -> bool:
    """Return whether a time range has a moment of a span; one that cannot be read has."""
    begin, dash, end = str(timerange or "").partition("-")
    try:
        since, until = _bound(begin), _bound(end)
    except ValueError:
        return True
    if not dash:
        return True
    return (since is None or since < last) and (until is None or until > first)


def _bound(text: str) -> pd.Timestamp | None:
    if not text:
        return None
    if len(text) == 8:
        return pd.Timestamp(text).tz_localize("UTC")
    return pd.Timestamp(int(text), unit="ms" if len(text) > 10 else "s", tz="UTC")
