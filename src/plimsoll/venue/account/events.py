"""What happened to the account: numbered facts, from which its whole state can be rebuilt.

Every change of the account is one of these events; `ledger.Account` is a fold over them. They are
plain data and survive a round trip through a line of JSON unchanged.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from plimsoll.core.errors import UsageError

CANCELED, EXPIRED, REJECTED = "CANCELED", "EXPIRED", "REJECTED"
TRIGGERED, FINISHED = "TRIGGERED", "FINISHED"
# Why an order ended, in Binance's numbers. Source: developers.binance.com, USDⓈ-M futures,
# user data streams, "Event Order Update", expiry reason.
NO_REASON, IOC_REMAINDER, REDUCE_ONLY_KNOCKED_OUT = 0, 2, 4
ACCOUNT_LIQUIDATED, SYMBOL_DELISTED = 5, 7


@dataclass(frozen=True)
class Event:
    """One change: `sequence` counts from 1 without gaps, `time_ms` is the exchange's clock."""

    sequence: int
    time_ms: int


@dataclass(frozen=True)
class AccountOpened(Event):
    """The account exists, with its balance; so does the exchange's insurance fund."""

    balance_usd: float
    insurance_usd: float


@dataclass(frozen=True)
class OrderAccepted(Event):
    """An order is known to the exchange. `parent_id` names the conditional order it came from."""

    order_id: int
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
    price_protect: bool
    position_side: str
    parent_id: int


@dataclass(frozen=True)
class OrderRejected(Event):
    """An order was refused with a code of the exchange's; it exists nowhere."""

    client_id: str
    symbol: str
    code: int
    message: str


@dataclass(frozen=True)
class OrderAmended(Event):
    """A resting order has another quantity or price, and its place in the queue is lost."""

    order_id: int
    symbol: str
    quantity: float
    price: float


@dataclass(frozen=True)
class OrderTriggered(Event):
    """A conditional order's price was reached; `child_id` is the order that it placed."""

    order_id: int
    symbol: str
    child_id: int


@dataclass(frozen=True)
class OrderEnded(Event):
    """An order is no longer open although not filled: cancelled, expired, rejected, finished."""

    order_id: int
    symbol: str
    status: str
    reason: int


@dataclass(frozen=True)
class OrderFilled(Event):
    """One execution. `fee_usd` is what was paid; a fill of a liquidation pays none here."""

    order_id: int
    fill_id: int
    symbol: str
    side: str
    price: float
    quantity: float
    fee_usd: float
    is_maker: bool


@dataclass(frozen=True)
class FundingPaid(Event):
    """All positions paid or got funding at this instant: parallel tuples, one entry a contract."""

    symbols: tuple[str, ...]
    rates: tuple[float, ...]
    marks: tuple[float, ...]


@dataclass(frozen=True)
class PositionLiquidated(Event):
    """A position was taken over after its own fills: what the fee was and what the fund bore.

    `taken_over` base coins went to the insurance fund at `bankruptcy_price` and were closed at
    `closed_price`; `deleveraged_usd` is the loss that the fund could not bear.
    """

    order_id: int
    symbol: str
    fee_usd: float
    taken_over: float
    bankruptcy_price: float
    closed_price: float
    fund_change_usd: float
    deleveraged_usd: float


@dataclass(frozen=True)
class Transferred(Event):
    """Money came in, or went out with a negative amount; unrecorded, no income tells of it."""

    amount_usd: float
    recorded: bool


@dataclass(frozen=True)
class LeverageSet(Event):
    """The leverage of a contract was set."""

    symbol: str
    leverage: float


@dataclass(frozen=True)
class MarginTypeSet(Event):
    """The margin type of a contract was set."""

    symbol: str
    margin_type: str


@dataclass(frozen=True)
class MarginMoved(Event):
    """Balance went to a position's own margin, or back with a negative amount."""

    symbol: str
    amount_usd: float


@dataclass(frozen=True)
class FiltersChanged(Event):
    """A contract has other filters from now on."""

    symbol: str
    tick_size: float
    step_size: float
    min_notional_usd: float


@dataclass(frozen=True)
class ContractStatusChanged(Event):
    """A contract trades no longer, or again."""

    symbol: str
    status: str


@dataclass(frozen=True)
class ScenarioStarted(Event):
    """The market was bent; not the account's doing, but what follows depends on it."""

    name: str
    symbols: tuple[str, ...] | None
    magnitude: float
    duration_ms: int


EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        AccountOpened,
        OrderAccepted,
        OrderRejected,
        OrderAmended,
        OrderTriggered,
        OrderEnded,
        OrderFilled,
        FundingPaid,
        PositionLiquidated,
        Transferred,
        LeverageSet,
        MarginTypeSet,
        MarginMoved,
        FiltersChanged,
        ContractStatusChanged,
        ScenarioStarted,
    )
}
"""Every kind of event by the name that it has in a log."""


def to_record(event: Event) -> dict[str, Any]:
    """Return the event as JSON-able data; ``event`` names its kind."""
    return {"event": type(event).__name__, **asdict(event)}


def from_record(record: Mapping[str, Any]) -> Event:
    """Return the event that `to_record` wrote; raises `UsageError` for anything else."""
    values = dict(record)
    kind = EVENTS.get(str(values.pop("event", None)))
    if kind is None or set(values) != {field.name for field in fields(kind)}:
        raise UsageError(f"expected an event of this version's log, found {dict(record)!r:.200}")
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return kind(**{**values, **lists})
