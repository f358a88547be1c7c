"""One futures account: balance, positions, orders and all that was booked, folded from events.

Nothing changes the account but `record`, which numbers an event, applies it and tells whoever
listens. `replayed` gives the same account from the same events.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from plimsoll.core.errors import UsageError
from plimsoll.venue.account import events as happened
from plimsoll.venue.account.events import Event
from plimsoll.venue.account.orders import Orders, accepted_order
from plimsoll.venue.account.positions import AMOUNT_DECIMALS, AMOUNT_TOLERANCE, Position, trade

MAKER_FEE, TAKER_FEE = 0.0002, 0.0005
"""Binance USD-M fees of a regular account, as fractions of the notional."""
DEFAULT_INSURANCE_USD = 1e9
TRADING = "TRADING"
E = TypeVar("E", bound=Event)
Listener = Callable[[Event], None]
ActionListener = Callable[[Sequence[Event]], None]


@dataclass(frozen=True)
class Fill:
    """One execution."""

    id: int
    order_id: int
    symbol: str
    side: str
    price: float
    quantity: float
    fee_usd: float
    realized_usd: float
    time_ms: int
    is_maker: bool


@dataclass(frozen=True)
class Income:
    """One booking to the wallet."""

    id: int
    symbol: str
    kind: str
    amount_usd: float
    time_ms: int
    trade_id: int | None = None


@dataclass
class Account:
    """The state of the account after `sequence` events, with the exchange's insurance fund.

    `deleveraged_usd` sums the losses that the fund could not bear and counterparties did;
    `statuses` and `filters` hold what differs from a contract's own, `finest` the finest tick
    and step that were ever changed to. The fees are fractions of the notional; they are the
    exchange's, not part of the state: each fill's event holds what it paid.
    """

    free_usd: float
    positions: dict[str, Position] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    income: list[Income] = field(default_factory=list)
    orders: Orders = field(default_factory=Orders)
    insurance_usd: float = DEFAULT_INSURANCE_USD
    deleveraged_usd: float = 0.0
    statuses: dict[str, str] = field(default_factory=dict)
    filters: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    finest: dict[str, tuple[float, float]] = field(default_factory=dict)
    sequence: int = 0
    updated_ms: int = 0
    maker_fee: float = field(default=MAKER_FEE, compare=False)
    taker_fee: float = field(default=TAKER_FEE, compare=False)
    _listeners: list[Listener] = field(default_factory=list, compare=False, repr=False)
    _action_listeners: list[ActionListener] = field(default_factory=list, compare=False, repr=False)
    _action: list[Event] = field(default_factory=list, compare=False, repr=False)
    _depth: int = field(default=0, compare=False, repr=False)

    def on_event(self, listener: Listener) -> None:
        """Call `listener` with every later event, after it was applied."""
        self._listeners.append(listener)

    def on_action(self, listener: ActionListener) -> None:
        """Call `listener` with the events of every later action, once all of them happened."""
        self._action_listeners.append(listener)

    @contextmanager
    def one_action(self) -> Iterator[None]:
        """Join the events within: half of them would be no state that an account can be in."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth and self._action:
                events, self._action = self._action, []
                for listener in self._action_listeners:
                    listener(events)

    def record(self, kind: type[E], time_ms: int, /, **facts: Any) -> E:
        """Number an event, apply it and tell the listeners; return it."""
        event = kind(sequence=self.sequence + 1, time_ms=time_ms, **facts)
        with self.one_action():
            self.apply(event)
            self._action.append(event)
            for listener in self._listeners:
                listener(event)
        return event

    def apply(self, event: Event) -> None:
        """Follow one event; raises `UsageError` when its number is not the next."""
        if event.sequence != self.sequence + 1:
            raise UsageError(f"expected event {self.sequence + 1}, found event {event.sequence}")
        follow = _FOLLOW.get(type(event))
        if follow is not None:
            follow(self, event)
        self.sequence, self.updated_ms = event.sequence, max(self.updated_ms, event.time_ms)

    def position(self, symbol: str) -> Position:
        """Return the contract's position, an empty one when there is none."""
        return self.positions.get(symbol) or Position(symbol)

    def open_positions(self) -> list[Position]:
        """Return the positions in which anything is held."""
        return [position for position in self.positions.values() if position.is_open]

    def status(self, symbol: str) -> str:
        """Return the contract's status, TRADING unless it was changed."""
        return self.statuses.get(symbol, TRADING)

    @property
    def wallet_usd(self) -> float:
        """The balance with all isolated margins, without unrealized profit."""
        return self.free_usd + sum(position.wallet_usd for position in self.positions.values())

    def set_leverage(self, symbol: str, leverage: float, time_ms: int = 0) -> None:
        """Set the leverage of future positions, unchecked."""
        self.record(happened.LeverageSet, time_ms, symbol=symbol, leverage=leverage)

    def set_margin_type(self, symbol: str, margin_type: str, time_ms: int = 0) -> None:
        """Set the margin type."""
        self.record(happened.MarginTypeSet, time_ms, symbol=symbol, margin_type=margin_type)

    def fill(
        self,
        order_id: int,
        symbol: str,
        side: str,
        price: float,
        quantity: float,
        time_ms: int,
        *,
        is_maker: bool,
        fee_fraction: float | None = None,
    ) -> Fill:
        """Book an execution: close the opposite position, open the rest, pay the fee."""
        usual = self.maker_fee if is_maker else self.taker_fee
        self.record(
            happened.OrderFilled,
            time_ms,
            order_id=order_id,
            fill_id=len(self.fills) + 1,
            symbol=symbol,
            side=side,
            price=price,
            quantity=quantity,
            fee_usd=quantity * price * (usual if fee_fraction is None else fee_fraction),
            is_maker=is_maker,
        )
        return self.fills[-1]

    def pay_funding(self, symbol: str, rate: float, mark: float, time_ms: int) -> None:
        """Book one contract's funding to the position's own margin: longs pay a positive rate."""
        self.record(happened.FundingPaid, time_ms, symbols=(symbol,), rates=(rate,), marks=(mark,))

    def transfer(self, amount_usd: float, time_ms: int, *, recorded: bool) -> None:
        """Pay in, or out with a negative amount; unrecorded, no income entry tells of it."""
        self.record(happened.Transferred, time_ms, amount_usd=amount_usd, recorded=recorded)

    def book(
        self, symbol: str, kind: str, amount: float, time_ms: int, trade_id: int | None = None
    ) -> None:
        """Add an entry to the income history; the balance is not touched."""
        number = len(self.income) + 1
        self.income.append(Income(number, symbol, kind, amount, time_ms, trade_id))


def replayed(events: Iterable[Event]) -> Account:
    """Return the account that the events, from the first on, leave behind.

    Raises `UsageError` when they do not begin with the account's opening, miss a number, or one
    does not follow from those before it.
    """
    account: Account | None = None
    for event in events:
        if account is None:
            if not isinstance(event, happened.AccountOpened):
                raise UsageError("expected the log to begin with the opening of the account")
            account = Account(event.balance_usd, insurance_usd=event.insurance_usd)
        try:
            account.apply(event)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise UsageError(
                f"event {event.sequence} does not follow from those before it ({error!r})"
            ) from error
    if account is None:
        raise UsageError("expected at least one event, found none")
    return account


def _opened(account: Account, event: happened.AccountOpened) -> None:
    account.free_usd, account.insurance_usd = event.balance_usd, event.insurance_usd


def _accepted(account: Account, event: happened.OrderAccepted) -> None:
    account.orders.add(accepted_order(event))


def _amended(account: Account, event: happened.OrderAmended) -> None:
    order = account.orders.by_id[event.order_id]
    order.quantity, order.price, order.updated_ms = event.quantity, event.price, event.time_ms


def _triggered(account: Account, event: happened.OrderTriggered) -> None:
    order = account.orders.by_id[event.order_id]
    order.status, order.updated_ms = happened.TRIGGERED, event.time_ms
    order.child_id = event.child_id
    account.orders.refresh(order)


def _ended(account: Account, event: happened.OrderEnded) -> None:
    order = account.orders.by_id[event.order_id]
    order.status, order.updated_ms, order.reason = event.status, event.time_ms, event.reason
    account.orders.refresh(order)
    _finish_parent(account, order.parent_id, event.time_ms)


def _finish_parent(account: Account, parent_id: int, time_ms: int) -> None:
    parent = account.orders.by_id.get(parent_id)
    if parent is not None and parent.status == happened.TRIGGERED:
        parent.status, parent.updated_ms = happened.FINISHED, time_ms


def _filled(account: Account, event: happened.OrderFilled) -> None:
    position = account.position(event.symbol)
    signed = event.quantity if event.side == "BUY" else -event.quantity
    traded = trade(position, signed, event.price, event.time_ms)
    account.positions[event.symbol] = traded.position
    account.free_usd += traded.cash_usd - event.fee_usd
    where, number = (event.symbol, event.time_ms), event.fill_id
    if traded.realized_usd is not None:
        account.book(where[0], "REALIZED_PNL", traded.realized_usd, where[1], number)
    if event.fee_usd:
        account.book(where[0], "COMMISSION", -event.fee_usd, where[1], number)
    account.fills.append(
        Fill(
            number,
            event.order_id,
            event.symbol,
            event.side,
            event.price,
            event.quantity,
            event.fee_usd,
            traded.realized_usd or 0.0,
            event.time_ms,
            event.is_maker,
        )
    )
    _follow_fill(account, event)


def _follow_fill(account: Account, event: happened.OrderFilled) -> None:
    order = account.orders.by_id.get(event.order_id)
    if order is None:
        return
    order.executed = round(order.executed + event.quantity, AMOUNT_DECIMALS)
    order.quote_usd += event.quantity * event.price
    order.updated_ms = event.time_ms
    order.status = "PARTIALLY_FILLED"
    if order.left <= AMOUNT_TOLERANCE:
        order.executed, order.status = order.quantity, "FILLED"
        _finish_parent(account, order.parent_id, event.time_ms)
    account.orders.refresh(order)


def _funded(account: Account, event: happened.FundingPaid) -> None:
    for symbol, rate, mark in zip(event.symbols, event.rates, event.marks, strict=True):
        position = account.position(symbol)
        if not position.is_open:
            continue
        amount = -position.amount * mark * rate
        after = replace(position, wallet_usd=position.wallet_usd + amount)
        account.positions[symbol] = after
        account.book(symbol, "FUNDING_FEE", amount, event.time_ms)


def _liquidated(account: Account, event: happened.PositionLiquidated) -> None:
    account.free_usd -= event.fee_usd
    account.insurance_usd += event.fund_change_usd
    account.deleveraged_usd += event.deleveraged_usd
    account.book(event.symbol, "INSURANCE_CLEAR", -event.fee_usd, event.time_ms)


def _transferred(account: Account, event: happened.Transferred) -> None:
    account.free_usd += event.amount_usd
    if event.recorded:
        account.book("", "TRANSFER", event.amount_usd, event.time_ms)


def _levered(account: Account, event: happened.LeverageSet) -> None:
    position = account.position(event.symbol)
    account.positions[event.symbol] = replace(position, leverage=event.leverage)


def _margined(account: Account, event: happened.MarginTypeSet) -> None:
    position = account.position(event.symbol)
    account.positions[event.symbol] = replace(position, margin_type=event.margin_type)


def _moved(account: Account, event: happened.MarginMoved) -> None:
    position = account.position(event.symbol)
    account.free_usd -= event.amount_usd
    account.positions[event.symbol] = replace(
        position, wallet_usd=position.wallet_usd + event.amount_usd, updated_ms=event.time_ms
    )


def _filtered(account: Account, event: happened.FiltersChanged) -> None:
    account.filters[event.symbol] = (event.tick_size, event.step_size, event.min_notional_usd)
    tick_size, step_size = account.finest.get(event.symbol, (event.tick_size, event.step_size))
    account.finest[event.symbol] = (
        min(tick_size, event.tick_size),
        min(step_size, event.step_size),
    )


def _restated(account: Account, event: happened.ContractStatusChanged) -> None:
    account.statuses[event.symbol] = event.status


_FOLLOW: dict[type[Event], Callable[[Account, Any], None]] = {
    happened.AccountOpened: _opened,
    happened.OrderAccepted: _accepted,
    happened.OrderAmended: _amended,
    happened.OrderTriggered: _triggered,
    happened.OrderEnded: _ended,
    happened.OrderFilled: _filled,
    happened.FundingPaid: _funded,
    happened.PositionLiquidated: _liquidated,
    happened.Transferred: _transferred,
    happened.LeverageSet: _levered,
    happened.MarginTypeSet: _margined,
    happened.MarginMoved: _moved,
    happened.FiltersChanged: _filtered,
    happened.ContractStatusChanged: _restated,
}

__all__ = [
    "AMOUNT_TOLERANCE",
    "DEFAULT_INSURANCE_USD",
    "MAKER_FEE",
    "TAKER_FEE",
    "TRADING",
    "Account",
    "Fill",
    "Income",
    "Listener",
    "Position",
    "replayed",
]
