"""What the exchange has booked, and what the bot has recorded: the two sides of a comparison."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BookedFill:
    """One execution at the exchange; `order_id` is the order that the bot knows."""

    order_id: str
    symbol: str
    is_buy: bool
    price: float
    amount: float
    fee_usd: float
    realized_usd: float
    time_ms: int


@dataclass(frozen=True, slots=True)
class BookedFunding:
    """One payment of funding: positive was received."""

    symbol: str
    amount_usd: float
    time_ms: int


@dataclass(frozen=True, slots=True)
class ExchangeBooks:
    """What the exchange has booked.

    Attributes
    ----------
    opening_usd, wallet_usd
        Balance at the beginning and now, without unrealised profit.
    other_usd
        Sum of all bookings that are neither fill nor funding.
    positions
        Base coins held of each symbol, negative when short.
    open_orders
        Orders known by their id that wait now, conditional ones too, each with its symbol.
    stops
        Ids of all conditional orders that there ever were.
    """

    opening_usd: float
    wallet_usd: float
    orders: frozenset[str]
    open_orders: Mapping[str, str]
    stops: frozenset[str]
    fills: tuple[BookedFill, ...]
    funding: tuple[BookedFunding, ...]
    positions: Mapping[str, float]
    other_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class DatabaseOrder:
    """One order as the bot recorded it; `price` is the average of what is filled."""

    id: str
    is_buy: bool
    is_stop: bool
    is_open: bool
    amount: float
    price: float


@dataclass(frozen=True, slots=True)
class DatabaseTrade:
    """One trade as the bot recorded it; ``profit_usd`` is ``None`` while it is open.

    Fees are fractions of the notional, amounts base coins, funding positive when received.
    """

    id: int
    symbol: str
    is_short: bool
    is_open: bool
    amount: float
    fee_open: float
    fee_close: float
    funding_usd: float
    profit_usd: float | None
    orders: tuple[DatabaseOrder, ...]
