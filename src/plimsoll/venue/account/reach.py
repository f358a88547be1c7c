"""What a contract's path reaches next: an order, the liquidation price, deleveraging."""

from dataclasses import dataclass

from plimsoll.venue.account.ledger import Account
from plimsoll.venue.account.liquidation import deleverage_price
from plimsoll.venue.account.orders import MARK_PRICE, Order
from plimsoll.venue.account.walking import Path
from plimsoll.venue.market.intervals import Interval

ORDER, LIQUIDATION, DELEVERAGE = 0, 1, 2


@dataclass(frozen=True)
class Reached:
    """What is reached at an instant in ms, and at which price; `order` is None but for orders."""

    at: float
    cause: int
    number: int
    price: float
    order: Order | None


class Walk:
    """One contract's path with what waits on it. `forget` after anything on it has changed."""

    def __init__(self, symbol: str, path: Path, account: Account, finest: Interval) -> None:
        self.symbol = symbol
        self._path = path
        self._account = account
        self._finest = finest
        self._resume_ms: dict[int, int] = {}
        self._known = False
        self._next: Reached | None = None

    def next(self, from_ms: float) -> Reached | None:
        """Return the first thing reached from the instant on, None when nothing is any more."""
        if not self._known:
            waiting = [*self._orders(from_ms), *self._takeovers(from_ms)]
            self._next = min(waiting, key=_order_of_events, default=None)
            self._known = True
        return self._next

    def forget(self) -> None:
        """Look again at the next call."""
        self._known = False

    def wait(self, order: Order, at_ms: int) -> None:
        """Leave an order alone until the next finest candle begins."""
        self._resume_ms[order.id] = self._finest.close_ms(self._finest.open_ms(at_ms))
        self.forget()

    def _orders(self, from_ms: float) -> list[Reached]:
        reached = []
        for order in self._account.orders.open(self.symbol):
            start = max(from_ms, self._resume_ms.get(order.id, 0))
            marked = order.is_conditional and order.working_type == MARK_PRICE
            when = self._path.when_mark if marked else self._path.when_last
            at = when(order.level, start, below=order.waits_below)
            if at is not None:
                reached.append(Reached(at, ORDER, order.id, order.level, order))
        return reached

    def _takeovers(self, from_ms: float) -> list[Reached]:
        position = self._account.position(self.symbol)
        if not position.is_open:
            return []
        is_long, reached = position.amount > 0, []
        for cause, price, below in (
            (LIQUIDATION, position.liquidation_price, is_long),
            (DELEVERAGE, self._deleverage_price(), not is_long),
        ):
            at = self._path.when_mark(price, from_ms, below=below) if price > 0.0 else None
            if at is not None:
                reached.append(Reached(at, cause, 0, price, None))
        return reached

    def _deleverage_price(self) -> float:
        if self._account.insurance_usd > 0.0:
            return 0.0
        return deleverage_price(self._account.position(self.symbol))


def _order_of_events(reached: Reached) -> tuple[float, int, int]:
    return reached.at, reached.cause, reached.number
