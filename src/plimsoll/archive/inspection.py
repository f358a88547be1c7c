"""Run every check over a data folder."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import pandas as pd

from plimsoll.archive.findings import Finding, Severity, moment, refill, replace_file
from plimsoll.archive.layout import (
    OWN_FOLDER,
    Kind,
    Series,
    require_outer,
    series_in,
)
from plimsoll.archive.manifest import read_manifest
from plimsoll.archive.pair_checks import (
    Table,
    agreement_findings,
    coverage_findings,
    outlier_findings,
    shift_findings,
    unit_findings,
)
from plimsoll.archive.schemas import schema_findings
from plimsoll.archive.series_checks import CHECKS, order_findings
from plimsoll.archive.store import file_sha256, normalise, read_raw
from plimsoll.candles.timeframe import timeframe_seconds
from plimsoll.core import PlimsollError, UsageError

ENDS_EARLY = pd.Timedelta(days=2)
ARCHIVED = (Kind.CANDLES, Kind.MARK, Kind.FUNDING, Kind.OPEN_INTEREST, Kind.RATIOS)


def inspect_folder(
    datadir: Path,
    pairs: Iterable[str] | None = None,
    on_series: Callable[[Series], None] = lambda _: None,
) -> list[Finding]:
    """Check every series of a data folder, alone and against its neighbours.

    ``on_series`` is called with each series before it is checked.

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
    tables: dict[Series, Table] = {}
    for series in all_series:
        on_series(series)
        findings, table = inspect_series(series, datadir)
        all_findings += findings
        if table is not None:
            tables[series] = table
    for pair in sorted({series.pair for series in tables if series.kind is not Kind.SPOT}):
        all_findings += inspect_pair(pair, tables)
    all_findings += _changed_since_backfill(datadir, all_series)
    return sorted(
        all_findings, key=lambda one: (-one.severity, one.series, str(one.first), one.check)
    )


def inspect_series(series: Series, datadir: Path) -> tuple[list[Finding], Table | None]:
    """Check one file by itself; None when it cannot be used further."""
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
    for check in CHECKS[series.kind]:
        findings += check(series, rows)
    return findings, Table(series, rows)


def inspect_pair(pair: str, tables: dict[Series, Table]) -> list[Finding]:
    """Check a pair's series against each other."""

    def having(kind: Kind, name: str = pair) -> list[Table]:
        chosen = [
            one for series, one in tables.items() if (series.pair, series.kind) == (name, kind)
        ]
        return sorted(chosen, key=lambda one: timeframe_seconds(one.series.timeframe))

    candles = having(Kind.CANDLES)
    marks = {one.series.timeframe: one for one in having(Kind.MARK)}
    spots = {one.series.timeframe: one for one in having(Kind.SPOT, pair.split(":")[0])}
    funding = having(Kind.FUNDING)
    findings: list[Finding] = []
    for fine, coarse in pairwise(candles):
        findings += shift_findings(coarse, fine)
        findings += agreement_findings(fine, coarse)
    for one in candles:
        for other in (marks.get(one.series.timeframe), spots.get(one.series.timeframe)):
            if other is not None:
                findings += shift_findings(one, other)
                findings += outlier_findings(one, other)
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
