"""What the shipped hyperopt losses take from Freqtrade."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from freqtrade.exchange import timeframe_to_seconds

from plimsoll.bridge.config.settings import settings_from
from plimsoll.performance.epoch import epoch_equity


def equity_of(results: pd.DataFrame, known: Mapping[str, Any]) -> "pd.Series[float]":
    """Return the account of an epoch at every hour and at its end, open positions included.

    ``known`` is what Freqtrade hands to a loss beside the trades.

    Raises
    ------
    MeasureError
        When candles or trades cannot be measured, which no other epoch would change.
    """
    return epoch_equity(
        results,
        known["processed"],
        pd.Timedelta(seconds=timeframe_to_seconds(known["config"]["timeframe"])),
        start=pd.Timestamp(known["min_date"]),
        end=pd.Timestamp(known["max_date"]),
        starting_balance_usd=known["starting_balance"],
    )


def count_of_trials(config: Mapping[str, Any]) -> int:
    """Return the trials that the best is chosen from: the epochs, and ``plimsoll.trials_before``.

    Epochs are those asked for, though a search may stop early: a loss must not change its scale
    on the way.
    """
    return max(1, int(config.get("epochs") or 1)) + settings_from(dict(config)).trials_before
