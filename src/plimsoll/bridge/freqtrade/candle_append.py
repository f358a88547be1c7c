"""Append new candles to a frame that Freqtrade has cleaned already, instead of cleaning all again.

Freqtrade groups and resamples all candles of a pair whenever a new one comes. Where the new ones
continue the old without a gap, and repeat them unchanged, that alters nothing but the end.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

PRICES = ("open", "high", "low", "close", "volume")
COLUMNS = ("date", *PRICES)
UTC_DATES = {f"datetime64[{unit}, UTC]": unit for unit in ("ms", "us", "ns", "s")}
UNITS_A_MS = {"ms": 1, "us": 1_000, "ns": 1_000_000}


def appended(
    old: pd.DataFrame, ticks: Sequence[Sequence[float]], interval_ms: int, keep: int
) -> pd.DataFrame | None:
    """Return the last ``keep`` rows of old and new candles; ``None`` where they need cleaning.

    Parameters
    ----------
    old
        Columns date, open, high, low, close, volume; gapless, with a fresh index.
    ticks
        New candles, each opening time in epoch milliseconds and five numbers, ascending.
    interval_ms
        From one candle's opening to the next.
    keep
        How many rows the answer has at most.

    Returns
    -------
    The frame that Freqtrade's own ``clean_ohlcv_dataframe`` makes of both, to the bit. ``None``
    when there is a gap, a candle that differs from what was known, a number that is missing, or a
    frame of another shape.
    """
    unit = UTC_DATES.get(str(old.dtypes.get("date")))
    if tuple(old.columns) != COLUMNS or unit not in UNITS_A_MS or not len(old) or not len(ticks):
        return None
    opens_ms = np.array([tick[0] for tick in ticks], dtype=np.int64)
    numbers = np.array([tick[1:6] for tick in ticks], dtype=np.float64)
    known = old["date"].to_numpy(dtype=f"datetime64[{unit}]").view(np.int64)
    last_ms = int(known[-1]) // UNITS_A_MS[unit]
    begins_at = (int(opens_ms[0]) - last_ms) // interval_ms
    steps = np.diff(opens_ms)
    if (
        np.any(steps != interval_ms)
        or (int(opens_ms[0]) - last_ms) % interval_ms
        or not -len(old) < begins_at <= 1
        or not np.isfinite(numbers).all()
    ):
        return None
    repeated = min(1 - begins_at, len(ticks))
    at = len(old) - (1 - begins_at)
    series = {name: old[name].to_numpy() for name in PRICES}
    for place, name in enumerate(PRICES):
        if series[name].dtype != np.float64:
            return None
        if not np.array_equal(series[name][at : at + repeated], numbers[:repeated, place]):
            return None
    fresh = opens_ms[repeated:] * UNITS_A_MS[unit]
    dates = np.concatenate([known, fresh])[-keep:].view(f"datetime64[{unit}]")
    columns: dict[str, object] = {"date": pd.DatetimeIndex(dates, tz="UTC")}
    for place, name in enumerate(PRICES):
        columns[name] = np.concatenate([series[name], numbers[repeated:, place]])[-keep:]
    return pd.DataFrame(columns)
