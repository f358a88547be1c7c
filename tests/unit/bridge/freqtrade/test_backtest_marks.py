"""A backtest of perpetuals is marked from the candles that it read."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.data.history.datahandlers.featherdatahandler import FeatherDataHandler
from freqtrade.enums import CandleType

from plimsoll.bridge.freqtrade.backtest_marks import marked_record
from plimsoll.performance.marked_days import from_record
from tests.unit.performance.test_marked_days import DAY, FIRST, HOUR, PAIR, trade

CLOSES = [100.0] * 24 + [80.0] * 24 + [110.0] * 24


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    prices = dict.fromkeys(("open", "high", "low", "close", "volume"), CLOSES)
    dates = pd.date_range(FIRST, periods=len(CLOSES), freq="h")
    candles = pd.DataFrame({"date": dates, **prices})
    (tmp_path / "futures").mkdir()
    FeatherDataHandler(tmp_path).ohlcv_store(PAIR, "1h", candles, CandleType.FUTURES)
    return {
        "datadir": tmp_path,
        "timeframe": "1h",
        "trading_mode": "futures",
        "candle_type_def": CandleType.FUTURES,
        "dataformat_ohlcv": "feather",
    }


def record_of(config: dict[str, Any], trades: pd.DataFrame) -> dict[str, Any] | None:
    first, last = FIRST.to_pydatetime(), (FIRST + 71 * HOUR).to_pydatetime()
    return marked_record(config, trades, [PAIR], first, last, 1000.0)


def test_an_open_loss_is_in_its_day(config: dict[str, Any]) -> None:
    record = record_of(config, pd.DataFrame([trade(0, 71, 100.0, 110.0)]))
    assert record is not None
    days = from_record(record)
    assert days.to_list() == [1000.0, 1000.0, 800.0, 1100.0]
    assert days.index.to_list() == [FIRST + day * DAY for day in range(4)]


def test_without_a_trade_the_account_stands_still(config: dict[str, Any]) -> None:
    record = record_of(config, pd.DataFrame([trade(0, 1, 1.0, 1.0)]).iloc[:0])
    assert record is not None
    assert record["equity_usd"] == [1000.0] * 4


def test_of_spot_nothing_is_added(config: dict[str, Any]) -> None:
    trades = pd.DataFrame([trade(0, 71, 100.0, 110.0)])
    assert record_of({**config, "trading_mode": "spot"}, trades) is None


def test_without_candles_it_is_said(
    config: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trades = pd.DataFrame([trade(0, 71, 100.0, 110.0)])
    assert record_of({**config, "datadir": tmp_path / "none"}, trades) is None
    assert "the days of this result are not marked" in caplog.text
