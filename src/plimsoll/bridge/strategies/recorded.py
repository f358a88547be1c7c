"""Order flow for a strategy: what `plimsoll record` wrote, in backtests and in a running bot."""

from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.archive.recorded_flow import with_flow


def with_recorded_flow(strategy: Any, candles: pd.DataFrame, pair: str) -> pd.DataFrame:
    """Return the candles with the columns that the features of order flow are computed from.

    ``taker_buy_volume`` and ``trades`` of each candle, ``bid_price``, ``ask_price``, ``bid_amount``
    and ``ask_amount`` at its close, ``bid_depth`` and ``ask_depth`` where depth was recorded. NaN
    where the recording is not whole: without a recorder, in a gap, and as long as its last event is
    from before the close. Columns that are there already stay.

    ``strategy`` is the caller: its timeframe, and the data folder of its config.
    """
    return with_flow(candles, Path(strategy.config["datadir"]), pair, strategy.timeframe)
