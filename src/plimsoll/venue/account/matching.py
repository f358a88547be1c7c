"""Orders against the price path: what fills, triggers or is liquidated, and when.

Matching is lazy and exact: `advance` walks the paths of all contracts since the last call in
order of time, so that the result does not depend on how often it is called. A resting limit fills
at its price when the last price reaches it, with at most a share of each finest candle's volume;
market and triggered orders take what the book shows at that instant, level by level.
"""

from collections.abc import Callable
from dataclasses import replace

from plimsoll.venue.account import events as happened
from plimsoll.venue.account.execution import (
    Part,
    filled,
    market_limit,
    part_of,
    take_from_book,
    whole_steps,
)
from plimsoll.venue.account.ledger import AMOUNT_TOLERANCE, TRADING, Account, Listener
from plimsoll.venue.account.liquidation import (
    DELEVERAGED,
    SETTLED,
    close_at,
    end_orders,
    liquidate,
)
from plimsoll.venue.account.margin import (
    NO_FUNDS,
    ORDER_REJECTED,
    check_leverage,
    check_order,
    fillable,
    free_usd,
)
from plimsoll.venue.account.offered import PARTICIPATION_FRACTION, Offered
from plimsoll.venue.account.orders import CONDITIONAL_KINDS, MARK_PRICE, Order, terms
from plimsoll.venue.account.reach import DELEVERAGE, Reached, Walk
from plimsoll.venue.account.walking import last_and_mark, path_between
from plimsoll.venue.errors import ApiError
from plimsoll.venue.market.base import Market, Window
from plimsoll.venue.market.book import Book

BookAt = Callable[[str, int], Book]
PROTECT_FRACTION = 0.05
"""`triggerProtect`: how far last and mark price may be apart for a protected order to trigger."""
POST_ONLY = "Due to the order could not be executed as maker, the Post Only order is rejected."


class Matching:
    """The orders of one account and the walk along the paths."""

    def __init__(
        self,
        market: Market,
        account: Account,
        book_at: BookAt,
        start_ms: int,
        participation_fraction: float = PARTICIPATION_FRACTION,
    ) -> None:
        self.account = account
        self._market = market
        self._book_at = book_at
        self._now_ms = start_ms
        self._offered = Offered(market, participation_fraction)

    @property
    def orders(self) -> dict[int, Order]:
        """All orders by id, oldest first."""
        return self.account.orders.by_id

    def on_event(self, listener: Listener) -> None:
        """Call `listener` with every later event of the account, after it was applied."""
        self.account.on_event(listener)

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        """Return open orders, oldest first, of one contract or all."""
        return self.account.orders.open(symbol)

    def next_id(self) -> int:
        """Return the id that the next order gets."""
        return self.account.orders.next_id()

    def free_usd(self) -> float:
        """Return the balance that nothing holds."""
        return free_usd(self.account)

    def advance(self, now_ms: int) -> None:
        """Fill, trigger, liquidate and charge funding along the paths up to `now_ms`."""
        start_ms = self._now_ms
        if now_ms <= start_ms:
            return
        exposed = set(self.account.orders.open_symbols())
        exposed |= {position.symbol for position in self.account.open_positions()}
        if exposed:
            walks = [self._walk(symbol, start_ms, now_ms) for symbol in sorted(exposed)]
            self._follow(walks, self._payments(exposed, start_ms, now_ms), float(start_ms))
        self._now_ms = now_ms

    def _walk(self, symbol: str, start_ms: int, end_ms: int) -> Walk:
        path = path_between(self._market, symbol, start_ms, end_ms)
        return Walk(symbol, path, self.account, self._market.finest(symbol))

    def _payments(
        self, symbols: set[str], start_ms: int, end_ms: int
    ) -> list[tuple[int, dict[str, tuple[float, float]]]]:
        """Return when funding is due, ascending, and each contract's rate and mark then."""
        due: dict[int, dict[str, tuple[float, float]]] = {}
        for symbol in sorted(symbols):
            window = Window(start_ms + 1, end_ms, 1000)
            for row in self._market.funding(symbol, window, end_ms):
                at_ms = int(row["time_ms"])
                mark = float(row["mark"]) or last_and_mark(self._market, symbol, at_ms)[0]
                due.setdefault(at_ms, {})[symbol] = (float(row["rate"]), mark)
        return sorted(due.items())

    def _follow(
        self,
        walks: list[Walk],
        payments: list[tuple[int, dict[str, tuple[float, float]]]],
        at: float,
    ) -> None:
        """Let happen what the walks reach and what falls due, in order of time."""
        while True:
            upcoming = [(reached, walk) for walk in walks if (reached := walk.next(at)) is not None]
            first = min(upcoming, key=lambda pair: pair[0].at, default=None)
            if payments and (first is None or payments[0][0] <= first[0].at):
                due_ms, rows = payments.pop(0)
                self._charge(due_ms, rows)
                at = max(at, float(due_ms))
                for walk in walks:
                    walk.forget()
            elif first is None:
                return
            else:
                reached, walk = first
                at = reached.at
                with self.account.one_action():
                    self._meet(walk, reached)
                # A liquidation fills the fund, and a fund that is no longer empty saves others.
                for one in [walk] if reached.order is not None else walks:
                    one.forget()

    def _charge(self, due_ms: int, rows: dict[str, tuple[float, float]]) -> None:
        paying = {s: row for s, row in rows.items() if self.account.position(s).is_open}
        if paying:
            self.account.record(
                happened.FundingPaid,
                due_ms,
                symbols=tuple(paying),
                rates=tuple(rate for rate, _ in paying.values()),
                marks=tuple(mark for _, mark in paying.values()),
            )

    def _meet(self, walk: Walk, reached: Reached) -> None:
        at_ms, order = round(reached.at), reached.order
        if order is None:
            self._close_out(walk.symbol, reached, at_ms)
        elif order.is_conditional:
            if order.price_protect and self._is_torn(order.symbol, at_ms):
                walk.wait(order, at_ms)
            else:
                self._trigger(order, at_ms)
        elif not self._fill_resting(order, at_ms):
            walk.wait(order, at_ms)

    def _close_out(self, symbol: str, reached: Reached, at_ms: int) -> None:
        if reached.cause == DELEVERAGE:
            end_orders(self.account, symbol, happened.ACCOUNT_LIQUIDATED, at_ms)
            close_at(self.account, symbol, DELEVERAGED, reached.price, self._accept, at_ms)
            return
        book = self._book_at(symbol, at_ms)
        liquidate(self.account, symbol, book, self._accept, at_ms)

    def _is_torn(self, symbol: str, at_ms: int) -> bool:
        last, mark = last_and_mark(self._market, symbol, at_ms)
        return abs(last - mark) / mark > PROTECT_FRACTION

    def _fill_resting(self, order: Order, at_ms: int) -> bool:
        """Fill a resting order that was reached; False when its candle has no volume left."""
        wanted = fillable(self.account, order)
        if wanted <= AMOUNT_TOLERANCE:
            self._end(order, happened.EXPIRED, happened.REDUCE_ONLY_KNOCKED_OUT, at_ms)
            return True
        spec = self._market.specs[order.symbol]
        offered = self._offered.left(order.symbol, at_ms, self.account.fills)
        quantity = min(wanted, offered)
        if quantity < wanted:
            quantity = whole_steps(quantity, spec.step_size, spec.size_decimals)
        if quantity <= AMOUNT_TOLERANCE:
            return False
        self._execute(order, [Part(order.price, quantity)], at_ms, is_maker=True)
        return True

    def _trigger(self, order: Order, at_ms: int) -> None:
        """Place the order that a conditional one stands for, or reject it."""
        quantity = order.quantity
        if order.close_position:
            quantity = abs(self.account.position(order.symbol).amount)
        child = replace(
            order,
            id=self.next_id(),
            client_id=f"{order.client_id}-child",
            kind="MARKET" if order.kind.endswith("MARKET") else "LIMIT",
            quantity=quantity,
            trigger_price=0.0,
            reduce_only=order.reduce_only or order.close_position,
            close_position=False,
            parent_id=order.id,
            created_ms=at_ms,
            updated_ms=at_ms,
        )
        try:
            parts = self._plan(child, at_ms)
        except ApiError as error:
            self._reject(child, error, at_ms)
            status = happened.EXPIRED if order.close_position else happened.REJECTED
            self._end(order, status, happened.NO_REASON, at_ms)
            return
        self.account.record(
            happened.OrderTriggered,
            at_ms,
            order_id=order.id,
            symbol=order.symbol,
            child_id=child.id,
        )
        self._take(self._accept(child, at_ms), parts, at_ms)

    def submit(self, order: Order, now_ms: int, share: float = 1.0) -> Order:
        """Accept an order: conditional ones wait, others take from the book, then rest.

        Raises `ApiError` as Binance refuses: margin, bracket, reduce-only, a post-only that would
        take, a contract that trades no longer. Returns the order as it stands afterwards.
        With a ``share`` below 1 the book has only that much of what it would take.
        """
        try:
            if self.account.status(order.symbol) != TRADING:
                raise ApiError(-4140, "Invalid symbol status for opening position.")
            if order.is_conditional:
                self._check_trigger(order, now_ms)
                return self._accept(order, now_ms)
            parts = self._plan(order, now_ms)
            if share < 1.0:
                spec = self._market.specs[order.symbol]
                parts = part_of(parts, share, spec.step_size, spec.size_decimals)
        except ApiError as error:
            self._reject(order, error, now_ms)
            raise
        with self.account.one_action():
            return self._take(self._accept(order, now_ms), parts, now_ms)

    def expire(self, order: Order, now_ms: int) -> Order:
        """Accept an order and let it expire with nothing filled."""
        with self.account.one_action():
            return self._end(self._accept(order, now_ms), happened.EXPIRED, 0, now_ms)

    def _check_trigger(self, order: Order, now_ms: int) -> None:
        last, mark = last_and_mark(self._market, order.symbol, now_ms)
        price = mark if order.working_type == MARK_PRICE else last
        if (price <= order.level) if order.waits_below else (price >= order.level):
            raise ApiError(-2021, "Order would trigger immediately.")

    def _plan(self, order: Order, now_ms: int) -> list[Part]:
        """Check an order and return what the book gives it; trims a reduce-only that takes."""
        quantity = fillable(self.account, order)
        if quantity <= AMOUNT_TOLERANCE:
            raise ApiError(ORDER_REJECTED, "ReduceOnly Order is rejected.")
        if order.kind == "MARKET":
            order.quantity = quantity
        book = self._book_at(order.symbol, now_ms)
        best = (book.ask_prices if order.side == "BUY" else book.bid_prices)[:1].tolist()
        price = order.price if order.kind != "MARKET" else (best or [0.0])[0]
        check_order(self.account, order, quantity, price)
        limit = order.price
        if order.kind == "MARKET":
            mark = last_and_mark(self._market, order.symbol, now_ms)[1]
            limit = market_limit(order.side, mark)
        parts = take_from_book(book, order.side, quantity, limit)
        if order.kind == "MARKET" and not parts:
            text = "The counterparty's best price does not meet the PERCENT_PRICE filter limit."
            raise ApiError(-4131, text)
        if order.time_in_force == "GTX" and parts:
            raise ApiError(ORDER_REJECTED, POST_ONLY)
        if order.time_in_force == "FOK" and quantity - filled(parts) > AMOUNT_TOLERANCE:
            return []
        return parts

    def _take(self, order: Order, parts: list[Part], now_ms: int) -> Order:
        """Fill the parts; expire the remainder of what may not rest."""
        self._execute(order, parts, now_ms, is_maker=False)
        if order.is_open and (order.kind == "MARKET" or order.time_in_force in ("IOC", "FOK")):
            self._end(order, happened.EXPIRED, happened.IOC_REMAINDER, now_ms)
        return order

    def _execute(self, order: Order, parts: list[Part], at_ms: int, *, is_maker: bool) -> None:
        for part in parts:
            self.account.fill(
                order.id,
                order.symbol,
                order.side,
                part.price,
                part.quantity,
                at_ms,
                is_maker=is_maker,
            )
        if parts:
            self._knock_out(order.symbol, at_ms)

    def _knock_out(self, symbol: str, at_ms: int) -> None:
        """Expire resting reduce-only orders that have nothing left to reduce."""
        for order in self.open_orders(symbol):
            idle = fillable(self.account, order) <= AMOUNT_TOLERANCE
            if order.reduce_only and not order.is_conditional and idle:
                self._end(order, happened.EXPIRED, happened.REDUCE_ONLY_KNOCKED_OUT, at_ms)

    def _accept(self, order: Order, now_ms: int) -> Order:
        self.account.record(happened.OrderAccepted, now_ms, **terms(order))
        return self.orders[order.id]

    def _reject(self, order: Order, error: ApiError, now_ms: int) -> None:
        self.account.record(
            happened.OrderRejected,
            now_ms,
            client_id=order.client_id,
            symbol=order.symbol,
            code=error.code,
            message=error.message,
        )

    def _end(self, order: Order, status: str, reason: int, at_ms: int) -> Order:
        self.account.record(
            happened.OrderEnded,
            at_ms,
            order_id=order.id,
            symbol=order.symbol,
            status=status,
            reason=reason,
        )
        return order

    def cancel(self, order: Order, now_ms: int) -> Order:
        """Cancel an open order; raises `ApiError` when it is no longer open."""
        if not order.is_open:
            raise ApiError(-2011, "Unknown order sent.")
        return self._end(order, happened.CANCELED, happened.NO_REASON, now_ms)

    def amend(self, order: Order, quantity: float, price: float, now_ms: int) -> Order:
        """Give a resting limit another quantity and price; what then crosses takes the book."""
        changed = replace(order, quantity=quantity, price=price)
        wanted = fillable(self.account, changed)
        parts = take_from_book(self._book_at(order.symbol, now_ms), order.side, wanted, price)
        if order.time_in_force == "GTX" and parts:
            raise ApiError(ORDER_REJECTED, POST_ONLY)
        facts = {"symbol": order.symbol, "quantity": quantity, "price": price}
        with self.account.one_action():
            self.account.record(happened.OrderAmended, now_ms, order_id=order.id, **facts)
            return self._take(order, parts, now_ms)

    def set_leverage(self, symbol: str, leverage: float, now_ms: int) -> None:
        """Set a contract's leverage; raises `ApiError` where Binance refuses."""
        mark = last_and_mark(self._market, symbol, now_ms)[1]
        check_leverage(self.account, symbol, leverage, mark)
        self.account.set_leverage(symbol, leverage, now_ms)

    def settle(self, symbol: str, status: str, now_ms: int) -> None:
        """End a contract's trading: orders expire, the position is closed at the mark price."""
        mark, account = last_and_mark(self._market, symbol, now_ms)[1], self.account
        with account.one_action():
            account.record(happened.ContractStatusChanged, now_ms, symbol=symbol, status=status)
            end_orders(account, symbol, happened.SYMBOL_DELISTED, now_ms)
            close_at(account, symbol, f"{SETTLED}{now_ms}", mark, self._accept, now_ms)


__all__ = [
    "CONDITIONAL_KINDS",
    "NO_FUNDS",
    "ORDER_REJECTED",
    "PARTICIPATION_FRACTION",
    "Matching",
    "Order",
]
