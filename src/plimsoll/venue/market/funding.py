"""Binance's funding rate from the premium over the index.

Source: Binance, "Introduction to Binance Futures Funding Rates": the average premium of the
interval weighs its n-th minute n-fold, F = P + clamp(I − P, −0.05 %, 0.05 %), then the cap of
the contract. The interest rate I is 0.01 % for eight hours.
"""

import numpy as np

from plimsoll.venue.market.base import Floats
from plimsoll.venue.market.intervals import HOUR_MS

FUNDING_INTERVAL_MS = 8 * HOUR_MS
INTEREST_RATE = 0.0001
CLAMP = 0.0005
RATE_DECIMALS = 8


def average_premium(premiums: Floats) -> float:
    """Return the mean of minute premiums in order of time, the n-th weighted n-fold."""
    weights = np.arange(1, len(premiums) + 1, dtype=np.float64)
    return float(np.sum(premiums * weights) / np.sum(weights))


def funding_rate(premiums: Floats, cap_fraction: float) -> float:
    """Return the rate for an interval whose minute premiums are given, shape (minutes,)."""
    if len(premiums) == 0:
        return INTEREST_RATE
    average = average_premium(premiums)
    rate = average + float(np.clip(INTEREST_RATE - average, -CLAMP, CLAMP))
    return round(float(np.clip(rate, -cap_fraction, cap_fraction)), RATE_DECIMALS)
