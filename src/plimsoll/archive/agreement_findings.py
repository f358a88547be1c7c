"""Findings from what a pair's series accuse each other of: words, severities, remedies."""

from collections.abc import Iterable, Sequence

import numpy as np

from plimsoll.archive.agreement import (
    CLOSE_OFF,
    DISAGREEMENT_FRACTION,
    FILE_WICK,
    MARKET_WICK,
    OUTLIER,
    OUTLIER_FRACTION,
    OWN_WICK,
    OWN_WICK_FRACTION,
    WICK_FRACTION,
    Accusation,
    accusations,
)
from plimsoll.archive.findings import Finding, Severity, moment, replace_file
from plimsoll.archive.layout import Series
from plimsoll.archive.shifts import Verdict
from plimsoll.archive.tables import Table, utc

MANY_WICKS = 5
CHECK_OF = {CLOSE_OFF: "agreement", OUTLIER: "outlier"}


def agreement_findings(tables: Sequence[Table], shifted: Iterable[Verdict] = ()) -> list[Finding]:
    """Find closes and wicks in which one series of a pair stands against the others.

    ``shifted`` are windows in which a series' dates are known to be wrong: not compared.
    """
    findings = []
    for (rule, series), told in accusations(tables, shifted).items():
        finding = _finding(rule, series, told)
        if finding is not None:
            findings.append(finding)
    return findings


def _finding(rule: str, series: Series, told: list[Accusation]) -> Finding | None:
    """Return one rule's accusations of a series; None for a few wicks that nobody can judge."""
    late = {CLOSE_OFF, OUTLIER}
    instants = np.concatenate(
        [one.opens_ms + (one.length_ms if rule in late else 0) for one in told]
    )
    off = np.concatenate([one.off for one in told])
    bars = len(np.unique(instants))
    sure = bars >= MANY_WICKS or any(one.both_sides for one in told)
    if rule == OWN_WICK and not sure:
        return None
    if rule in (CLOSE_OFF, FILE_WICK):
        severe = float(off.max()) > WICK_FRACTION
    else:
        severe = rule != OUTLIER and sure
    severity = Severity.ERROR if severe else Severity.WARNING
    compared = max(one.compared for one in told)
    text = _text(rule, bars, compared, told)
    text += f", most by {off.max():.1%} at {moment(utc(instants[int(np.argmax(off))]))}"
    if any(one.undecided for one in told):
        text += "; only two sides: compare both with the exchange"
    remedy = f"compare with the exchange's chart; if the file is wrong, {replace_file(series)}"
    check = CHECK_OF.get(rule, "wick")
    first, last = utc(instants.min()), utc(instants.max())
    return Finding(severity, check, series, text, remedy, first, last, bars)


def _text(rule: str, bars: int, compared: int, told: list[Accusation]) -> str:
    names = ", ".join(sorted({str(series) for one in told for series in one.against}))
    if rule == CLOSE_OFF:
        limit = f"{DISAGREEMENT_FRACTION:.1%}"
        return f"{bars:,} of {compared:,} closes differ from {names} by more than {limit}"
    if rule == FILE_WICK:
        return (
            f"{bars:,} of {compared:,} bars have a high or a low that {names} do not have, off by "
            f"more than {DISAGREEMENT_FRACTION:.1%}"
        )
    if rule == OUTLIER:
        return f"{bars:,} closes lie more than {OUTLIER_FRACTION:.0%} from {names}"
    if rule == MARKET_WICK:
        return f"{bars:,} highs or lows reach more than {WICK_FRACTION:.0%} beyond {names}"
    return (
        f"{bars:,} highs or lows reach more than {OWN_WICK_FRACTION:.0%} beyond the open and close "
        "of their own bar, and no other file covers them"
    )
