"""Where the price will be some candles on."""

import numpy as np
import pandas as pd

from plimsoll.core import PlimsollError

UP, FLAT, DOWN = "up", "flat", "down"
CLASSES = (UP, FLAT, DOWN)


def require_horizon(candles: int) -> None:
    """Raise `PlimsollError` for a horizon below one candle: it would not be the future."""
    if candles < 1:
        raise PlimsollError(f"expected a horizon of 1 candle or more, found {candles}")


def future_return(close: pd.Series, *, horizon_candles: int) -> pd.Series:
    """Return the change of the close over the next candles, as a fraction.

    NaN in the last ``horizon_candles`` rows, whose future is not known, and where either close
    is missing or not above zero.

    Raises
    ------
    PlimsollError
        For a horizon below one candle: it would not be the future.
    """
    require_horizon(horizon_candles)
    known = close.where(close > 0)
    return known.shift(-horizon_candles) / known - 1


def direction(close: pd.Series, *, horizon_candles: int, threshold: float) -> pd.Series:
    """Return ``up``, ``flat`` or ``down``: where the close will be after the horizon.

    ``up`` is a `future_return` above ``threshold`` (a fraction), ``down`` one below its negative.
    Missing, and not one of the three, where the future is not known: a model must not learn
    that the newest candles were flat.
    """
    if not threshold >= 0:
        raise PlimsollError(f"expected a threshold of 0 or more, found {threshold}")
    change = future_return(close, horizon_candles=horizon_candles)
    names = np.select([change > threshold, change < -threshold], [UP, DOWN], default=FLAT)
    return pd.Series(names, index=close.index, dtype="object").where(change.notna())
