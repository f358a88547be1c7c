"""Orders against the price path: what fills, triggers or is liquidated, and when.

Matching is lazy and exact: `advance` walks the path since the last call, so the result does
not depend on how often it is called. A resting limit fills whole at its price when the
last price reaches it; market and triggered orders take what the book shows at that instant.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from plimsoll.venue.account.ledger import AMOUNT_TOLERANCE, Account
from plimsoll.venue.errors import ApiError
from plimsoll.venue.market.base import Floats, Ints, Market, Window
from plimsoll.venue.market.book import Book

BookAt = Callable[[str, int], Book]
OPEN_STATES = ("NEW", "PARTIALLY_FILLED")
CONDITIONAL_KINDS = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET")
FIRST_ORDER_ID = 1_000_001
# ccxt knows the USD-M codes (-2019, -2022, -4164, -5022) by Binance's host name only. On another
# host it reads the table shared by all markets; these lead to the same exceptions there.
ORDER_REJECTED = -2010
NO_FUNDS = "Account has insufficient balance for requested action."


@dataclass
class Order:
    """One order; a conditional one (Binance: algo order) places a child when it triggers."""

    id: int
    client_id: str
    symbol: str
    side: str
    kind: str
    quantity: float
    price: float
    trigger_price: float
    time_in_force: str
    reduce_only: bool
    close_position: bool
    working_type: str
    created_ms: int
    updated_ms: int
    status: str = "NEW"
    executed: float = 0.0
    quote_usd: float = 0.0
    child_id: int = 0
    position_side: str = "BOTH"

    @property
    def is_conditional(self) -> bool:
        """Whether it waits for a trigger price."""
        return self.kind in CONDITIONAL_KINDS

    @property
    def is_open(self) -> bool:
        """Whether it can still fill or trigger."""
        return self.status in OPEN_STATES

    @property
    def level(self) -> float:
        """The price that it waits for."""
        return self.trigger_price if self.is_conditional else self.price

    @property
    def waits_below(self) -> bool:
        """Whether it acts when the price falls to its level, else when it rises to it."""
        buys = self.side == "BUY"
        return not buys if self.kind.startswith("STOP") else buys


class Matching:
    """The orders of one account and the walk along the path."""

    def __init__(self, market: Market, account: Account, book_at: BookAt, start_ms: int) -> None:
        self.account = account
        self.orders: dict[int, Order] = {}
        self._market = market
        self._book_at = book_at
        self._now_ms = start_ms

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        """Return open orders, oldest first, of one contract or all."""
        return [
            order
            for order in self.orders.values()
            if order.is_open and symbol in (None, order.symbol)
        ]

    def next_id(self) -> int:
        """Return the id that the next order gets."""
        return FIRST_ORDER_ID + len(self.orders)

    def advance(self, now_ms: int) -> None:
        """Fill, trigger, liquidate and charge funding along the path up to `now_ms`."""
        if now_ms <= self._now_ms:
            return
        exposed = {order.symbol for order in self.open_orders()}
        exposed |= {
            p.symbol for p in self.account.positions.values() if abs(p.amount) > AMOUNT_TOLERANCE
        }
        for symbol in sorted(exposed):
            self._walk(symbol, self._now_ms, now_ms)
        self._now_ms = now_ms

    def _walk(self, symbol: str, start_ms: int, end_ms: int) -> None:
        payments = self._market.funding(symbol, Window(start_ms + 1, end_ms, 1000), end_ms)
        due = {int(row["time_ms"]): row for row in payments}
        times = self._times(symbol, start_ms, end_ms, list(due))
        prices = self._prices(symbol, times)
        for index in range(1, len(times)):
            span = (int(times[index - 1]), int(times[index]))
            self._segment(symbol, span, (float(prices[index - 1]), float(prices[index])))
            payment = due.get(span[1])
            if payment is not None:
                mark = float(payment["mark"]) or float(prices[index])
                self.account.pay_funding(symbol, float(payment["rate"]), mark, span[1])

    def _times(self, symbol: str, start_ms: int, end_ms: int, due: list[int]) -> Ints:
        """Return the instants at which the path may bend, with both ends."""
        third = self._market.finest(symbol).ms // 3
        grid = np.arange((start_ms // third + 1) * third, end_ms, third)
        knots = self._market.overlay.knots_between(symbol, start_ms, end_ms)
        return np.unique(np.array([start_ms, *grid.tolist(), *knots, *due, end_ms], np.int64))

    def _prices(self, symbol: str, times: Ints) -> Floats:
        logs = self._market.log_path(symbol, times)
        bent = self._market.overlay.price(symbol, times, logs)
        decimals = self._market.specs[symbol].price_decimals
        return np.round(np.exp(bent), decimals).astype(np.float64)

    def _segment(self, symbol: str, span: tuple[int, int], ends: tuple[float, float]) -> None:
        """Apply what a straight stretch of the path reaches, in the order in which it does."""
        price, last = ends
        while True:
            reached = self._next_reached(symbol, price, last)
            if reached is None:
                return
            distance, order = reached
            price += distance if last >= price else -distance
            whole = ends[1] - ends[0]
            share = (price - ends[0]) / whole if whole else 0.0
            at_ms = span[0] + round((span[1] - span[0]) * share)
            if order is None:
                self._liquidate(symbol, at_ms)
            elif order.is_conditional:
                self._trigger(order, at_ms)
            else:
                self._execute(order, order.price, self._fillable(order), at_ms, is_maker=True)

    def _next_reached(
        self, symbol: str, price: float, last: float
    ) -> tuple[float, Order | None] | None:
        """Return the nearest order reached, or None for a liquidation, with its distance."""
        candidates: list[tuple[float, int, Order | None]] = [
            (_distance(price, last, order.level, below=order.waits_below), 0, order)
            for order in self.open_orders(symbol)
        ]
        position = self.account.position(symbol)
        if position.liquidation_price > 0.0:
            below = position.amount > 0
            candidates.append(
                (_distance(price, last, position.liquidation_price, below=below), 1, None)
            )
        reached = [entry for entry in candidates if entry[0] <= abs(last - price)]
        if not reached:
            return None
        distance, _, order = min(reached, key=lambda entry: entry[:2])
        return distance, order

    def _liquidate(self, symbol: str, at_ms: int) -> None:
        self.account.liquidate(symbol, at_ms)
        for order in self.open_orders(symbol):
            order.status, order.updated_ms = "EXPIRED", at_ms

    def _trigger(self, order: Order, at_ms: int) -> None:
        order.status, order.updated_ms = "FINISHED", at_ms
        quantity = order.quantity
        if order.close_position:
            quantity = abs(self.account.position(order.symbol).amount)
        child = Order(
            id=self.next_id(),
            client_id=f"{order.client_id}-child",
            symbol=order.symbol,
            side=order.side,
            kind="MARKET" if order.kind.endswith("MARKET") else "LIMIT",
            quantity=quantity,
            price=order.price,
            trigger_price=0.0,
            time_in_force=order.time_in_force,
            reduce_only=order.reduce_only or order.close_position,
            close_position=False,
            working_type=order.working_type,
            created_ms=at_ms,
            updated_ms=at_ms,
        )
        order.child_id = child.id
        self.orders[child.id] = child
        try:
            self.take(child, at_ms)
        except ApiError:
            child.status = "REJECTED"

    def submit(self, order: Order, now_ms: int) -> Order:
        """Accept an order: conditional ones wait, others take from the book, then rest.

        Raises `ApiError` as Binance refuses: margin, reduce-only, a post-only that would take.
        """
        if order.is_conditional:
            price = float(self._prices(order.symbol, np.array([now_ms], np.int64))[0])
            if (price <= order.level) if order.waits_below else (price >= order.level):
                raise ApiError(-2021, "Order would trigger immediately.")
            self.orders[order.id] = order
            return order
        self.take(order, now_ms)
        self.orders[order.id] = order
        return order

    def take(self, order: Order, now_ms: int) -> None:
        """Fill what the book offers within the order's price; expire or rest the remainder."""
        quantity = self._fillable(order)
        if quantity <= AMOUNT_TOLERANCE:
            raise ApiError(ORDER_REJECTED, "ReduceOnly Order is rejected.")
        book = self._book_at(order.symbol, now_ms)
        buys = order.side == "BUY"
        prices = book.ask_prices if buys else book.bid_prices
        sizes = book.ask_sizes if buys else book.bid_sizes
        self._check_margin(order, quantity, float(prices[0]))
        taken, cost = 0.0, 0.0
        for price, size in zip(prices.tolist(), sizes.tolist(), strict=True):
            within = price <= order.price if buys else price >= order.price
            if order.kind == "LIMIT" and not within:
                break
            part = min(size, quantity - taken)
            taken, cost = taken + part, cost + part * price
            if quantity - taken <= AMOUNT_TOLERANCE:
                break
        if order.kind == "MARKET" and quantity - taken > AMOUNT_TOLERANCE:
            cost += (quantity - taken) * float(prices[-1])
            taken = quantity
        if order.time_in_force == "GTX" and taken > AMOUNT_TOLERANCE:
            text = (
                "Due to the order could not be executed as maker, the Post Only order is rejected."
            )
            raise ApiError(ORDER_REJECTED, text)
        if order.time_in_force == "FOK" and quantity - taken > AMOUNT_TOLERANCE:
            taken = 0.0
        if taken > AMOUNT_TOLERANCE:
            self._execute(order, cost / taken, taken, now_ms, is_maker=False)
        if order.is_open and order.time_in_force in ("IOC", "FOK"):
            order.status = "EXPIRED"

    def _fillable(self, order: Order) -> float:
        left = order.quantity - order.executed
        if not order.reduce_only:
            return left
        held = self.account.position(order.symbol).amount
        against = -held if order.side == "BUY" else held
        return min(left, max(against, 0.0))

    def _check_margin(self, order: Order, quantity: float, best: float) -> None:
        """Refuse an order whose opening part costs more than the free balance."""
        position = self.account.position(order.symbol)
        signed = quantity if order.side == "BUY" else -quantity
        closing = min(quantity, abs(position.amount)) if position.amount * signed < 0 else 0.0
        price = best if order.kind == "MARKET" else order.price
        needed = (quantity - closing) * price * (1.0 / position.leverage + 0.0005)
        if quantity - closing > AMOUNT_TOLERANCE and needed > self.free_usd():
            raise ApiError(-2019, NO_FUNDS)

    def free_usd(self) -> float:
        """Return the balance that neither a position nor a resting order holds."""
        held = sum(
            (order.quantity - order.executed)
            * order.price
            / self.account.position(order.symbol).leverage
            for order in self.open_orders()
            if order.kind == "LIMIT" and not order.reduce_only
        )
        return self.account.free_usd - held

    def _execute(
        self, order: Order, price: float, quantity: float, at_ms: int, *, is_maker: bool
    ) -> None:
        if quantity <= AMOUNT_TOLERANCE:
            order.status, order.updated_ms = "EXPIRED", at_ms
            return
        self.account.fill(
            order.id, order.symbol, order.side, price, quantity, at_ms, is_maker=is_maker
        )
        order.executed += quantity
        order.quote_usd += quantity * price
        order.updated_ms = at_ms
        done = order.quantity - order.executed <= AMOUNT_TOLERANCE or order.reduce_only
        order.status = "FILLED" if done else "PARTIALLY_FILLED"

    def cancel(self, order: Order, now_ms: int) -> Order:
        """Cancel an open order; raises `ApiError` when it is no longer open."""
        if not order.is_open:
            raise ApiError(-2011, "Unknown order sent.")
        order.status, order.updated_ms = "CANCELED", now_ms
        return order


def _distance(price: float, last: float, level: float, *, below: bool) -> float:
    """Return how far the path runs from `price` until it meets the level; infinite if never."""
    if (price <= level) if below else (price >= level):
        return 0.0
    if (last <= level) if below else (last >= level):
        return abs(level - price)
    return float("inf")
