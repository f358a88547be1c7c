"""Fill open interest and ratios from the daily files and the REST tail, month by month.

Each month of a symbol is appended as soon as it is verified, so a kill costs at most one month
of each symbol in progress. Stored rows are never fetched again: the record of days lists how many
rows each daily file gave.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.archive.http import Client, RateLimit
from plimsoll.archive.layout import Kind, Series, exchange_symbol
from plimsoll.archive.listing import Listing, listing_of
from plimsoll.archive.manifest import day_record, read_record, write_record
from plimsoll.archive.metrics_file import (
    ROWS_A_DAY,
    STEP,
    DamagedFileError,
    MetricsDay,
    archive_path,
    read_metrics,
    stated_sha256,
)
from plimsoll.archive.statistics_api import REACH, recent_rows, request_limit
from plimsoll.archive.store import Appended, Revision, append_rows, read_series
from plimsoll.candles.timeframe import since_opening, timeframe_seconds
from plimsoll.core import PlimsollError

BINANCE_API = "https://fapi.binance.com"
BINANCE_ARCHIVE = "https://data.binance.vision"
METRICS_KINDS = (Kind.OPEN_INTEREST, Kind.RATIOS)
DOWNLOADS_OF_A_DAMAGED_FILE = 3
SETTLED_DAYS = 7
"""How many days back a missing or short day is requested again even without ``recheck``."""
ASK_AGAIN_DAYS = 30
"""After how many days an older day without a file is requested again without ``recheck``."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to fill: pairs, kinds of `METRICS_KINDS`, timeframes and a span of days.

    ``recheck`` compares every stored day's hash with the one published now and fetches the
    days that changed.
    """

    pairs: tuple[str, ...]
    kinds: tuple[Kind, ...]
    timeframes: tuple[str, ...]
    since: date
    until: date | None
    api_url: str = BINANCE_API
    archive_url: str = BINANCE_ARCHIVE
    recheck: bool = False


@dataclass
class Outcome:
    """The result of a backfill: changed series, differences, and what was not available."""

    appended: list[Appended] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    missing_days: dict[str, list[date]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def problem(self, line: str) -> None:
        """Note what was not available, once."""
        if line not in self.problems:
            self.problems.append(line)

    def note(self, line: str) -> None:
        """Note what is worth knowing, once."""
        if line not in self.notes:
            self.notes.append(line)

    def take(self, appended: Appended) -> None:
        """Note an append."""
        self.appended.append(appended)
        if appended.revision is not None:
            self.revisions.append(appended.revision)


class Progress:
    """Receives the number of days and each finished one; the command draws a bar from it."""

    def begin(self, pair: str, days: int) -> None:
        """A pair's days begin."""

    def advance(self, pair: str, days: int) -> None:
        """So many days of a pair are done."""


async def fill(
    request: Request,
    datadir: Path,
    progress: Progress,
    outcome: Outcome,
    *,
    pause_seconds: float = 0.5,
) -> None:
    """Fill the requested series and note the results in ``outcome``.

    Nothing raised for one pair stops the others: it becomes a problem of the outcome.

    Raises
    ------
    PlimsollError
        When the exchange cannot be reached at all, or a file cannot be written.
    """
    async with Client(pause_seconds=pause_seconds) as client:
        listing = await listing_of(client, request.api_url)
        limit = request_limit()
        jobs = [
            _Job(request, datadir, pair, listing, outcome, progress, client, limit)
            for pair in request.pairs
        ]
        await asyncio.gather(*(job.run() for job in jobs))


@dataclass
class _Job:
    """One pair's share of a backfill."""

    request: Request
    datadir: Path
    pair: str
    listing: Listing
    outcome: Outcome
    progress: Progress
    client: Client
    limit: RateLimit

    def __post_init__(self) -> None:
        self.symbol, self.now = exchange_symbol(self.pair), self.listing.now
        self.record_file = day_record(self.datadir, self.symbol)
        self.record: dict[str, Any] = {}

    async def run(self) -> None:
        """Fill the pair's daily files, then its tail, then its coarser timeframes.

        A symbol that does not trade has no tail; daily files under its old name may be there.
        """
        self.record = read_record(self.record_file)
        end = self.now.date() if self.request.until is None else self.request.until
        if fault := self.listing.nothing_yet(self.pair, end):
            self.outcome.problem(fault)
            return
        since, onboard = self.request.since, self.listing.day_of(self.pair)
        begin = since if onboard is None else max(since, onboard)
        # The requested midnight is the last row of the day before.
        first = max(since - timedelta(days=1), onboard or since - timedelta(days=1))
        last = min(end, self.now.date() - timedelta(days=1))
        days = self._days_to_fetch(first, last)
        self.progress.begin(self.pair, len(days))
        for _, month in groupby(days, key=lambda day: (day.year, day.month)):
            await self._fill_month(list(month))
        if onboard is not None:
            await self._fill_tail(first, end)
        self._note_missing(begin, last)
        self._derive()

    def _days_to_fetch(self, first: date, last: date) -> list[date]:
        held = {kind: self._rows_by_day(kind) for kind in self.request.kinds}
        settled = self.now.date() - timedelta(days=SETTLED_DAYS)
        wanted = []
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            entry = self.record.get(f"{day}")
            complete = entry is not None and all(
                held[kind].get(day, 0) >= entry[kind.value] for kind in self.request.kinds
            )
            short = entry is None or entry["sha256"] is None or entry["rows"] < ROWS_A_DAY
            again = short and (day >= settled or self._asked_long_ago(entry))
            if not complete or self.request.recheck or again:
                wanted.append(day)
        return wanted

    def _asked_long_ago(self, entry: dict[str, Any] | None) -> bool:
        """Return whether a day had no file when it was last requested, and that is long ago."""
        if entry is None or entry["sha256"] is not None:
            return False
        asked = entry.get("asked")
        age = None if asked is None else self.now.date() - date.fromisoformat(asked)
        return age is None or age.days >= ASK_AGAIN_DAYS

    def _rows_by_day(self, kind: Kind) -> dict[date, int]:
        stored = read_series(Series(self.pair, kind, "5m"), self.datadir)
        days: list[date] = (stored["date"] - STEP).dt.date.tolist()
        return dict(Counter(days))

    async def _fill_month(self, days: list[date]) -> None:
        results = await asyncio.gather(*(self._fetch_day(day) for day in days))
        fetched = [made for made in results if isinstance(made, MetricsDay)]
        for kind in self.request.kinds if fetched else ():
            rows = pd.concat([made.of(kind) for made in fetched])
            if len(rows):
                self.outcome.take(append_rows(Series(self.pair, kind, "5m"), rows, self.datadir))
        for made in fetched:
            counts = {kind.value: len(made.of(kind)) for kind in METRICS_KINDS}
            self.record[f"{made.day}"] = {
                "sha256": made.sha256,
                "rows": len(made.rows),
                **counts,
            }
        for day, result in zip(days, results, strict=True):
            if result is None:
                nothing = dict.fromkeys((kind.value for kind in METRICS_KINDS), 0)
                entry = self.record.setdefault(f"{day}", {"sha256": None, "rows": 0, **nothing})
                if entry["sha256"] is None:
                    entry["asked"] = f"{self.now.date()}"
        write_record(self.record_file, self.record)
        self.progress.advance(self.pair, len(days))

    async def _fetch_day(self, day: date) -> MetricsDay | str | None:
        """Return a verified day, None when there is none, "" when it is known or unusable."""
        url = self.request.archive_url + archive_path(self.symbol, day)
        fault = ""
        try:
            for _ in range(DOWNLOADS_OF_A_DAMAGED_FILE):
                checksum = await self.client.get(f"{url}.CHECKSUM")
                if checksum is None:
                    return None
                stated = stated_sha256(checksum, self.symbol, day)
                known = self.record.get(f"{day}")
                if self.request.recheck and known is not None and known["sha256"] == stated:
                    return ""
                content = await self.client.get(url)
                if content is None:
                    return None
                try:
                    return read_metrics(content, stated, self.symbol, day)
                except DamagedFileError as error:
                    fault = str(error)
        except PlimsollError as error:
            fault = str(error)
        self.outcome.problems.append(f"{fault}; the day is left out, run this again to retry it")
        return ""

    async def _fill_tail(self, first: date, end: date) -> None:
        """Append what the REST endpoints know and the daily files do not yet."""
        reach = max((self.now - REACH).ceil(STEP), pd.Timestamp(first, tz="UTC"))
        stop = min(self.now, pd.Timestamp(end + timedelta(days=1), tz="UTC"))
        grid = pd.date_range(reach, (stop - STEP).floor(STEP), freq=STEP)
        for kind in self.request.kinds:
            series = Series(self.pair, kind, "5m")
            stored = read_series(series, self.datadir)
            lacking = grid[~grid.isin(stored["date"])]
            if lacking.empty:
                continue
            begin = max(lacking[0] - pd.Timedelta(days=1), reach)
            try:
                rows = await recent_rows(
                    self.client,
                    self.request.api_url,
                    self.symbol,
                    kind,
                    stored,
                    (begin, stop),
                    self.limit,
                )
            except PlimsollError as error:
                self.outcome.problems.append(f"{self.pair}: {error}")
                continue
            if len(rows):
                self.outcome.take(append_rows(series, rows, self.datadir))

    def _note_missing(self, begin: date, last: date) -> None:
        """Note the requested days that have no row from any source, and why a pair has none."""
        held = {kind: self._rows_by_day(kind) for kind in self.request.kinds}
        unknown, any_held = self.listing.unknown(self.pair), any(held.values())
        if unknown is not None:
            stored = "its daily files are stored" if any_held else "no daily files of it are there"
            self.outcome.problem(f"{unknown}; {stored}")
        elif not any_held and begin <= last:
            self.outcome.problem(
                f"{self.pair}: neither daily files nor REST rows of {self.symbol} were found from "
                f"{begin} on"
            )
        elif note := self.listing.later_begin(self.pair, self.request.since):
            self.outcome.note(note)
        for kind, rows in held.items() if any_held else ():
            span = (begin + timedelta(days=n) for n in range((last - begin).days + 1))
            if gone := [day for day in span if day not in rows]:
                self.outcome.missing_days[f"{self.pair} {kind.value}"] = gone

    def _derive(self) -> None:
        """Write the coarser timeframes: the value at each candle's opening instant."""
        for kind in self.request.kinds:
            fine = read_series(Series(self.pair, kind, "5m"), self.datadir)
            for timeframe in self.request.timeframes:
                if timeframe_seconds(timeframe) > timeframe_seconds("5m") and len(fine):
                    series = Series(self.pair, kind, timeframe)
                    self.outcome.take(append_rows(series, at_opens(fine, timeframe), self.datadir))


def at_opens(fine: pd.DataFrame, timeframe: str) -> pd.DataFrame:
    """Return the rows that describe the opening instants of a coarser timeframe's candles.

    This is what the exchange's own coarser periods hold. Nothing is filled: an instant without
    a row stays without one. Weeks open on Mondays, months on their first day.
    """
    opens = since_opening(fine["date"], timeframe) == pd.Timedelta(0)
    chosen: pd.DataFrame = fine.loc[opens].reset_index(drop=True)
    return chosen


def longest_runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Return sorted days as runs of (first, last)."""
    runs: list[tuple[date, date]] = []
    for day in sorted(days):
        if runs and day == runs[-1][1] + timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
