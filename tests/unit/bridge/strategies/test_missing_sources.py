"""A strategy that decides by open interest or premium says how much of it is missing."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.data.history import get_datahandler
from freqtrade.enums import CandleType

from tests.unit.bridge.bots import BTC, backtest, candles

HOUR = pd.Timedelta(hours=1)
END = pd.Timestamp("2025-03-11", tz="UTC")
BARS = 600


def _marked(folder: Path, caplog: pytest.LogCaptureFixture, hours: int, **others: Any) -> list[str]:
    """What is said in two passes over hourly candles, with open interest for the last hours."""
    if hours:
        (folder / "futures").mkdir()
        dates = pd.date_range(end=END - HOUR, periods=hours, freq="h")
        rows = pd.DataFrame({"date": dates, "open_interest_amount": 5.0})
        rows["open_interest_value"] = 500.0
        store = get_datahandler(folder, "feather")
        store.ohlcv_store(BTC, "1h", rows, CandleType.OPEN_INTEREST)
    files = {"datadir": folder, "dataformat_ohlcv": "feather", "timeframe": "1h"}
    with (
        caplog.at_level(logging.WARNING, "plimsoll"),
        backtest(folder, strategy="OpenInterestFlow", **files) as bot,
    ):
        for _ in range(2):
            frame = candles([100.0 + row % 7 for row in range(BARS)], end=END, timeframe=HOUR)
            marked = bot.strategy.advise_indicators(frame, {"pair": BTC})
            marked = bot.strategy.advise_entry(marked, {"pair": BTC})
            assert not marked.get("enter_long", pd.Series(0.0)).eq(1).any()
    return [one.getMessage() for one in caplog.records if "missing" in one.getMessage()]


@pytest.mark.parametrize(("hours", "share"), [(0, "100.0"), (60, "90.0")])
def test_what_is_missing_is_said_once_with_its_consequence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, hours: int, share: str
) -> None:
    [said] = _marked(tmp_path, caplog, hours)
    assert f"open_interest of {BTC} is missing on {share} % of 600 candles" in said
    assert "OpenInterestFlow enters nothing there" in said


def test_whole_data_are_passed_in_silence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert _marked(tmp_path, caplog, BARS + 5) == []
