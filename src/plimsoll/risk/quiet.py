"""When an account is surely calm: a cheap test that spares asking every guard.

A backtest looks at its account once a candle, and on nearly all of them nothing can happen.
These bounds are necessary conditions of the loss and liquidation guards; a property test holds
them to the guards themselves.
"""

from math import inf

from plimsoll.risk.denial import positive
from plimsoll.risk.profile import RiskProfile

MARGIN = 1e-6
"""Relative distance kept from a limit, so that rounding never hides a breach."""


def loss_floor_usd(
    day_start_usd: float | None, high_water_usd: float | None, profile: RiskProfile
) -> float:
    """Return the equity above which neither the daily loss nor the drawdown closes anything.

    Infinity when a level is unknown: then no equity is surely calm.
    """
    if not positive(day_start_usd) or not positive(high_water_usd):
        return inf
    daily = day_start_usd * profile.max_daily_loss_fraction
    if profile.max_daily_loss_usd is not None:
        daily = min(daily, profile.max_daily_loss_usd)
    halt = high_water_usd * (1 - profile.drawdown_halt_fraction)
    return max(day_start_usd - daily, halt) + high_water_usd * MARGIN


def liquidation_is_far(
    mark: float,
    liquidation_price: float | None,
    *,
    sign: int,
    leverage: float,
    profile: RiskProfile,
) -> bool:
    """Return whether a position is surely farther from its liquidation than the limit."""
    if liquidation_price is None:
        return leverage <= 1
    if not (mark > 0 and -inf < liquidation_price < inf):
        return False
    distance = (mark - liquidation_price) * sign / mark
    return distance > profile.min_liquidation_distance_fraction * (1 + MARGIN)
