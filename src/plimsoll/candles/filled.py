"""Candles without holes, as Freqtrade hands them to a strategy. Pure."""

from typing import Any

import pandas as pd

from plimsoll.candles.timeframe import timeframe_span

MERGED: dict[str, Any] = {
    "open": "first",
    "high": "max",
    "low": "min",
    "close": "last",
    "volume": "max",
}
"""What is kept of several rows of one date."""


def fill_candles(candles: pd.DataFrame, timeframe: str) -> pd.DataFrame:
    """Return candles with a row for every opening time from the first to the last.

    A missing candle repeats the close before it as its prices and has no volume, as
    ``freqtrade.data.converter.ohlcv_fill_up_missing_data`` makes it; so does a missing price.

    Parameters
    ----------
    candles
        ``date`` (UTC, on opening times), ``close``, and any of ``open, high, low, volume``; not
        written. Rows of one date become one. Without dates or closes it is returned as it is.
    timeframe
        Of the candles, such as ``5m``; no month.

    Raises
    ------
    UsageError
        For what is no timeframe of a fixed length.
    """
    span = timeframe_span(timeframe)
    if candles.empty or not {"date", "close"} <= set(candles.columns):
        return candles
    merged = {name: how for name, how in MERGED.items() if name in candles}
    rows = candles.groupby("date", sort=True).agg(merged)
    whole = pd.date_range(rows.index[0], rows.index[-1], freq=span, name="date")
    filled = rows.reindex(whole)
    filled["close"] = filled["close"].ffill()
    for name in ("open", "high", "low"):
        if name in filled:
            filled[name] = filled[name].fillna(filled["close"])
    if "volume" in filled:
        filled["volume"] = filled["volume"].fillna(0.0)
    order = [name for name in candles.columns if name in filled or name == "date"]
    back: pd.DataFrame = filled.reset_index()[order]
    return back.astype({"date": candles["date"].dtype})
