"""What the candles say of a recorded price."""

from datetime import datetime

import numpy as np
import pandas as pd

from plimsoll.parity.record import Record
from plimsoll.parity.trade import RecordedTrade

TOLERANCE = 0.001
"""How far beyond a candle's range a price may lie, relative: spread and the book's depth."""


def outside_of_candle(trade: RecordedTrade, record: Record, *, is_entry: bool) -> str | None:
    """Say that a trade's first entry or last exit lies outside of the candle of its moment.

    None when it lies inside, when there is no candle of that moment, or nothing to compare.
    """
    fills = trade.entries[:1] if is_entry else trade.exits[-1:]
    if not fills:
        return None
    [fill] = fills
    row = candle_at(record, trade.pair, fill.at)
    if row is None:
        return None
    low, high = row
    if low * (1.0 - TOLERANCE) <= fill.price <= high * (1.0 + TOLERANCE):
        return None
    return f"{fill.price:.8g} lies outside of the candle's {low:.8g} to {high:.8g}"


def candle_at(record: Record, pair: str, at: datetime) -> tuple[float, float] | None:
    """Return low and high of the candle that a moment lies in; None without one."""
    frame = record.candles.get(pair)
    if frame is None or frame.empty:
        return None
    opens = pd.DatetimeIndex(frame["date"])
    place = int(opens.searchsorted(pd.Timestamp(at), side="right")) - 1
    if place < 0 or pd.Timestamp(at) >= opens[place] + record.candle:
        return None
    low, high = float(frame["low"].iloc[place]), float(frame["high"].iloc[place])
    return (low, high) if np.isfinite(low) and np.isfinite(high) else None


def came_back(record: Record, trade: RecordedTrade, seconds: float) -> bool | None:
    """Return whether the price came to a trade's entry price again after the open of its candle.

    Looks at the lows (of a short the highs) of the candles within ``seconds`` of its opening;
    None without candles. A price that only touches counts as come back.
    """
    frame = record.candles.get(trade.pair)
    if frame is None or frame.empty or not trade.entries:
        return None
    opens = pd.DatetimeIndex(frame["date"])
    start = int(opens.searchsorted(pd.Timestamp(trade.opened_at), side="right")) - 1
    end = int(opens.searchsorted(pd.Timestamp(trade.opened_at) + pd.Timedelta(seconds=seconds)))
    rows = frame.iloc[max(start, 0) : max(end, start + 1)]
    if rows.empty:
        return None
    price = trade.entries[0].price
    if trade.side.sign > 0:
        return bool(float(rows["low"].min()) <= price)
    return bool(float(rows["high"].max()) >= price)
