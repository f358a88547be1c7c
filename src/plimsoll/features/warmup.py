"""How long a recursive average remembers."""

from math import ceil, log

FORGOTTEN = 0.001


def ema_lookback_candles(period: float) -> int:
    """Return after how many candles an EMA has forgotten its start to one part in a thousand.

    The weight left after n candles is (1 - 2 / (period + 1)) ** n.
    """
    return ceil(log(FORGOTTEN) / log(1 - 2 / (period + 1)))


def wilder_lookback_candles(period: float) -> int:
    """Return the same for Wilder's smoothing, whose weight left is (1 - 1 / period) ** n."""
    return ceil(log(FORGOTTEN) / log(1 - 1 / period))
