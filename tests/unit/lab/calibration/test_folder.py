"""A made market in Freqtrade's files."""

from pathlib import Path

import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.calibration.folder import whole_hours, write_market
from plimsoll.lab.calibration.plan import FIRST
from plimsoll.lab.calibration.synthetic import Shape, synthetic_hours
from plimsoll.lab.results import load_candles

TICKS = {"BTC/USDT:USDT": 0.1, "ETH/USDT:USDT": 0.01}


def test_freqtrade_reads_what_was_written(tmp_path: Path) -> None:
    made = write_market(tmp_path, synthetic_hours(1, 240, None, Shape.of(2)), TICKS, "4h", FIRST)
    last = FIRST + pd.Timedelta(hours=236)
    read = load_candles(tmp_path, list(TICKS), "4h", start=FIRST, end=last)
    for pair in TICKS:
        pd.testing.assert_frame_equal(read[pair], made[pair], check_dtype=False)
    files = {one.name for one in (tmp_path / "futures").iterdir()}
    assert "BTC_USDT_USDT-1h-funding_rate.feather" in files
    assert "BTC_USDT_USDT-1h-mark.feather" in files


@pytest.mark.parametrize(("timeframe", "hours"), [("1h", 1), ("4h", 4), ("1d", 24)])
def test_candles_are_whole_hours(timeframe: str, hours: int) -> None:
    assert whole_hours(timeframe) == hours


@pytest.mark.parametrize("timeframe", ["5m", "30m", "3d"])
def test_other_candles_are_refused(timeframe: str) -> None:
    with pytest.raises(UsageError, match=f"from 1h to 1d, found {timeframe}"):
        whole_hours(timeframe)
