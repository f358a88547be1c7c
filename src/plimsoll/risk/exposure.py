"""What an account has at stake, and what an entry would add to it."""

from plimsoll.core import AccountSnapshot, EntryRequest
from plimsoll.risk.denial import known, positive


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


def heat_usd(account: AccountSnapshot, pair: str | None = None) -> float | None:
    """Return what all stops would cost, or those of one pair; ``None`` when unknown."""
    if account.positions is None:
        return None
    total = 0.0
    for position in account.positions:
        if pair is None or position.pair == pair:
            risk = position.risk_usd
            if not known(risk):
                return None
            total += risk
    return total


def loss_at_stop_fraction(price: float, stop: float, *, sign: int, fill_cost: float) -> float:
    """Return the loss of a position at its stop, fees of both fills included, per notional.

    For an amount bought (``sign`` 1) or sold (-1) at ``price`` and closed at ``stop``, with a
    cost of ``fill_cost`` of the notional of each fill::

        loss / (amount * price) = (sign * (price - stop) + fill_cost * (price + stop)) / price
    """
    return (sign * (price - stop) + fill_cost * (price + stop)) / price


def entry_risk_usd(request: EntryRequest) -> float | None:
    """Return what the entry loses at its stop, fees included: the whole stake without a stop.

    ``None`` when a number of the request is missing, not finite or not positive, or when the
    stop is not on the losing side of the price.
    """
    return stake_risk_usd(request, request.stake_usd)


def stake_risk_usd(request: EntryRequest, stake_usd: float) -> float | None:
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
    return notional * loss_at_stop_fraction(price, stop, sign=sign, fill_cost=cost)
