"""Fill the candles, marks and funding of pairs that no longer trade, from the monthly files."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from plimsoll.archive.backfill import BINANCE_ARCHIVE, DOWNLOADS_OF_A_DAMAGED_FILE, Outcome
from plimsoll.archive.http import Client
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.metrics_file import DamagedFileError, stated_of
from plimsoll.archive.monthly_files import (
    FUNDING_TIMEFRAME,
    MONTHLY_KINDS,
    month_name,
    month_path,
    months_between,
    read_month,
)
from plimsoll.archive.store import append_rows


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pairs under their old names, and the span of days; whole months of it are fetched."""

    pairs: tuple[str, ...]
    timeframes: tuple[str, ...]
    since: date
    until: date
    archive_url: str = BINANCE_ARCHIVE

    def series(self) -> Iterator[Series]:
        """Yield what is filled: candles of each timeframe, hourly marks, funding."""
        for pair in self.pairs:
            for kind in MONTHLY_KINDS:
                hourly = kind is not Kind.CANDLES
                for timeframe in (FUNDING_TIMEFRAME,) if hourly else self.timeframes:
                    yield Series(pair, kind, timeframe)


async def fill_delisted(
    wanted: Wanted, datadir: Path, outcome: Outcome, *, pause_seconds: float = 0.5
) -> None:
    """Append every month that the exchange's archive has; note in ``outcome`` what is missing.

    Months before the first and after the last one are those in which the pair did not trade. A
    month between two that is not published, and a damaged one, are problems.

    Raises
    ------
    PlimsollError
        When the archive cannot be reached, or a file cannot be written.
    """
    async with Client(pause_seconds=pause_seconds) as client:
        for series in wanted.series():
            await _fill(series, wanted, datadir, outcome, client)


def traded(rows: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Return candles up to the last that was traded in: what follows is the price of settlement.

    A backtest sees by their end that a pair was delisted. Marks and funding are left as they are.
    """
    if kind is not Kind.CANDLES:
        return rows
    last = rows.loc[rows["volume"] > 0, "date"].max()
    kept: pd.DataFrame = rows[rows["date"] <= last]
    return kept


async def _fill(
    series: Series, wanted: Wanted, datadir: Path, outcome: Outcome, client: Client
) -> None:
    months = months_between(wanted.since, wanted.until)
    url = wanted.archive_url
    read = await asyncio.gather(*(_month(client, url, series, month, outcome) for month in months))
    there = [place for place, rows in enumerate(read) if rows is not None]
    if not there:
        outcome.problem(
            f"{series}: no monthly files from {months[0]:%Y-%m} to {months[-1]:%Y-%m}; look for "
            f"the symbol's old name at {url}/?prefix=data/futures/um/monthly/klines/"
        )
        return
    for place in range(there[0], there[-1]):
        if read[place] is None:
            outcome.problem(f"{series}: {month_name(series, months[place])} is not published")
    frames = [rows for rows in read if rows is not None and len(rows)]
    if frames:
        outcome.take(append_rows(series, traded(pd.concat(frames), series.kind), datadir))


async def _month(
    client: Client, url: str, series: Series, month: date, outcome: Outcome
) -> pd.DataFrame | None:
    """Return a month's rows, none of them when it is damaged; ``None`` when there is no file."""
    address, name = url + month_path(series, month), month_name(series, month)
    fault = ""
    for _ in range(DOWNLOADS_OF_A_DAMAGED_FILE):
        checksum = await client.get(f"{address}.CHECKSUM")
        content = None if checksum is None else await client.get(address)
        if checksum is None or content is None:
            return None
        try:
            return read_month(content, stated_of(checksum, name), series, month)
        except DamagedFileError as error:
            fault = str(error)
    outcome.problem(f"{fault}; the month is left out, run this again to retry it")
    return pd.DataFrame()
