"""Orders as the exchange keeps them, and an index that finds the open ones at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from plimsoll.venue.account.events import OrderAccepted
from plimsoll.venue.account.positions import AMOUNT_DECIMALS

OPEN_STATES = ("NEW", "PARTIALLY_FILLED")
CONDITIONAL_KINDS = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET")
LIQUIDATION = "LIQUIDATION"
MARK_PRICE, CONTRACT_PRICE = "MARK_PRICE", "CONTRACT_PRICE"
FIRST_ORDER_ID = 1_000_001


@dataclass
class Order:
    """One order; a conditional one (Binance: algo order) places a child when it triggers.

    `reason` is Binance's number of why it expired; `parent_id` and `child_id` join a conditional
    order with the one that it placed, 0 without.
    """

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
    price_protect: bool = False
    parent_id: int = 0
    reason: int = 0

    @property
    def is_conditional(self) -> bool:
        """Whether it waits for a trigger price."""
        return self.kind in CONDITIONAL_KINDS

    @property
    def is_open(self) -> bool:
        """Whether it can still fill or trigger."""
        return self.status in OPEN_STATES

    @property
    def left(self) -> float:
        """The quantity that is not filled yet."""
        return round(self.quantity - self.executed, AMOUNT_DECIMALS)

    @property
    def level(self) -> float:
        """The price that it waits for."""
        return self.trigger_price if self.is_conditional else self.price

    @property
    def waits_below(self) -> bool:
        """Whether it acts when the price falls to its level, else when it rises to it."""
        buys = self.side == "BUY"
        return not buys if self.kind.startswith("STOP") else buys


def accepted_order(event: OrderAccepted) -> Order:
    """Return the order that an acceptance makes."""
    return Order(
        id=event.order_id,
        client_id=event.client_id,
        symbol=event.symbol,
        side=event.side,
        kind=event.kind,
        quantity=event.quantity,
        price=event.price,
        trigger_price=event.trigger_price,
        time_in_force=event.time_in_force,
        reduce_only=event.reduce_only,
        close_position=event.close_position,
        working_type=event.working_type,
        price_protect=event.price_protect,
        position_side=event.position_side,
        parent_id=event.parent_id,
        created_ms=event.time_ms,
        updated_ms=event.time_ms,
    )


def terms(order: Order) -> dict[str, Any]:
    """Return what an acceptance tells of an order; `accepted_order` reads it back."""
    names = {one.name for one in fields(OrderAccepted)} & set(vars(order))
    return {"order_id": order.id, **{name: getattr(order, name) for name in names}}


@dataclass
class Orders:
    """All orders by id, oldest first, with the open ones of each contract at hand."""

    by_id: dict[int, Order] = field(default_factory=dict)
    _open: dict[str, dict[int, Order]] = field(default_factory=dict)
    _by_client: dict[str, list[int]] = field(default_factory=dict)

    def add(self, order: Order) -> None:
        """Take an order in."""
        self.by_id[order.id] = order
        self._by_client.setdefault(order.client_id, []).append(order.id)
        self.refresh(order)

    def refresh(self, order: Order) -> None:
        """Follow an order whose status has changed."""
        if order.is_open:
            self._open.setdefault(order.symbol, {})[order.id] = order
        else:
            self._open.get(order.symbol, {}).pop(order.id, None)

    def open(self, symbol: str | None = None) -> list[Order]:
        """Return open orders, oldest first, of one contract or all."""
        if symbol is not None:
            return list(self._open.get(symbol, {}).values())
        every = (order for orders in self._open.values() for order in orders.values())
        return sorted(every, key=lambda order: order.id)

    def open_symbols(self) -> Iterator[str]:
        """Yield the contracts that have open orders."""
        return (symbol for symbol, orders in self._open.items() if orders)

    def of_client(self, client_id: str) -> list[Order]:
        """Return the orders with the client's id, newest first."""
        return [self.by_id[number] for number in reversed(self._by_client.get(client_id, []))]

    def next_id(self) -> int:
        """Return the id that the next order gets."""
        return FIRST_ORDER_ID + len(self.by_id)
