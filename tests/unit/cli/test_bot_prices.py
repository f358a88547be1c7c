"""Candles behind a bot's trades, and what holding would have made."""

from pathlib import Path

import pandas as pd
import pytest

from plimsoll.cli.bot_prices import benchmark_of, candles_of, closes_on_disk
from plimsoll.control.trade_history import read_trade_history
from plimsoll.lab.disk_candles import DiskCandles
from tests.unit.cli.bots import BTC, ETH, SOL, at, make_candles, make_database

SPAN = pd.Timestamp(at(0)), pd.Timestamp(at(70))


def candles(pair: str, *closes: float, start: float = 0.0) -> dict[str, DiskCandles]:
    dates = pd.date_range(at(start), periods=len(closes), freq="h")
    frame = pd.DataFrame({"date": dates, "open": closes[0], "close": closes})
    return {pair: DiskCandles("1h", frame.assign(high=frame["close"], low=frame["close"]))}


def equity(first: float, last: float) -> "pd.Series[float]":
    index = pd.DatetimeIndex([at(first), at(last)]).as_unit("ns")
    return pd.Series([1_000.0, 1_100.0], index=index)


@pytest.fixture
def trades(tmp_path: Path) -> pd.DataFrame:
    return read_trade_history(f"sqlite:///{make_database(tmp_path / 'bot.sqlite')}").trades


def test_candles_are_found_where_freqtrade_keeps_them(trades: pd.DataFrame, tmp_path: Path) -> None:
    make_candles(tmp_path, (BTC, ETH))
    known, [missing] = candles_of(trades, {"user_data_dir": str(tmp_path)}, None, None, SPAN)
    assert {pair: one.timeframe for pair, one in known.items()} == {BTC: "1h", ETH: "1h"}
    assert missing.startswith(f"no candles of {SOL} in {tmp_path}/data/binance")


def test_the_folder_that_was_named_counts(trades: pd.DataFrame, tmp_path: Path) -> None:
    datadir = make_candles(tmp_path / "elsewhere")
    known, missing = candles_of(trades, None, datadir, "XRP/USDT:USDT", SPAN)
    assert set(known) == {BTC, ETH, SOL}
    assert len(missing) == 1
    assert "XRP/USDT:USDT" in missing[0]


def test_the_named_pair_is_held_from_the_first_day_of_the_run() -> None:
    known = candles(BTC, *([100.0] * 10 + [120.0] * 10)) | candles(ETH, *([50.0] * 20))
    told, said = benchmark_of(BTC, known, [ETH], equity(5.0, 15.0))
    assert said == []
    assert told["benchmark"].iloc[0] == 1_000.0
    assert told["benchmark"].iloc[-1] == pytest.approx(1_200.0)
    assert told["benchmark"].index[0] == pd.Timestamp(at(5))
    assert told["market"].index[0] < pd.Timestamp(at(5))


def test_without_a_name_the_traded_pairs_are_held_in_equal_parts() -> None:
    known = candles(BTC, *([100.0] * 10 + [120.0] * 10)) | candles(ETH, *([50.0] * 20))
    told, _ = benchmark_of(None, known, [BTC, ETH], equity(5.0, 15.0))
    assert told["benchmark"].iloc[-1] == pytest.approx(1_100.0)


def test_candles_that_end_early_are_named() -> None:
    _, [said] = benchmark_of(BTC, candles(BTC, *([100.0] * 20)), [BTC], equity(5.0, 24.0 * 5))
    assert "the benchmark stands still from there" in said


def test_without_candles_there_is_no_benchmark() -> None:
    assert benchmark_of(None, {}, [BTC], equity(0.0, 9.0)) == ({}, [])
    assert closes_on_disk({}) is None
    later = candles(BTC, 1.0, 2.0, start=100.0)
    assert benchmark_of(BTC, later, [BTC], equity(0.0, 9.0)) == ({}, [])
