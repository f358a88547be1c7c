"""Which of two prices is touched first: what a trade with a target and a stop would have met."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.core import PlimsollError, Side
from plimsoll.labels.direction import DOWN, FLAT, UP, require_horizon

WIN, LOSS, TIMEOUT = "win", "loss", "timeout"

Distance = float | pd.Series


def triple_barrier(
    candles: pd.DataFrame, *, side: Side, horizon_candles: int, target: Distance, stop: Distance
) -> pd.Series:
    """Return ``win``, ``loss`` or ``timeout``: what a trade entered at the close would meet first.

    ``win`` when the price reaches ``target`` in the side's favour within the horizon, ``loss``
    when it reaches ``stop`` against it, ``timeout`` when it reaches neither. A price exactly at a
    barrier touches it. A candle that touches both does not say in which order: the worse is
    assumed, a loss.

    Parameters
    ----------
    candles
        Columns ``high``, ``low`` and ``close``, ascending.
    side
        Of the trade.
    horizon_candles
        The third barrier.
    target, stop
        Distances above 0, as fractions of the close; a Series for distances that follow the
        volatility known at each row.

    Returns
    -------
    An object Series on the candles' index. Missing in the last ``horizon_candles`` rows, and where
    a price of the row or of its horizon or a distance is missing. A row that has met a barrier
    already is missing too while its horizon is not over: the newest rows would otherwise be wins
    and losses only.

    Raises
    ------
    PlimsollError
        For a horizon below one candle, or a distance of 0 or less.

    Notes
    -----
    López de Prado (2018), Advances in Financial Machine Learning, section 3.4, with the touch
    looked for in highs and lows.
    """
    require_horizon(horizon_candles)
    ahead, against = _distances(target, candles), _distances(stop, candles)
    above, below = (ahead, against) if side is Side.LONG else (against, ahead)
    first_above, first_below, known = _first_touches(candles, horizon_candles, above, below)
    won, lost = (first_above, first_below) if side is Side.LONG else (first_below, first_above)
    names = np.select(
        [lost <= np.minimum(won, horizon_candles), won <= horizon_candles], [LOSS, WIN], TIMEOUT
    )
    return pd.Series(names, index=candles.index, dtype="object").where(known)


def barrier_direction(
    candles: pd.DataFrame, *, horizon_candles: int, distance: Distance
) -> pd.Series:
    """Return ``up``, ``flat`` or ``down``: which of two prices equally far is touched first.

    ``up`` where a long trade with this target and stop would win, ``down`` where a short one
    would, ``flat`` where neither would: nothing touched, or both in the same candle. Missing where
    `triple_barrier` is.
    """
    long, short = (
        triple_barrier(
            candles, side=side, horizon_candles=horizon_candles, target=distance, stop=distance
        )
        for side in (Side.LONG, Side.SHORT)
    )
    names = np.select([long == WIN, short == WIN], [UP, DOWN], FLAT)
    return pd.Series(names, index=candles.index, dtype="object").where(long.notna())


def _distances(distance: Distance, candles: pd.DataFrame) -> NDArray[np.float64]:
    values = np.broadcast_to(np.asarray(distance, dtype="float64"), (len(candles),))
    if (values <= 0).any():
        raise PlimsollError(
            f"expected barriers at a distance above 0, found {float(np.nanmin(values)):g}"
        )
    return values


def _first_touches(
    candles: pd.DataFrame,
    horizon: int,
    above: NDArray[np.float64],
    below: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return after how many candles each barrier is touched, beyond the horizon for never."""
    high, low, close = (candles[name].to_numpy("float64") for name in ("high", "low", "close"))
    rows = len(close)
    upper, lower = close * (1 + above), close * (1 - below)
    first_above = np.full(rows, horizon + 1)
    first_below = np.full(rows, horizon + 1)
    known = (close > 0) & np.isfinite(above) & np.isfinite(below)
    for ahead in range(horizon, 0, -1):
        later_high, later_low = np.full(rows, np.nan), np.full(rows, np.nan)
        later_high[: max(rows - ahead, 0)] = high[ahead:]
        later_low[: max(rows - ahead, 0)] = low[ahead:]
        known &= (later_high > 0) & (later_low > 0)
        first_above[later_high >= upper] = ahead
        first_below[later_low <= lower] = ahead
    return first_above, first_below, known
