"""Take over what ``freqtrade download-data`` fetched: it downloads aside, this appends.

Freqtrade writes its files in place and replaces what it is told to fetch again. It is therefore
given a folder of its own, and its rows go through the archive's append, which is atomic, keeps
what stands and reports differences.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.core import PlimsollError
from plimsoll.market.backfill import Outcome
from plimsoll.market.layout import Kind, Series, series_in, timeframe_seconds
from plimsoll.market.manifest import MANIFEST, read_manifest, text_of, write_record
from plimsoll.market.store import append_rows, read_raw, read_series

OVERLAP = timedelta(days=1)
LONGEST_FUNDING_INTERVAL = pd.Timedelta(hours=8, minutes=1)


def first_day_to_fetch(series: Series, datadir: Path, since: date, *, recheck: bool) -> date:
    """Return the day from which a series must be downloaded.

    The day before its end when it reaches back far enough and has no hole; otherwise where the
    first hole begins. Holes and beginnings that the exchange has confirmed, by giving nothing
    for them, count as filled unless ``recheck``.
    """
    stored = read_series(series, datadir)
    if stored.empty or recheck:
        return since
    confirmed = read_manifest(datadir).get("confirmed", {}).get(_key(series, datadir), {})
    start = pd.Timestamp(since, tz="UTC")
    asked = confirmed.get("since")
    if stored["date"].iloc[0] > start and (asked is None or asked > str(since)):
        return since
    known = {tuple(hole) for hole in confirmed.get("holes", [])}
    for first, last in holes(stored, series):
        if last > start and (text_of(first), text_of(last)) not in known:
            return max(first.date(), since)
    latest: date = stored["date"].iloc[-1].date()
    return max(latest - OVERLAP, since)


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
) -> None:
    """Append everything staged until the end of a day to the archive, then remove it.

    Freqtrade pages funding and premium past the end of its timerange, which would leave an
    island of rows.

    Raises
    ------
    PlimsollError
        When a file cannot be written; what is staged stays for the next run.
    """
    staged = {series: read_series(series, staging) for series in series_in(staging)}
    if until is not None:
        end = pd.Timestamp(until + timedelta(days=1), tz="UTC")
        staged = {series: rows[rows["date"] < end] for series, rows in staged.items()}
    for series in wanted:
        if series not in staged or staged[series].empty:
            outcome.problems.append(
                f"{series}: freqtrade download-data brought nothing; is the pair listed, and was "
                "it so in that span? Its log says more"
            )
    for series, rows in sorted(staged.items(), key=lambda item: item[0]):
        if len(rows):
            outcome.take(append_rows(series, rows, datadir))
    for series in staged:
        series.path(staging).unlink()


def confirm(datadir: Path, wanted: list[Series], start: date, since: date) -> None:
    """Record the holes that remain after everything from ``start`` on was asked for."""
    manifest = read_manifest(datadir)
    confirmed: dict[str, Any] = dict(manifest.get("confirmed", {}))
    for series in wanted:
        stored = read_series(series, datadir)
        if stored.empty:
            continue
        entry = dict(confirmed.get(_key(series, datadir), {}))
        if start <= since:
            entry["since"] = min(str(since), entry.get("since", str(since)))
        begun = pd.Timestamp(start, tz="UTC")
        asked = [[text_of(a), text_of(b)] for a, b in holes(stored, series) if b > begun]
        earlier = [hole for hole in entry.get("holes", []) if hole not in asked]
        entry["holes"] = sorted([*earlier, *asked])
        confirmed[_key(series, datadir)] = entry
    write_record(datadir / MANIFEST, {**manifest, "confirmed": confirmed})


def _key(series: Series, datadir: Path) -> str:
    return series.path(datadir).relative_to(datadir).as_posix()
