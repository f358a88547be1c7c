"""Which pairs Freqtrade must fetch from when."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.store import append_rows
from plimsoll.lab.download import LOST, Download, groups_by_start
from tests.conftest import random_candles


def wish(folder: Path) -> Download:
    return Download(
        exchange="binance",
        pairs=("BTC/USDT:USDT", "ETH/USDT:USDT"),
        kinds=(Kind.CANDLES, Kind.FUNDING),
        timeframes=("5m", "1h"),
        since=date(2024, 1, 1),
        until=None,
        configs=(),
        userdir=folder,
        datadir=folder,
    )


def test_funding_is_one_hourly_series_whatever_the_timeframes(tmp_path: Path) -> None:
    wanted = [(series.kind, series.timeframe) for series in wish(tmp_path).wanted("BTC/USDT:USDT")]
    assert wanted == [(Kind.CANDLES, "5m"), (Kind.CANDLES, "1h"), (Kind.FUNDING, "1h")]


def test_pairs_that_share_a_start_are_fetched_together(tmp_path: Path) -> None:
    candles = replace(wish(tmp_path), kinds=(Kind.CANDLES,), timeframes=("5m",))
    assert groups_by_start(candles) == {date(2024, 1, 1): list(candles.pairs)}
    append_rows(Series("BTC/USDT:USDT", Kind.CANDLES, "5m"), random_candles(30 * 288), tmp_path)
    assert groups_by_start(candles) == {
        date(2024, 1, 1): ["ETH/USDT:USDT"],
        date(2024, 1, 29): ["BTC/USDT:USDT"],
    }


def test_a_span_that_is_stored_is_not_fetched_again(tmp_path: Path) -> None:
    append_rows(Series("BTC/USDT:USDT", Kind.CANDLES, "5m"), random_candles(30 * 288), tmp_path)
    stored = replace(
        wish(tmp_path),
        pairs=("BTC/USDT:USDT",),
        kinds=(Kind.CANDLES,),
        timeframes=("5m",),
        until=date(2024, 1, 20),
    )
    assert groups_by_start(stored) == {}


def test_what_freqtrade_loses_with_a_good_status_is_recognised() -> None:
    log = (
        "- WARNING - Async code raised an exception: OperationalException('503')\n"
        '- ERROR - Failed to download history data for pair: "BTC/USDT:USDT", timeframe: 5m.\n'
        "- INFO - Downloaded data for ETH/USDT:USDT with length 105232.\n"
    )
    assert len(LOST.findall(log)) == 2
