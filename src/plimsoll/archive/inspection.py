"""Run every check over a data folder."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from plimsoll.archive.agreement_findings import agreement_findings
from plimsoll.archive.findings import Finding, Severity, moment, refill, replace_file
from plimsoll.archive.layout import (
    OWN_FOLDER,
    Kind,
    Series,
    require_outer,
    series_in,
)
from plimsoll.archive.manifest import read_manifest
from plimsoll.archive.pair_checks import coverage_findings, unit_findings
from plimsoll.archive.schemas import schema_findings
from plimsoll.archive.series_checks import CHECKS, future_findings, order_findings
from plimsoll.archive.shifts import Verdict, pair_verdicts, shift_findings, shift_verdicts
from plimsoll.archive.store import file_sha256, normalise, read_raw
from plimsoll.archive.tables import Table
from plimsoll.candles.timeframe import timeframe_seconds
from plimsoll.core import PlimsollError, UsageError

ENDS_EARLY = pd.Timedelta(days=2)
HOUR = pd.Timedelta(hours=1)
ARCHIVED = (Kind.CANDLES, Kind.MARK, Kind.FUNDING, Kind.OPEN_INTEREST, Kind.RATIOS)


def inspect_folder(
    datadir: Path,
    pairs: Iterable[str] | None = None,
    on_series: Callable[[Series], None] = lambda _: None,
    *,
    now: datetime | None = None,
) -> list[Finding]:
    """Check every series of a data folder, alone and against its neighbours.

    ``on_series`` is called with each series before it is checked. Rows after ``now``, the machine's
    clock when left out, lie in the future.

    Returns
    -------
    list of Finding
        Worst first, then by series and date.

    Raises
    ------
    UsageError
        When the folder holds no series, or none of the pairs, or is the inner one of futures.
    """
    require_outer(datadir)
    wanted = None if pairs is None else {*pairs, *(pair.split(":")[0] for pair in pairs)}
    all_series = [one for one in series_in(datadir) if wanted is None or one.pair in wanted]
    if not all_series:
        which = "" if pairs is None else f" of {', '.join(pairs)}"
        raise UsageError(f"expected Freqtrade feather files{which} in {datadir}, found none")
    all_findings: list[Finding] = []
    clock = pd.Timestamp(now or datetime.now(UTC))
    tables: dict[Series, Table] = {}
    for series in all_series:
        on_series(series)
        findings, table = inspect_series(series, datadir, clock)
        all_findings += findings
        if table is not None:
            tables[series] = table
    members = _members(tables)
    shifted = _shifted(members)
    for pair, mine in members.items():
        all_findings += shift_findings(shifted[pair], mine)
        all_findings += agreement_findings(mine, shifted[pair])
        all_findings += inspect_pair(pair, tables)
    all_findings += _changed_since_backfill(datadir, all_series)
    return sorted(
        all_findings, key=lambda one: (-one.severity, one.series, str(one.first), one.check)
    )


def _members(tables: dict[Series, Table]) -> dict[str, list[Table]]:
    """Return the series of each pair; a perpetual's spot candles are among its series."""
    perpetuals = sorted({series.pair for series in tables if series.kind is not Kind.SPOT})
    coins = {pair.split(":")[0]: pair for pair in perpetuals}
    members: dict[str, list[Table]] = {pair: [] for pair in perpetuals}
    for series, table in tables.items():
        pair = coins.get(series.pair, series.pair) if series.kind is Kind.SPOT else series.pair
        members.setdefault(pair, []).append(table)
    return members


def _shifted(members: dict[str, list[Table]]) -> dict[str, list[Verdict]]:
    """Return, for each pair, where a series or all of them are hours too early or late."""
    candles = {pair: one for pair, mine in members.items() if (one := _spokesman(mine)) is not None}
    verdicts = {
        pair: shift_verdicts(mine, [one for other, one in candles.items() if other != pair])
        for pair, mine in members.items()
    }
    told = [one for mine in verdicts.values() for one in mine]
    suspects = {one.series for one in told}
    pair_of = {one.series: pair for pair, one in candles.items()}
    for verdict in pair_verdicts(list(candles.values())):
        if any(one.series == verdict.series and one.overlaps(verdict) for one in told):
            continue
        pair = pair_of[verdict.series]
        alone = verdict.series in suspects  # elsewhere the pair's other series do not follow it
        verdicts[pair] += [
            replace(verdict, series=table.series)
            for table in ([candles[pair]] if alone else members[pair])
            if table.prices() is not None and (alone or table.series not in suspects)
        ]
    return verdicts


def _spokesman(mine: list[Table]) -> Table | None:
    """Return the candles that speak for a pair: those nearest to an hour."""
    candles = [one for one in mine if one.series.kind in (Kind.CANDLES, Kind.SPOT)]
    perpetual = [one for one in candles if one.series.kind is Kind.CANDLES] or candles
    return min(perpetual, key=lambda one: abs(one.length - HOUR), default=None)


def inspect_series(
    series: Series, datadir: Path, now: pd.Timestamp
) -> tuple[list[Finding], Table | None]:
    """Check one file by itself; its table has no rows of the future; None when it has no use."""
    file = series.path(datadir)
    try:
        raw = read_raw(file)
    except PlimsollError as error:
        text = f"cannot be read: {error}"
        return [Finding(Severity.ERROR, "file", series, text, replace_file(series))], None
    findings = schema_findings(series, raw)
    if any(one.severity is Severity.ERROR for one in findings):
        return findings, None
    if raw.empty:
        text = "the file has no rows"
        return [*findings, Finding(Severity.ERROR, "file", series, text, refill(series))], None
    findings += order_findings(series, raw)
    rows = normalise(raw, series.kind, str(file))
    if future := future_findings(series, rows, now):
        findings += future
        rows = rows[rows["date"] <= now]
        if rows.empty:
            return findings, None
    for check in CHECKS[series.kind]:
        findings += check(series, rows)
    return findings, Table(series, rows)


def inspect_pair(pair: str, tables: dict[Series, Table]) -> list[Finding]:
    """Check that a pair's funding, marks and open interest belong to its candles."""

    def having(kind: Kind) -> list[Table]:
        chosen = [
            one for series, one in tables.items() if (series.pair, series.kind) == (pair, kind)
        ]
        return sorted(chosen, key=lambda one: timeframe_seconds(one.series.timeframe))

    candles = having(Kind.CANDLES)
    marks = {one.series.timeframe: one for one in having(Kind.MARK)}
    funding = having(Kind.FUNDING)
    findings: list[Finding] = []
    if candles:
        widest = min(candles, key=lambda one: one.rows["date"].iloc[0])
        findings += coverage_findings(widest, funding[0] if funding else None, marks.get("1h"))
        findings += _ends_early(pair, tables, max(one.rows["date"].iloc[-1] for one in candles))
    for interest in having(Kind.OPEN_INTEREST):
        same = [one for one in candles if one.series.timeframe == interest.series.timeframe]
        for one in same or candles[:1]:
            findings += unit_findings(interest, one)
    return findings


def _ends_early(pair: str, tables: dict[Series, Table], end: pd.Timestamp) -> list[Finding]:
    findings = []
    for series, table in tables.items():
        last = table.rows["date"].iloc[-1]
        if series.pair == pair and end - last > ENDS_EARLY and series.kind in ARCHIVED:
            text = f"ends {moment(last)}, the pair's candles go on until {moment(end)}"
            findings.append(
                Finding(Severity.NOTICE, "ends early", series, text, refill(series), last, end)
            )
    return findings


def _changed_since_backfill(datadir: Path, all_series: list[Series]) -> list[Finding]:
    """Find files that something other than the backfill wrote, and published revisions."""
    recorded = read_manifest(datadir).get("files", {})
    findings = []
    for series in all_series:
        name = series.path(datadir).relative_to(datadir).as_posix()
        if name in recorded and recorded[name]["sha256"] != file_sha256(series.path(datadir)):
            text = "differs from what the last backfill recorded; another program wrote it"
            remedy = f"run the backfill again, or remove {OWN_FOLDER}/manifest.json"
            findings.append(Finding(Severity.NOTICE, "changed", series, text, remedy))
    return findings
