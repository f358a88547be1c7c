"""What an order that takes pays for the book it meets."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median

from plimsoll.core import PlimsollError
from plimsoll.risk.costs import BPS

Levels = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class TakingCosts:
    """Costs of one fill in basis points of the mid price."""

    spread_bps: float
    slippage_bps: float


def taking_costs(
    bids: Levels, asks: Levels, *, order_usd: float, contract_size: float = 1.0
) -> TakingCosts:
    """Measure what an order of a size pays on the dearer side of a book.

    The spread costs half of itself: from the mid price to the best. Slippage is from the best
    price to the mean price of the fill, through the levels (price and amount, the best first).

    Raises
    ------
    PlimsollError
        When a side is empty or crossed, or has too little for the order.
    """
    if not bids or not asks or not 0 < float(bids[0][0]) <= float(asks[0][0]):
        raise PlimsollError("expected an order book with two sides that do not cross")
    bid, ask = float(bids[0][0]), float(asks[0][0])
    middle = (bid + ask) / 2
    means = [_mean_price(side, order_usd, contract_size) for side in (bids, asks)]
    slippage = max(bid - means[0], means[1] - ask) / middle
    return TakingCosts((ask - bid) / 2 / middle * BPS, max(0.0, slippage) * BPS)


def typical(looks: Sequence[TakingCosts]) -> TakingCosts:
    """Return the medians of several looks at a book; one odd look does not count."""
    return TakingCosts(
        median(one.spread_bps for one in looks), median(one.slippage_bps for one in looks)
    )


def _mean_price(side: Levels, order_usd: float, contract_size: float) -> float:
    left, coins = order_usd, 0.0
    for price, amount, *_ in side:
        offered = float(price) * float(amount) * contract_size
        if not isfinite(offered) or offered < 0:
            raise PlimsollError(f"expected amounts in the order book, found {amount}")
        taken = min(left, offered)
        coins += taken / float(price)
        left -= taken
        if left <= 0:
            return order_usd / coins
    raise PlimsollError(
        f"the order book holds {order_usd - left:,.0f} USD on a side, {order_usd:,.0f} are wanted"
    )
