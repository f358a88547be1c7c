"""What an account has at stake, and what an entry would add to it."""

from plimsoll.core import AccountSnapshot, EntryRequest, Position
from plimsoll.risk.denial import known, positive
from plimsoll.risk.profile import RiskProfile


def exposure_usd(account: AccountSnapshot, pair: str | None = None) -> float | None:
    """Return the notional of all open positions, or of one pair's; ``None`` when unknown."""
    if account.positions is None:
        return None
    total = 0.0
    for position in account.positions:
        if pair is None or position.pair == pair:
            notional = position.notional_usd
            if not known(notional) or notional < 0:
                return None
            total += notional
    return total


def heat_usd(
    account: AccountSnapshot, profile: RiskProfile, pair: str | None = None
) -> float | None:
    """Return what all stops would cost, or those of one pair; ``None`` when unknown."""
    if account.positions is None:
        return None
    total = 0.0
    for position in account.positions:
        if pair is None or position.pair == pair:
            risk = position_heat_usd(position, profile)
            if not known(risk):
                return None
            total += risk
    return total


def position_heat_usd(position: Position, profile: RiskProfile) -> float | None:
    """Return what a position's stop would cost; ``None`` when unknown.

    A stop farther away than ``breaker_stop_fraction`` counts at that distance; without a stop the
    whole margin does.
    """
    risk, widest = position.risk_usd, profile.breaker_stop_fraction
    if not known(risk) or position.stop_price is None or widest >= 1:
        return risk
    return min(risk, position.notional_usd * widest)


def counted_stop_price(price: float, stop: float, *, sign: int, profile: RiskProfile) -> float:
    """Return the stop that a new position's risk is counted by: the breaker's, where it is nearer.

    ``sign`` is 1 for a long position and -1 for a short one.
    """
    widest = profile.breaker_stop_fraction
    if widest >= 1 or sign * (price - stop) <= price * widest:
        return stop
    return price * (1 - sign * widest)


def loss_at_stop_fraction(price: float, stop: float, *, sign: int, fill_cost: float) -> float:
    """Return the loss of a position at its stop, fees of both fills included, per notional.

    For an amount bought (``sign`` 1) or sold (-1) at ``price`` and closed at ``stop``, with a
    cost of ``fill_cost`` of the notional of each fill::

        loss / (amount * price) = (sign * (price - stop) + fill_cost * (price + stop)) / price
    """
    return (sign * (price - stop) + fill_cost * (price + stop)) / price


def entry_risk_usd(request: EntryRequest, profile: RiskProfile) -> float | None:
    """Return what the entry loses at its stop, fees included: the whole stake without a stop.

    ``None`` when a number of the request is missing, not finite or not positive, or when the
    stop is not on the losing side of the price.
    """
    return stake_risk_usd(request, request.stake_usd, profile)


def stake_risk_usd(request: EntryRequest, stake_usd: float, profile: RiskProfile) -> float | None:
    """Return what a stake loses at the stop of a request, whose own stake plays no part.

    ``None`` as for `entry_risk_usd`.
    """
    price, stop, cost = request.price, request.stop_price, request.fill_cost_fraction
    if not (positive(stake_usd) and positive(request.leverage) and positive(price)):
        return None
    if not known(cost) or cost < 0:
        return None
    notional = stake_usd * request.leverage
    if stop is None:
        return stake_usd + notional * cost
    sign = request.side.sign
    if not positive(stop) or (price - stop) * sign <= 0:
        return None
    stop = counted_stop_price(price, stop, sign=sign, profile=profile)
    return notional * loss_at_stop_fraction(price, stop, sign=sign, fill_cost=cost)
