"""Broken data are refused when a replay opens, by file, row and fault."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.market.replay import ReplayMarket
from tests.unit.venue.folders import START, write_folder

Break = Callable[[pd.DataFrame], pd.DataFrame]
ROW = 3


def _put(column: str, value: Any) -> Break:
    def broken(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[ROW, column] = value
        return frame

    return broken


def _swap_rows(frame: pd.DataFrame) -> pd.DataFrame:
    order = list(frame.index)
    order[ROW - 1], order[ROW] = order[ROW], order[ROW - 1]
    return frame.loc[order].reset_index(drop=True)


def _repeat_row(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame[:ROW], frame[ROW - 1 :]], ignore_index=True)


def _without_zone(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(date=frame["date"].dt.tz_localize(None))


def _as_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(date=frame["date"].astype("int64"))


def _break(folder: Path, name: str, how: Break) -> Path:
    path = folder / "futures" / f"BTC_USDT_USDT-{name}.feather"
    how(pd.read_feather(path)).to_feather(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "data", days=2)


NAN, INF = float("nan"), float("inf")
DATES = [
    (_without_zone, "expected dates with a time zone, found timestamp"),
    (_as_numbers, "expected dates with a time zone, found int64"),
    (_put("date", pd.NaT), f"row {ROW}: expected a date, found none"),
    (_swap_rows, f"row {ROW} .*: expected dates that ascend"),
    (_repeat_row, f"row {ROW} .*: expected dates that ascend"),
]
PRICES = [
    (_put("open", NAN), "expected open to be a number above 0, found nan"),
    (_put("high", INF), "expected high to be a number above 0, found inf"),
    (_put("low", 0.0), "expected low to be a number above 0, found 0"),
    (_put("close", -1.0), "expected close to be a number above 0, found -1"),
    (_put("high", 1.0), "expected high to be at or above open, low and close, found 1"),
    (_put("low", 1e9), "expected high to be at or above"),
    (_put("volume", NAN), "expected volume to be a number of 0 or more, found nan"),
    (_put("volume", -1.0), "expected volume to be a number of 0 or more, found -1"),
]


@pytest.mark.parametrize("name", ["1h-futures", "1h-mark"])
@pytest.mark.parametrize(("how", "fault"), DATES + PRICES)
def test_a_broken_candle_file_is_refused(folder: Path, name: str, how: Break, fault: str) -> None:
    path = _break(folder, name, how)
    with pytest.raises(UsageError, match=fault) as caught:
        ReplayMarket.open(folder, None)
    message = str(caught.value)
    assert str(path) in message
    assert "--erase" in message
    assert "\n" not in message


def test_a_low_above_open_is_refused_with_its_date(folder: Path) -> None:
    def raised(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame.index == ROW, "low"] = frame["high"]
        return frame

    _break(folder, "1h-futures", raised)
    fault = rf"row {ROW} \(2024-03-01T03:00:00.000Z\): expected low to be at or below"
    with pytest.raises(UsageError, match=fault):
        ReplayMarket.open(folder, None)


@pytest.mark.parametrize(
    ("how", "fault"),
    [*DATES[:2], (_put("funding_rate", NAN), "expected funding_rate to be a number, found nan")],
)
def test_a_broken_funding_file_is_refused(folder: Path, how: Break, fault: str) -> None:
    _break(folder, "1h-funding_rate", how)
    with pytest.raises(UsageError, match=fault):
        ReplayMarket.open(folder, None)


def test_open_interest_may_be_nan_but_needs_dates(folder: Path) -> None:
    _break(folder, "5m-open_interest", _put("open_interest_value", NAN))
    ReplayMarket.open(folder, None)
    _break(folder, "5m-open_interest", _put("date", pd.NaT))
    with pytest.raises(UsageError, match=f"row {ROW}: expected a date, found none"):
        ReplayMarket.open(folder, None)


def test_a_premium_index_may_be_below_zero(folder: Path) -> None:
    frame = pd.read_feather(folder / "futures" / "BTC_USDT_USDT-1h-mark.feather")
    premium = frame.assign(open=-1e-4, high=0.0, low=-2e-4, close=-1e-4)
    path = folder / "futures" / "BTC_USDT_USDT-1h-premiumIndex.feather"
    premium.to_feather(path)
    ReplayMarket.open(folder, None)
    premium.assign(high=NAN).to_feather(path)
    with pytest.raises(UsageError, match="expected high to be a number, found nan"):
        ReplayMarket.open(folder, None)


def test_a_file_of_a_contract_that_is_not_served_is_not_read(folder: Path) -> None:
    _break(folder, "1h-mark", _put("open", NAN))
    ReplayMarket.open(folder, "ETHUSDT")


def test_a_timeframe_without_candles_is_refused(folder: Path) -> None:
    path = _break(folder, "1h-futures", lambda frame: frame[:0])
    with pytest.raises(UsageError, match=f"{path.name} holds no candles"):
        ReplayMarket.open(folder, None)


@pytest.mark.parametrize("what", ["futures", "futures/BTC_USDT_USDT-1h-mark.feather", "."])
def test_data_without_read_permission_are_refused(folder: Path, what: str) -> None:
    closed = folder / what
    mode = closed.stat().st_mode
    closed.chmod(0)
    try:
        if os.access(closed, os.R_OK):
            pytest.skip("this user may read everything")
        with pytest.raises(UsageError, match=r"cannot read .*Permission denied"):
            ReplayMarket.open(folder, None)
    finally:
        closed.chmod(mode)


@pytest.mark.data
def test_every_file_of_the_real_folder_passes(real_data: Path) -> None:
    market = ReplayMarket.open(real_data, None)
    assert {"BTCUSDT", "ETHUSDT", "SOLUSDT"} <= set(market.specs)
    assert market.first_candle_ms("BTCUSDT") < START.timestamp() * 1000
