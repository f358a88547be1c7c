"""A public archive of monthly files on loopback, of a pair that was delisted in November 2022."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import date
from pathlib import Path

import pandas as pd
from aiohttp import web
from aiohttp.test_utils import TestServer

from plimsoll.archive.backfill import Outcome
from plimsoll.archive.delisted import Wanted, fill_delisted
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.monthly_files import month_name, month_path
from tests.unit.archive.archives import zipped

PAIR = "FTT/USDT:USDT"
CANDLES = Series(PAIR, Kind.CANDLES, "1h")
MARK, FUNDING = Series(PAIR, Kind.MARK, "1h"), Series(PAIR, Kind.FUNDING, "1h")
SEPTEMBER, OCTOBER, NOVEMBER = date(2022, 9, 1), date(2022, 10, 1), date(2022, 11, 1)
LAST_TRADE = pd.Timestamp("2022-11-14 05:00", tz="UTC")
NAMES = "open_time,open,high,low,close,volume,close_time,quote_volume,count,x,y,ignore\n"
FUNDING_NAMES = "calc_time,funding_interval_hours,last_funding_rate\n"


def candle_text(month: date, *, with_names: bool = True) -> str:
    """Hourly candles of a month, flat and without volume after the last trade."""
    opens = pd.date_range(month, periods=pd.Timestamp(month).days_in_month * 24, freq="h", tz="UTC")
    lines = [
        f"{one.value // 10**6},10,11,9,10.5,{500 if one <= LAST_TRADE else 0},"
        f"{one.value // 10**6 + 3_599_999},1,2,3,4,0"
        for one in opens
    ]
    return (NAMES if with_names else "") + "\n".join(lines) + "\n"


def funding_text(month: date) -> str:
    """Rates every eight hours, stamped some milliseconds late."""
    days = pd.Timestamp(month).days_in_month
    times = pd.date_range(month, periods=days * 3, freq="8h", tz="UTC")
    return FUNDING_NAMES + "".join(f"{one.value // 10**6 + 3},8,0.0001\n" for one in times)


def archive() -> dict[str, bytes]:
    """Every file of three months, by path."""
    files = {}
    for month in (SEPTEMBER, OCTOBER, NOVEMBER):
        for series in (CANDLES, MARK, FUNDING):
            text = funding_text(month) if series is FUNDING else candle_text(month)
            put(files, series, month, text)
    return files


def put(files: dict[str, bytes], series: Series, month: date, text: str) -> None:
    content, digest = zipped(text)
    files[month_path(series, month)] = content
    stated = f"{digest}  {month_name(series, month)}\n"
    files[f"{month_path(series, month)}.CHECKSUM"] = stated.encode()


@contextlib.asynccontextmanager
async def served(files: Mapping[str, bytes]) -> AsyncIterator[str]:
    """Yield the address of an archive that holds the files."""

    async def answer(request: web.Request) -> web.Response:
        body = files.get(request.path)
        return web.Response(status=404) if body is None else web.Response(body=body)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


def filled(files: Mapping[str, bytes], datadir: Path, *, since: str, until: str) -> Outcome:
    """Fill a data folder from an archive that holds the files."""
    outcome, days = Outcome(), (date.fromisoformat(since), date.fromisoformat(until))

    async def run() -> None:
        async with served(files) as url:
            wanted = Wanted((PAIR,), ("1h",), *days, url)
            await fill_delisted(wanted, datadir, outcome, pause_seconds=0.01)

    asyncio.run(run())
    return outcome
