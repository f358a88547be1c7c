"""What a market will do besides rise or fall: how wildly, in which way, and with whose money."""

import numpy as np
import pandas as pd

from plimsoll.core import PlimsollError
from plimsoll.labels.direction import future_return, require_horizon

BULL, BEAR, SIDEWAYS, CRASH = "bull", "bear", "sideways", "crash"


def forward_volatility(close: pd.Series, *, horizon_candles: int) -> pd.Series:
    """Return the root mean square of the log returns of the next candles, per candle.

    NaN in the last ``horizon_candles`` rows and where a close of the row or of its horizon is
    missing or not above 0. Around 0 rather than around the mean: over a few candles a mean is
    noise.

    Notes
    -----
    Andersen and Bollerslev (1998), Answering the skeptics, eq. 4 (realised volatility), divided
    by the number of returns.
    """
    require_horizon(horizon_candles)
    squares = _log_returns(close) ** 2
    return squares.rolling(horizon_candles).mean().shift(-horizon_candles) ** 0.5


def future_regime(
    close: pd.Series,
    *,
    horizon_candles: int,
    least_efficiency: float = 0.3,
    crash_fraction: float = 0.1,
) -> pd.Series:
    """Return ``bull``, ``bear``, ``sideways`` or ``crash``: what the next candles will be.

    ``crash`` where a close of the horizon lies ``crash_fraction`` or more below the row's.
    Otherwise ``bull`` or ``bear``, by the sign of the move, where the horizon's efficiency ratio
    (net move over the sum of all moves, of log closes) is ``least_efficiency`` or more, else
    ``sideways``. Missing in the last rows and where a close is missing or not above 0.

    Notes
    -----
    Kaufman (1995), Smarter Trading, chapter 7 (efficiency ratio).
    """
    require_horizon(horizon_candles)
    if not (0 <= least_efficiency <= 1 and 0 < crash_fraction < 1):
        raise PlimsollError(
            "expected an efficiency between 0 and 1 and a crash above 0 and below 1, found "
            f"{least_efficiency} and {crash_fraction}"
        )
    known = close.where(close > 0)
    moves = _log_returns(close)
    path = moves.abs().rolling(horizon_candles).sum().shift(-horizon_candles)
    net = np.log1p(future_return(close, horizon_candles=horizon_candles))
    deepest = known.rolling(horizon_candles).min().shift(-horizon_candles) / known - 1
    straight = net.abs() >= least_efficiency * path.where(path > 0)
    names = np.select(
        [deepest <= -crash_fraction, straight & (net > 0), straight & (net < 0)],
        [CRASH, BULL, BEAR],
        default=SIDEWAYS,
    )
    return pd.Series(names, index=close.index, dtype="object").where(path.notna() & net.notna())


def future_interest_change(open_interest: pd.Series, *, horizon_candles: int) -> pd.Series:
    """Return the change of open interest over the next candles, as a fraction.

    NaN in the last ``horizon_candles`` rows and where either value is missing or not above 0.
    """
    return future_return(open_interest, horizon_candles=horizon_candles)


def _log_returns(close: pd.Series) -> pd.Series:
    logs: pd.Series = np.log(close.where(close > 0))
    return logs.diff()
