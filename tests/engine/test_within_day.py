"""A portfolio that decides within the day, backtested by Freqtrade: when it trades."""

from pathlib import Path

import pandas as pd
import pytest

from plimsoll.lab.study import Study
from tests.engine.test_plain_engine import TWO, backtests
from tests.support.strategy_data import write_strategy_data

STRATEGY = '''
"""BTC from noon to 20:00, less from 16:00 on; ETH all the time."""
import numpy as np
import pandas as pd
from freqtrade.strategy import DecimalParameter

from plimsoll.strategies import Panel, PortfolioStrategy, Targets


class Afternoon(PortfolioStrategy):
    """Targets on candles of 4 h, each known when its candle has closed."""

    panel_timeframes = ("1d", "4h")
    buffer = DecimalParameter(0.0, 0.5, default=0.1, space="buy")

    def targets(self, panel: Panel) -> Targets:
        closes = panel.closes("4h")
        hours = closes.index.hour
        weights = closes * 0 + 0.1
        weights["BTC/USDT:USDT"] = np.select([hours == 8, hours == 12], [0.2, 0.1], 0.0)
        return Targets(weights, closes * 0 + 0.1, span=pd.Timedelta(hours=4))
'''
FIRST, END = "20230801", "20230815"


@pytest.mark.slow
@pytest.mark.freqtrade
def test_what_is_decided_within_the_day_is_carried_out_at_the_next_candle(tmp_path: Path) -> None:
    data, folder = write_strategy_data(tmp_path / "made-up"), tmp_path / "strategies"
    folder.mkdir()
    (folder / "Afternoon.py").write_text(STRATEGY, encoding="utf-8")
    study = Study("made up", "1h", TWO, f"{FIRST}-{END}", ("Afternoon",), folder=folder)
    with backtests(study, data) as (results, _):
        trades = results["Afternoon"].trades
    days = pd.date_range(FIRST, END, freq="D", inclusive="left", tz="UTC")
    btc = trades[trades["pair"] == TWO[0]]
    assert btc["open_date"].tolist() == list(days + pd.Timedelta(hours=12))
    assert btc["close_date"].tolist() == list(days + pd.Timedelta(hours=20))
    assert set(btc["exit_reason"]) == {"Afternoon_ended"}
    for orders in btc["orders"]:
        times = pd.to_datetime([one["order_filled_timestamp"] for one in orders], unit="ms")
        assert list(times.hour) == [12, 16, 20]
    [eth] = trades[trades["pair"] == TWO[1]].itertuples()
    # Freqtrade's backtest does not act at its first candle.
    assert (eth.open_date, eth.exit_reason) == (days[0] + pd.Timedelta(hours=1), "force_exit")
