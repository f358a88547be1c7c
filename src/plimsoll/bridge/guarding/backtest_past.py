"""Candles before a backtest's own: its guards look back as far as those of a running bot."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from freqtrade.data.history import get_datahandler

COLUMNS = ["date", "close", "volume"]


class PastCandles:
    """Reads from the data folder what a strategy's own start-up leaves out.

    A bot fetches some 500 candles however few its strategy declares; a backtest loads the
    declared ones alone, and its guards would judge by fewer than the profile asks for.

    Parameters
    ----------
    config
        Freqtrade's; without a data folder nothing is read.
    count
        How many candles before the first one are wanted.
    """

    def __init__(self, config: Mapping[str, Any], count: int) -> None:
        self._config, self._count = config, count
        self._read: dict[str, tuple[pd.Timestamp, pd.DataFrame]] = {}

    def before(self, pair: str, candles: pd.DataFrame, timeframe: str) -> pd.DataFrame:
        """Return a pair's candles with those before them; columns ``date, close, volume``.

        They are the given ones where the folder has none that are older.
        """
        own = candles[COLUMNS]
        if own.empty or not self._config.get("datadir"):
            return own
        first = own["date"].iloc[0]
        known = self._read.get(pair)
        if known is None or known[0] != first:
            # Hyperopt asks in every epoch, for the same candles.
            known = self._read[pair] = (first, self._older(pair, first, timeframe))
        past = known[1]
        return own if past.empty else pd.concat([past, own], ignore_index=True)

    def _older(self, pair: str, first: pd.Timestamp, timeframe: str) -> pd.DataFrame:
        handler = get_datahandler(self._config["datadir"], self._config["dataformat_ohlcv"])
        stored = handler.ohlcv_load(
            pair,
            timeframe,
            self._config["candle_type_def"],
            fill_missing=False,
            warn_no_data=False,
        )
        if stored.empty:
            return stored
        return stored.loc[stored["date"] < first, COLUMNS].tail(self._count)
