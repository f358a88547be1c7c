"""Whether a frame that another bot has worked out may be traded on at a candle of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from numbers import Real

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a consumer needs of a producer's frame.

    Attributes
    ----------
    producer, pair, timeframe
        Whose frame it is, as messages name it.
    candle_seconds
        Length of a candle.
    columns
        What must be there, and be a number, on the candle.
    max_close_gap_fraction
        How far the producer's close may be from one's own: farther away it is another market's.
    """

    producer: str
    pair: str
    timeframe: str
    candle_seconds: int
    columns: Sequence[str]
    max_close_gap_fraction: float


def producer_fault(
    frame: pd.DataFrame, wanted: Wanted, *, closed_at: datetime, close: float | None
) -> str | None:
    """Return why a producer's frame cannot be traded on; ``None`` when it can.

    Parameters
    ----------
    frame
        As Freqtrade's ``get_producer_df`` returns it: a candle a row, ``date`` is its opening time.
        Empty, without any column, when nothing was received.
    wanted
        What is needed of it.
    closed_at
        When the newest candle of one's own closed, UTC: the row of that candle is judged.
    close
        At which price; ``None`` where it is not known, and is not compared.
    """
    source = f"the producer {wanted.producer}"
    if frame.empty or "date" not in frame:
        return f"{source} has sent no {wanted.timeframe} candles of {wanted.pair}"
    dates = frame["date"]
    if not isinstance(dates.dtype, pd.DatetimeTZDtype):
        return f"{source} sends dates of {wanted.pair} without a time zone"
    opened = closed_at - timedelta(seconds=wanted.candle_seconds)
    rows = np.flatnonzero((dates == pd.Timestamp(opened)).to_numpy())
    if not rows.size:
        lacks = f"{source} has no candle of {wanted.pair} that closed at {closed_at:%H:%M:%S}"
        if pd.isna(last := dates.iloc[-1]):
            return f"{lacks}; its newest has no time"
        newest = last + timedelta(seconds=wanted.candle_seconds)
        return f"{lacks}; its newest closed at {newest:%Y-%m-%d %H:%M:%S} UTC"
    place = int(rows[-1])
    if place and (found := dates.iloc[place] - dates.iloc[place - 1]) != timedelta(
        seconds=wanted.candle_seconds
    ):
        return (
            f"{source} sends candles of {wanted.pair} {found.total_seconds():g} s apart, expected "
            f"{wanted.candle_seconds} s"
        )
    row = frame.iloc[place]
    return _of_columns(row, wanted, source) or _of_close(row, wanted, source, close)


def _of_columns(row: "pd.Series[float]", wanted: Wanted, source: str) -> str | None:
    names = dict.fromkeys(("close", *wanted.columns))
    if missing := [name for name in names if name not in row.index]:
        return f"{source} sends no column {', '.join(missing)} for {wanted.pair}"
    if unknown := [name for name in names if not _is_number(row[name])]:
        return f"{source} sends no number in {', '.join(unknown)} for {wanted.pair}"
    return None


def _of_close(
    row: "pd.Series[float]", wanted: Wanted, source: str, close: float | None
) -> str | None:
    if close is None:
        return None
    theirs = float(row["close"])
    gap = abs(theirs - close) / close if close > 0 else np.inf
    if gap <= wanted.max_close_gap_fraction:
        return None
    return (
        f"{source} says that {wanted.pair} closed at {theirs:g}, where it closed at {close:g} here "
        f"({gap:.2%} apart, limit {wanted.max_close_gap_fraction:.2%}): that is another market"
    )


def _is_number(value: object) -> bool:
    if not isinstance(value, Real | np.bool_):  # a text of digits is none
        return False
    try:
        return bool(np.isfinite(float(value)))
    except OverflowError:
        return False
