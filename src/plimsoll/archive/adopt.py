"""Take over what ``freqtrade download-data`` fetched: it fills a staging folder, this appends.

Freqtrade writes its files in place and replaces whatever it fetches again. It therefore gets a
folder of its own, and its rows go through the archive's append, which is atomic, keeps stored
values and reports differences.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.archive.backfill import Outcome
from plimsoll.archive.layout import Kind, Series, series_in
from plimsoll.archive.manifest import MANIFEST, read_manifest, text_of, write_record
from plimsoll.archive.store import append_rows, file_sha256, read_raw, read_series
from plimsoll.candles.timeframe import timeframe_seconds
from plimsoll.core import PlimsollError

Span = tuple[pd.Timestamp, pd.Timestamp]
OVERLAP = timedelta(days=1)
LONGEST_FUNDING_INTERVAL = pd.Timedelta(hours=8, minutes=1)


def first_day_to_fetch(
    series: Series, datadir: Path, since: date, until: date | None = None, *, recheck: bool
) -> date:
    """Return the day from which a series must be downloaded.

    The day before its end when it reaches back far enough and has no hole until the last day;
    otherwise where what is missing begins. Spans that were requested before without
    yielding more rows count as filled unless ``recheck``.
    """
    stored = read_series(series, datadir)
    if stored.empty or recheck:
        return since
    start = pd.Timestamp(since, tz="UTC")
    end = stored["date"].iloc[-1] if until is None else _end_of(until)
    asked = asked_spans(read_manifest(datadir), series, datadir)
    for first, last in [(start, stored["date"].iloc[0]), *holes(stored, series)]:
        lacking = _first_outside(max(first, start), min(last, end), asked)
        if lacking is not None:
            return lacking.date()
    latest: date = stored["date"].iloc[-1].date()
    return max(latest - OVERLAP, since)


def asked_spans(manifest: dict[str, Any], series: Series, datadir: Path) -> list[Span]:
    """Return the spans of a series that were asked for and stored, apart and in order.

    Older manifests have ``confirmed`` instead, which named spans that were never requested. It is
    not read, so those spans are requested again.
    """
    recorded = manifest.get("asked", {}).get(_key(series, datadir), [])
    return [(pd.Timestamp(first), pd.Timestamp(last)) for first, last in recorded]


def forget_changed(datadir: Path) -> None:
    """Forget what was asked of files that are gone, or that something else has written since."""
    manifest = read_manifest(datadir)
    asked, files = manifest.get("asked", {}), manifest.get("files", {})
    kept = {
        name: spans
        for name, spans in asked.items()
        if name in files
        and (datadir / name).exists()
        and file_sha256(datadir / name) == files[name]["sha256"]
    }
    if kept != asked:
        write_record(datadir / MANIFEST, {**manifest, "asked": kept})


def _first_outside(
    first: pd.Timestamp, last: pd.Timestamp, spans: list[Span]
) -> pd.Timestamp | None:
    """Return the first instant of a span that none of the others covers; they are in order."""
    for begin, end in spans:
        if begin <= first < end:
            first = end
    return first if first < last else None


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def _end_of(day: date) -> pd.Timestamp:
    return pd.Timestamp(day + timedelta(days=1), tz="UTC")


def note_missing(
    datadir: Path, wanted: list[Series], begin: date, last: date, outcome: Outcome
) -> None:
    """Note the days of a span on which a series has no row, of those that have any.

    Bars longer than a day are skipped: they cannot show a missing day.
    """
    for series in wanted:
        days = set(read_series(series, datadir)["date"].dt.date)
        if not days or timeframe_seconds(series.timeframe) > 86_400:
            continue
        span = (begin + timedelta(days=number) for number in range((last - begin).days + 1))
        if gone := [day for day in span if day not in days]:
            outcome.missing_days[f"{series}"] = gone


def holes(stored: pd.DataFrame, series: Series) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Return the neighbours between which rows are missing, as pairs of dates."""
    allowed = pd.Timedelta(seconds=timeframe_seconds(series.timeframe))
    if series.kind is Kind.FUNDING:
        allowed = LONGEST_FUNDING_INTERVAL
    dates = stored["date"]
    ends = dates[dates.diff() > allowed].index
    return [(dates.iloc[int(end) - 1], dates.iloc[int(end)]) for end in ends]


def discard_unreadable(staging: Path) -> None:
    """Remove staged files that a kill cut short; they are downloaded again."""
    for series in series_in(staging):
        file = series.path(staging)
        try:
            read_raw(file)
        except PlimsollError:
            file.unlink()


def adopt(
    staging: Path,
    datadir: Path,
    wanted: list[Series],
    outcome: Outcome,
    until: date | None = None,
) -> list[Series]:
    """Append everything staged until the end of a day to the archive, then remove it.

    Freqtrade pages funding and premium past the end of its timerange, which would leave an
    island of rows.

    Returns
    -------
    list of Series
        Those of ``wanted`` of which there were rows.

    Raises
    ------
    PlimsollError
        When a file cannot be written; what is staged stays for the next run.
    """
    staged = {series: read_series(series, staging) for series in series_in(staging)}
    if until is not None:
        end = _end_of(until)
        staged = {series: rows[rows["date"] < end] for series, rows in staged.items()}
    lacking: dict[str, list[str]] = {}
    for series in wanted:
        if series not in staged or staged[series].empty:
            lacking.setdefault(series.pair, []).append(f"{series.timeframe} {series.kind.value}")
    for pair, names in lacking.items():
        outcome.problem(
            f"{pair}: freqtrade download-data brought nothing of {', '.join(names)}; is it "
            "published in that span? Its log says more"
        )
    for series, rows in sorted(staged.items(), key=lambda item: item[0]):
        if len(rows):
            outcome.take(append_rows(series, rows, datadir))
    for series in staged:
        series.path(staging).unlink()
    return [series for series in wanted if series in staged and len(staged[series])]


def confirm(datadir: Path, downloaded: list[Series], start: date, until: date | None) -> None:
    """Record that everything from one day on was asked for: until another, or until its end.

    What is still missing in that span is the exchange's own. Nothing is recorded about the time
    before and after it.
    """
    manifest = read_manifest(datadir)
    asked: dict[str, Any] = dict(manifest.get("asked", {}))
    for series in downloaded:
        last = read_series(series, datadir)["date"].iloc[-1]
        end = last if until is None else min(_end_of(until), last)
        spans = [*asked_spans(manifest, series, datadir), (pd.Timestamp(start, tz="UTC"), end)]
        asked[_key(series, datadir)] = [[text_of(a), text_of(b)] for a, b in _joined(spans)]
    kept = {name: value for name, value in manifest.items() if name != "confirmed"}
    write_record(datadir / MANIFEST, {**kept, "asked": asked})


def _key(series: Series, datadir: Path) -> str:
    return series.path(datadir).relative_to(datadir).as_posix()
