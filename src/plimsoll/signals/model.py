"""From a classifier's probabilities to a side, and how often it was right."""

import numpy as np
import pandas as pd
from scipy.stats import norm

from plimsoll.core import Side


def lean(*, up: pd.Series, down: pd.Series, trusted: pd.Series) -> pd.Series:
    """Return the probability of up less that of down, −1 to 1; 0 where it is not trusted.

    A missing probability is no forecast and leans to neither side.
    """
    return (up - down).where(trusted, 0.0).fillna(0.0)


def lean_of_return(
    forecast: pd.Series, *, error: pd.Series, threshold: float, trusted: pd.Series
) -> pd.Series:
    """Return the lean of a forecast return: how much likelier up is than down, −1 to 1.

    Up and down are returns beyond ``threshold`` (a fraction) either way, by a normal distribution
    around the forecast with the deviation ``error``, that of the model on rows that tested it. 0
    where it is not trusted, and where either is missing or the error is not above 0.
    """
    spread = error.where(error > 0)
    up = norm.cdf((forecast - threshold) / spread)
    down = norm.cdf((-threshold - forecast) / spread)
    return pd.Series(up - down, index=forecast.index).where(trusted, 0.0).fillna(0.0)


def leans(*, side: Side, lean: pd.Series, least: float) -> pd.Series:
    """Return where a forecast leans to a side by ``least`` or more."""
    return lean * side.sign >= least


def turned(*, side: Side, lean: pd.Series) -> pd.Series:
    """Return where a forecast no longer leans to a side; so does no forecast at all."""
    return lean * side.sign <= 0


def call_results(
    *, lean: pd.Series, close: pd.Series, horizon_candles: int, least: float
) -> pd.Series:
    """Return 1 where a call has come right, 0 where it was wrong, NaN where none fell due.

    A call is a candle whose lean was ``least`` or more, either way. It falls due, and its result
    is known, ``horizon_candles`` later; it is right when the close has moved that way. A close
    that has not moved is wrong.
    """
    called = lean.where(lean.abs() >= least).shift(horizon_candles)
    moved = close / close.shift(horizon_candles) - 1
    right = pd.Series(np.sign(called) == np.sign(moved), index=lean.index, dtype="float64")
    return right.where(called.notna() & moved.notna())


def recent_calls(results: pd.Series, *, latest: int) -> pd.DataFrame:
    """Return ``right`` and ``calls`` among the latest results, known on each candle.

    Both are 0 before the first result.
    """
    known = results.dropna()
    window = known.rolling(latest, min_periods=1)
    counted = pd.DataFrame({"right": window.sum(), "calls": window.count()})
    return counted.reindex(results.index).ffill().fillna(0.0)
