"""Stop, target and trailing levels from the average true range (ATR)."""

from dataclasses import dataclass
from math import isfinite

from plimsoll.core import Side
from plimsoll.risk.profile import RiskProfile


@dataclass(frozen=True, slots=True)
class Levels:
    """Where a trade is closed: at a loss and at a profit."""

    stop_price: float
    target_price: float


def atr_levels(price: float, atr: float, side: Side, profile: RiskProfile) -> Levels:
    """Return stop and target at the profile's multiples of ATR from the entry price.

    Raises
    ------
    ValueError
        When price or ATR is not finite and positive, or a level would not be above 0.
    """
    _check(price, atr)
    levels = Levels(
        price - side.sign * profile.stop_atr * atr, price + side.sign * profile.target_atr * atr
    )
    if min(levels.stop_price, levels.target_price) <= 0:
        message = f"expected levels above 0, found {levels} at price {price} and ATR {atr}"
        raise ValueError(message)
    return levels


def trailing_stop(
    best_price: float, atr: float, side: Side, profile: RiskProfile, *, current_stop: float | None
) -> float:
    """Return the stop behind the best price since the entry; it never loosens.

    ``best_price`` is the highest price of a long and the lowest of a short since the entry,
    ``current_stop`` the stop in force, ``None`` when there is none yet.

    Raises
    ------
    ValueError
        When a number is not finite and positive.
    """
    _check(best_price, atr)
    trailed = best_price - side.sign * profile.trail_atr * atr
    if current_stop is None:
        return trailed
    _check(current_stop, atr)
    return max(trailed, current_stop) if side is Side.LONG else min(trailed, current_stop)


def _check(price: float, atr: float) -> None:
    if not (isfinite(price) and isfinite(atr) and price > 0 and atr > 0):
        message = f"expected a price and an ATR that are finite and above 0, found {price}, {atr}"
        raise ValueError(message)
