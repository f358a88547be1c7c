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

    @property
    def net_usd(self) -> float:
        """What it did to the wallet."""
        return self.realized_usd - self.fee_usd


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

    @property
    def gross_usd(self) -> float:
        """The profit of what was closed, at the average price of what was open by then."""
        held = cost = gross = 0.0
        for order in self.orders:
            if order.amount <= 0:
                continue
            if order.is_buy != self.is_short:
                held, cost = held + order.amount, cost + order.amount * order.price
                continue
            entry = cost / held if held > 0 else order.price
            gross += order.amount * (order.price - entry) * (-1 if self.is_short else 1)
            held, cost = held - order.amount, cost - order.amount * entry
        return gross

    @property
    def fees_usd(self) -> float:
        """The fees of all that is filled, at the one rate that the trade has for each side."""
        return sum(
            order.amount
            * order.price
            * (self.fee_open if order.is_buy != self.is_short else self.fee_close)
            for order in self.orders
        )

    @property
    def parts_usd(self) -> float:
        """Profit from prices less fees, with funding."""
        return self.gross_usd - self.fees_usd + self.funding_usd

    @property
    def told_usd(self) -> float:
        """What the trade did to the wallet, according to the database."""
        return self.parts_usd if self.profit_usd is None else self.profit_usd
