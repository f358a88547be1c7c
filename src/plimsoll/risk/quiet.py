"""When an account is surely calm: a cheap test that spares asking every guard.

A backtest looks at its account once a candle, and on nearly all of them nothing can happen.
These bounds are necessary conditions of the loss and liquidation guards; a property test holds
them to the guards themselves.
"""

from math import inf

from plimsoll.risk.denial import positive
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.rearming import terminal_floor_usd

MARGIN = 1e-6
"""Relative distance kept from a limit, so that rounding never hides a breach."""


def loss_floor_usd(
    day_start_usd: float | None,
    high_water_usd: float | None,
    profile: RiskProfile,
    *,
    peak_usd: float | None = None,
    accepted: bool = False,
) -> float:
    """Return the equity above which neither the daily loss nor a drawdown closes anything.

    ``peak_usd`` is the highest equity ever, by default the high-water mark; ``accepted`` says
    that its terminal drawdown no longer halts. Infinity when a level is unknown: then no equity
    is surely calm.
    """
    if not positive(day_start_usd) or not positive(high_water_usd):
        return inf
    daily = day_start_usd * profile.max_daily_loss_fraction
    if profile.max_daily_loss_usd is not None:
        daily = min(daily, profile.max_daily_loss_usd)
    halt = high_water_usd * (1 - profile.drawdown_halt_fraction)
    peak = high_water_usd if peak_usd is None else peak_usd
    terminal = terminal_floor_usd(peak, profile, accepted=accepted)
    return max(day_start_usd - daily, halt, terminal) + max(peak, high_water_usd) * MARGIN


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


def calm_marks(
    mark: float,
    liquidation_price: float | None,
    *,
    sign: int,
    leverage: float,
    usd_a_point: float,
    fall_usd: float,
    rise_usd: float,
    profile: RiskProfile,
) -> tuple[float, float] | None:
    """Return between which marks a position's profit and liquidation leave the guards silent.

    ``sign`` is +1 for a long position and -1 for a short one, ``usd_a_point`` the most that its
    profit moves when the mark moves by 1. Its profit may fall by ``fall_usd`` from here before
    equity meets its floor (`loss_floor_usd`), and rise by ``rise_usd`` before equity is a new
    high: the position's share of what the account has.

    Returns
    -------
    The lowest and the highest such mark, both excluded; ``None`` when there are none, or when a
    number is not finite.
    """
    room = MARGIN * abs(mark) * usd_a_point
    if not (usd_a_point > 0 and room < fall_usd < inf and room < rise_usd < inf):
        return None
    if not liquidation_is_far(
        mark, liquidation_price, sign=sign, leverage=leverage, profile=profile
    ):
        return None
    below, above = (fall_usd, rise_usd) if sign > 0 else (rise_usd, fall_usd)
    lowest, highest = mark - (below - room) / usd_a_point, mark + (above - room) / usd_a_point
    if liquidation_price is not None:
        limit = profile.min_liquidation_distance_fraction * (1 + MARGIN)
        if sign > 0:
            if not limit < 1:
                return None
            lowest = max(lowest, liquidation_price / (1 - limit) * (1 + MARGIN))
        else:
            highest = min(highest, liquidation_price / (1 + limit) * (1 - MARGIN))
    return (max(lowest, 0.0), highest) if lowest < mark < highest else None
