"""Candles that are on disk or are not."""

import logging
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.lab.disk_candles import candle_folder, candles_on_disk
from tests.unit.cli.bots import BTC, ETH, at, make_candles

START, END = pd.Timestamp(at(2)), pd.Timestamp(at(20))


def test_a_pair_has_the_first_timeframe_that_is_there(tmp_path: Path) -> None:
    datadir = make_candles(tmp_path, (BTC,))
    known = candles_on_disk(
        datadir, [BTC, ETH], ["5m", "", "1h", "1d"], start=START, end=END, futures=True
    )
    assert set(known) == {BTC}
    assert known[BTC].timeframe == "1h"
    assert known[BTC].frame["date"].iloc[0] == START


def test_no_folder_has_no_candles_and_freqtrade_warns_of_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    none = candles_on_disk(tmp_path / "no", [BTC], ["1h"], start=START, end=END, futures=True)
    assert none == {}
    datadir = make_candles(tmp_path, (BTC,))
    candles_on_disk(datadir, [ETH], ["1h"], start=START, end=END, futures=True)
    assert caplog.records == []
    assert logging.root.manager.disable == logging.NOTSET


def test_the_folder_is_the_configs_or_the_exchanges(tmp_path: Path) -> None:
    assert candle_folder({"datadir": "/data/x"}, tmp_path, "binance") == Path("/data/x")
    named = {"exchange": {"name": "Bybit"}}
    assert candle_folder(named, tmp_path, "binance") == tmp_path / "data" / "bybit"
    assert candle_folder({}, tmp_path, "binance") == tmp_path / "data" / "binance"
