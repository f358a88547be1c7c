"""How much of an order the book fills, level by level. Pure."""

import math
from dataclasses import dataclass

from plimsoll.venue.account.positions import AMOUNT_DECIMALS, AMOUNT_TOLERANCE
from plimsoll.venue.market.book import Book

MARKET_BOUND_FRACTION = 0.05
"""How far from the mark price a market order fills at most (`marketTakeBound`).

Source: Binance, USDⓈ-M futures, market data, "Exchange Information".
"""
_CLOSE_TO_A_STEP = 1e-6


@dataclass(frozen=True)
class Part:
    """What one level of the book fills."""

    price: float
    quantity: float


def take_from_book(book: Book, side: str, quantity: float, limit: float | None) -> list[Part]:
    """Return what an order takes, best level first, no level worse than `limit` (None: any)."""
    buys = side == "BUY"
    prices = book.ask_prices if buys else book.bid_prices
    sizes = book.ask_sizes if buys else book.bid_sizes
    parts: list[Part] = []
    left = quantity
    for price, size in zip(prices.tolist(), sizes.tolist(), strict=True):
        if left <= AMOUNT_TOLERANCE:
            break
        if limit is not None and (price > limit if buys else price < limit):
            break
        parts.append(Part(price, min(size, left)))
        left = round(left - parts[-1].quantity, AMOUNT_DECIMALS)
    return parts


def part_of(parts: list[Part], share: float, step: float, decimals: int) -> list[Part]:
    """Return the best levels of what an order would take, up to a share of it, in whole steps."""
    left, kept = whole_steps(filled(parts) * share, step, decimals), []
    for part in parts:
        if left > AMOUNT_TOLERANCE:
            kept.append(Part(part.price, min(part.quantity, left)))
            left = round(left - kept[-1].quantity, AMOUNT_DECIMALS)
    return kept


def filled(parts: list[Part]) -> float:
    """Return the quantity of all parts."""
    return round(sum(part.quantity for part in parts), AMOUNT_DECIMALS)


def market_limit(side: str, mark: float) -> float:
    """Return the price beyond which a market order does not fill."""
    bound = MARKET_BOUND_FRACTION if side == "BUY" else -MARKET_BOUND_FRACTION
    return mark * (1.0 + bound)


def whole_steps(quantity: float, step: float, decimals: int) -> float:
    """Return the largest multiple of the step that is not above the quantity."""
    return round(math.floor(quantity / step + _CLOSE_TO_A_STEP) * step, decimals)
