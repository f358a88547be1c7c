"""Spot orders against the price path: what fills or triggers, and when.

Lazy and exact as `matching` is: `advance` walks the paths since the last call in order of time. A
resting limit fills at its price when the last price reaches it, with at most a share of each finest
candle's volume; market orders and conditional ones that trigger take what the book shows, level by
level.
"""

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal

from plimsoll.venue.account.offered import PARTICIPATION_FRACTION, Offered
from plimsoll.venue.account.spot_wallet import (
    CANCEL_REJECTED,
    NOTHING,
    REJECTED,
    SpotOrder,
    SpotWallet,
)
from plimsoll.venue.account.walking import Path, last_and_mark, path_between
from plimsoll.venue.errors import ApiError
from plimsoll.venue.market.base import Market
from plimsoll.venue.market.book import Book
from plimsoll.venue.market.spot_filters import SpotFilters, spot_filters

BookAt = Callable[[str, int], Book]
Taken = list[tuple[Decimal, Decimal]]
"""Price and quantity of each level."""
MARKET, MAKER = "MARKET", "LIMIT_MAKER"


class SpotMatching:
    """The orders of one spot account and the walk along the paths."""

    def __init__(self, market: Market, wallet: SpotWallet, book_at: BookAt, start_ms: int) -> None:
        self.wallet = wallet
        self._market = market
        self._book_at = book_at
        self._now_ms = start_ms
        self._offered = Offered(market, PARTICIPATION_FRACTION)
        self._resume_ms: dict[int, int] = {}

    def filters(self, symbol: str) -> SpotFilters:
        """Return the filters of a coin."""
        return spot_filters(self._market.specs[symbol])

    def advance(self, now_ms: int) -> None:
        """Fill and trigger along the paths up to `now_ms`."""
        start_ms = self._now_ms
        if now_ms <= start_ms:
            return
        symbols = sorted({order.symbol for order in self.wallet.open_orders()})
        paths = {one: path_between(self._market, one, start_ms, now_ms) for one in symbols}
        at = float(start_ms)
        while (first := self._next(paths, at)) is not None:
            at, order = first[0], self.wallet.orders[first[1]]
            self._meet(order, round(at))
        self._now_ms = now_ms

    def _next(self, paths: dict[str, Path], from_ms: float) -> tuple[float, int] | None:
        """Return when the first order is reached from the instant on, and its id."""
        reached = []
        for order in self.wallet.open_orders():
            start = max(from_ms, self._resume_ms.get(order.id, 0))
            level, below = float(order.level), order.waits_below
            at = paths[order.symbol].when_last(level, start, below=below)
            if at is not None:
                reached.append((at, order.id))
        return min(reached, default=None)

    def _meet(self, order: SpotOrder, at_ms: int) -> None:
        if not order.is_working:
            order.working_ms = order.updated_ms = at_ms
            self._take(order, self._from_book(order, at_ms), at_ms)
        elif not self._fill_resting(order, at_ms):
            finest = self._market.finest(order.symbol)
            self._resume_ms[order.id] = finest.close_ms(finest.open_ms(at_ms))

    def _fill_resting(self, order: SpotOrder, at_ms: int) -> bool:
        """Fill a resting order that was reached; False when its candle has no volume left."""
        offered = Decimal(repr(self._offered.left(order.symbol, at_ms, self.wallet.fills)))
        quantity = order.left
        if offered < quantity:
            quantity = whole_steps(offered, self.filters(order.symbol).step)
        if not quantity > NOTHING:
            return False
        self.wallet.fill(order, order.price, quantity, at_ms, is_maker=True)
        return True

    def submit(self, order: SpotOrder, now_ms: int, share: float = 1.0) -> SpotOrder:
        """Accept an order: conditional ones wait, others take from the book, then rest.

        Raises `ApiError` as Binance refuses: no funds, a stop that would trigger, a post-only that
        would take. Returns the order as it stands afterwards. With a ``share`` below 1 the book has
        only that much of what it would take.
        """
        if order.is_conditional:
            last = Decimal(repr(last_and_mark(self._market, order.symbol, now_ms)[0]))
            level = order.stop_price
            if (last <= level) if order.waits_below else (last >= level):
                raise ApiError(REJECTED, "Stop price would trigger immediately.")
            return self.wallet.accept(order, self._needed(order, []))
        taken = self._from_book(order, now_ms)
        if order.kind == MAKER and taken:
            raise ApiError(REJECTED, "Order would immediately match and take.")
        if order.quote_quantity:
            order.quantity = _quantity(taken)
        if share < 1.0:
            step = self.filters(order.symbol).step
            taken = _at_most(taken, whole_steps(_quantity(taken) * Decimal(repr(share)), step))
        order.working_ms = now_ms
        self.wallet.accept(order, self._needed(order, taken))
        return self._take(order, taken, now_ms)

    def _needed(self, order: SpotOrder, taken: Taken) -> Decimal:
        """Return what the order locks of what it pays with."""
        if not order.buys:
            return order.quantity
        if order.kind == MARKET:
            return sum((price * quantity for price, quantity in taken), NOTHING)
        return order.price * order.quantity

    def _take(self, order: SpotOrder, taken: Taken, now_ms: int) -> SpotOrder:
        """Fill what the book gives; expire the remainder of what may not rest."""
        for price, quantity in taken:
            self.wallet.fill(order, price, quantity, now_ms, is_maker=False)
        if order.is_open and (order.kind == MARKET or order.time_in_force in ("IOC", "FOK")):
            self.wallet.end(order, "EXPIRED", now_ms)
        return order

    def _from_book(self, order: SpotOrder, now_ms: int) -> Taken:
        """Return what the book gives the order, best level first, none beyond its limit."""
        book, filters = self._book_at(order.symbol, now_ms), self.filters(order.symbol)
        prices, sizes = (
            (book.ask_prices, book.ask_sizes) if order.buys else (book.bid_prices, book.bid_sizes)
        )
        left, quote, taken = order.left, order.quote_quantity, Taken()
        for number, size in zip(prices.tolist(), sizes.tolist(), strict=True):
            price = Decimal(f"{number:.{filters.price_decimals}f}")
            if order.price and (price > order.price if order.buys else price < order.price):
                break
            wanted = whole_steps(quote / price, filters.step) if order.quote_quantity else left
            quantity = min(wanted, Decimal(f"{size:.8f}"))
            if not quantity > NOTHING:
                break
            taken.append((price, quantity))
            left, quote = left - quantity, quote - price * quantity
        if order.time_in_force == "FOK" and _quantity(taken) < order.left:
            return []
        return taken

    def cancel(self, order: SpotOrder, now_ms: int) -> SpotOrder:
        """Cancel an open order; raises `ApiError` when it is no longer open."""
        if not order.is_open:
            raise ApiError(CANCEL_REJECTED, "Unknown order sent.")
        return self.wallet.end(order, "CANCELED", now_ms)

    def expire(self, order: SpotOrder, now_ms: int) -> SpotOrder:
        """Accept an order and let it expire with nothing filled."""
        order.working_ms = now_ms
        self.wallet.accept(order, NOTHING)
        return self.wallet.end(order, "EXPIRED", now_ms)

    def close(self, symbol: str, now_ms: int) -> None:
        """End a coin's trading: its open orders expire, what is held of it stays."""
        for order in self.wallet.open_orders(symbol):
            self.wallet.end(order, "EXPIRED", now_ms)


def whole_steps(quantity: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of the step that is not above the quantity."""
    return (quantity / step).to_integral_value(ROUND_FLOOR) * step


def _quantity(taken: Taken) -> Decimal:
    return sum((quantity for _, quantity in taken), NOTHING)


def _at_most(taken: Taken, most: Decimal) -> Taken:
    """Return the best levels up to a quantity."""
    kept = Taken()
    for price, quantity in taken:
        part = min(quantity, most - _quantity(kept))
        if part > NOTHING:
            kept.append((price, part))
    return kept
