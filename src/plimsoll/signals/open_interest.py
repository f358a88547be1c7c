"""What open interest says of a move of the price: opened with it, or closed by force."""

from math import sqrt

import numpy as np
import pandas as pd

from plimsoll.core import Side

DIVERGENCE = 1.0


def standardised_move(values: pd.Series, *, over: int, window: int) -> pd.Series:
    """Return the log change over ``over`` candles in deviations of such a change.

    The deviation is the sample deviation of the one-candle log changes of the latest ``window``
    candles, times the root of ``over``. NaN with fewer than two thirds of them, for values that
    are missing or not above zero, and while nothing moves.
    """
    known = values.where(values > 0)
    logs = pd.Series(np.log(known.to_numpy("float64")), index=values.index)
    spread = logs.diff().rolling(window, min_periods=window * 2 // 3).std()
    return (logs - logs.shift(over)) / (spread.where(spread > 0) * sqrt(over))


def build_up(
    *, side: Side, price_move: pd.Series, interest_move: pd.Series, least: float
) -> pd.Series:
    """Return where price and open interest grow together: new money confirms the move.

    Sources: Murphy (1999), chapter 7; Hong & Yogo (2012). NaN is False.
    """
    return (price_move * side.sign > least) & (interest_move > least)


def flush(
    *, side: Side, price_move: pd.Series, interest_move: pd.Series, least: float
) -> pd.Series:
    """Return where positions of the other side's holders were closed by force: a side to enter.

    Price and open interest fall together before a long. Source: Soska et al. (2021). NaN is
    False.
    """
    return (price_move * side.sign < -least) & (interest_move < -least)


def build_up_ended(*, side: Side, price_move: pd.Series, interest_move: pd.Series) -> pd.Series:
    """Return where a build-up is over: the move turned, interest fell, or left a rally alone."""
    diverged = (price_move * side.sign > DIVERGENCE) & (interest_move < -DIVERGENCE)
    return (price_move * side.sign < 0) | (interest_move < 0) | diverged
