"""The stop of a portfolio's leg: a breaker for jumps between two decisions, not an exit.

A position that a forecast sizes needs no stop, since the forecast itself takes it off (Carver
2015, Systematic Trading, chapter 11), and a stop costs where prices revert (Kaminski & Lo 2014,
When Do Stop-Loss Rules Stop Losses?, proposition 2). What it is for is the jump that comes before
the next decision: its distance is beyond what a day ordinarily does. It is measured from the last
fill, so a leg that drifts toward it over weeks is traded before it gets there (`is_halfway`).
"""

from math import sqrt

import numpy as np
import pandas as pd

from plimsoll.core import Side
from plimsoll.signals.panels import DAYS_PER_YEAR, yearly_volatility
from plimsoll.signals.rebalancing import worth_closing

LEAST_FRACTION = 0.30
DAILY_VOLATILITIES = 8.0
VOLATILITY_DAYS = 30
HALFWAY = 0.5


def breaker_fractions(closes: pd.DataFrame) -> pd.DataFrame:
    """Return how far from its fill a leg's stop is, as a fraction of that price.

    The larger of `LEAST_FRACTION` and `DAILY_VOLATILITIES` of the pair over `VOLATILITY_DAYS`;
    the former while the volatility is not known.

    Parameters
    ----------
    closes
        Daily closes, days × pairs.

    Returns
    -------
    Days × pairs, never NaN; it may be above 1.
    """
    daily = yearly_volatility(closes, days=VOLATILITY_DAYS) / sqrt(DAYS_PER_YEAR)
    wide = np.fmax((DAILY_VOLATILITIES * daily).to_numpy("float64"), LEAST_FRACTION)
    return pd.DataFrame(wide, closes.index, closes.columns)


def is_halfway(side: Side, *, fill_price: float, stop_price: float, price: float) -> bool:
    """Return whether a price has gone half the way, or more, from a leg's last fill to its stop."""
    return (fill_price - price) * side.sign >= HALFWAY * (fill_price - stop_price) * side.sign


def is_barred(side: Side, weights: pd.Series, *, decisions: int) -> bool:
    """Return whether a leg that was stopped out is still kept from its side.

    ``weights`` are the pair's targets that were decided since, in order. It is free once one of
    them was zero or on the other side, or after so many; NaN is neither.
    """
    return len(weights) < decisions and not bool(worth_closing(side, weights).any())
