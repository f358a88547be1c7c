"""A strategy's columns of order flow are those of the recording, and NaN without one."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from plimsoll.archive.recorded_flow import COLUMNS, recorded_flow
from plimsoll.bridge.strategies.recorded import with_recorded_flow
from plimsoll.features import order_flow
from plimsoll.features.candles import Candles
from tests.unit.archive.test_recorded_flow import PAIR, START, record


def frame(rows: int = 6) -> pd.DataFrame:
    opens = pd.to_datetime(START + 1000, unit="ms", utc=True)
    dates = pd.date_range(opens, periods=rows, freq="5min")
    return pd.DataFrame({"date": dates, "close": 100.0, "volume": 600.0})


def strategy(datadir: Path) -> SimpleNamespace:
    return SimpleNamespace(config={"datadir": datadir}, timeframe="5m")


def test_a_features_value_is_the_recordings(tmp_path: Path) -> None:
    record(tmp_path)
    candles = with_recorded_flow(strategy(tmp_path), frame(), PAIR)
    flow = recorded_flow(tmp_path, PAIR, "5m").dropna().reset_index(drop=True)
    assert list(candles["trades"].notna()) == [True, True, True, False, False, False]
    for name in COLUMNS:
        assert list(candles[name][:3]) == list(flow[name]), name
    use = order_flow.taker_imbalance.use(period=1)
    expected = (2 * flow["taker_buy_volume"] - 600.0) / 600.0
    assert np.allclose(use(Candles(candles))[:3], expected)


def test_without_a_recording_features_are_nan(tmp_path: Path) -> None:
    candles = with_recorded_flow(strategy(tmp_path), frame(), PAIR)
    assert candles[list(COLUMNS)].isna().all().all()
    assert np.isnan(order_flow.spread.use()(Candles(candles))).all()


def test_columns_that_are_there_stay(tmp_path: Path) -> None:
    record(tmp_path)
    candles = with_recorded_flow(strategy(tmp_path), frame().assign(trades=7.0), PAIR)
    assert set(candles["trades"]) == {7.0}
    assert candles["bid_price"].notna().any()
