"""One spot account: what is free and what is locked of each coin, its orders and fills.

All amounts are exact decimals. The fee is taken from what a fill brings in, as Binance does
without BNB: a buyer gets fewer coins than bought, a seller fewer USDT than sold for. Nothing else
makes or destroys a coin or a dollar.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from plimsoll.venue.errors import ApiError
from plimsoll.venue.market.spot_filters import QUOTE

FEE = Decimal("0.001")
"""Binance spot's fee of a regular account, maker and taker, as a fraction of the fill."""
ASSET_STEP = Decimal("0.00000001")
BUY, SELL = "BUY", "SELL"
REJECTED, CANCEL_REJECTED = -2010, -2011
NO_FUNDS = "Account has insufficient balance for requested action."
OPEN_STATES = ("NEW", "PARTIALLY_FILLED")
CONDITIONAL = ("STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT")
NOTHING = Decimal(0)


@dataclass
class Balance:
    """What there is of one asset; `locked` is held by open orders."""

    free: Decimal = NOTHING
    locked: Decimal = NOTHING

    @property
    def total(self) -> Decimal:
        """Free and locked together."""
        return self.free + self.locked


@dataclass
class SpotOrder:
    """One order. A conditional one is not `is_working` before its stop price is reached.

    `quote_quantity` is what a market order may spend or bring in USDT, 0 where it names a
    quantity; `reserved` is what the order still locks, of USDT for a buyer and of coins for a
    seller.
    """

    id: int
    client_id: str
    symbol: str
    side: str
    kind: str
    quantity: Decimal
    price: Decimal = NOTHING
    stop_price: Decimal = NOTHING
    quote_quantity: Decimal = NOTHING
    time_in_force: str = "GTC"
    created_ms: int = 0
    updated_ms: int = 0
    working_ms: int = 0
    status: str = "NEW"
    executed: Decimal = NOTHING
    quote: Decimal = NOTHING
    reserved: Decimal = NOTHING

    @property
    def base(self) -> str:
        """The coin."""
        return self.symbol.removesuffix(QUOTE)

    @property
    def buys(self) -> bool:
        """Whether it buys."""
        return self.side == BUY

    @property
    def pays_with(self) -> str:
        """The asset that it gives away."""
        return QUOTE if self.buys else self.base

    @property
    def is_conditional(self) -> bool:
        """Whether it waits, or has waited, for a stop price."""
        return self.kind in CONDITIONAL

    @property
    def is_working(self) -> bool:
        """Whether it is on the book: a conditional one from its stop price on."""
        return self.working_ms > 0

    @property
    def is_open(self) -> bool:
        """Whether it can still fill."""
        return self.status in OPEN_STATES

    @property
    def left(self) -> Decimal:
        """The quantity that is not filled yet."""
        return self.quantity - self.executed

    @property
    def level(self) -> Decimal:
        """The price that it waits for."""
        return self.price if self.is_working else self.stop_price

    @property
    def waits_below(self) -> bool:
        """Whether it acts when the price falls to its level, else when it rises to it."""
        if self.is_working or self.kind == "TAKE_PROFIT_LIMIT":
            return self.buys
        return not self.buys


@dataclass(frozen=True)
class SpotFill:
    """One execution; the fee is in `fee_asset`, which is what the fill brought in."""

    id: int
    order_id: int
    symbol: str
    side: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    time_ms: int
    is_maker: bool


@dataclass
class SpotWallet:
    """The state of the account."""

    balances: dict[str, Balance] = field(default_factory=dict)
    orders: dict[int, SpotOrder] = field(default_factory=dict)
    fills: list[SpotFill] = field(default_factory=list)
    updated_ms: int = 0

    def of(self, asset: str) -> Balance:
        """Return the balance of an asset."""
        return self.balances.setdefault(asset, Balance())

    def next_id(self) -> int:
        """Return the id that the next order gets."""
        return len(self.orders) + 1

    def open_orders(self, symbol: str | None = None) -> list[SpotOrder]:
        """Return open orders, oldest first, of one coin or all."""
        return [
            order
            for order in self.orders.values()
            if order.is_open and symbol in (None, order.symbol)
        ]

    def of_client(self, client_id: str) -> list[SpotOrder]:
        """Return the orders with the client's id, newest first."""
        named = (one for one in reversed(self.orders.values()) if one.client_id == client_id)
        return list(named)

    def accept(self, order: SpotOrder, needed: Decimal) -> SpotOrder:
        """Take an order in and lock what it needs; raises `ApiError` -2010 for more than is free.

        Also for an open order of the same client id.
        """
        if any(one.is_open for one in self.of_client(order.client_id)):
            raise ApiError(REJECTED, "Duplicate order sent.")
        balance = self.of(order.pays_with)
        if needed > balance.free:
            raise ApiError(REJECTED, NO_FUNDS)
        balance.free -= needed
        balance.locked += needed
        order.reserved = needed
        self.orders[order.id] = order
        self.updated_ms = order.created_ms
        return order

    def fill(
        self, order: SpotOrder, price: Decimal, quantity: Decimal, time_ms: int, *, is_maker: bool
    ) -> SpotFill:
        """Book an execution: give what the order had locked, get the other side less the fee."""
        cost = price * quantity
        given, taken = self.of(order.pays_with), self.of(order.base if order.buys else QUOTE)
        reserved = (order.price or price) * quantity if order.buys else quantity
        given.locked -= reserved
        order.reserved -= reserved
        if order.buys:
            given.free += reserved - cost  # filled at a better price than its limit
        brought = quantity if order.buys else cost
        fee = (brought * FEE).quantize(ASSET_STEP)
        taken.free += brought - fee
        order.executed += quantity
        order.quote += cost
        order.status = "PARTIALLY_FILLED" if order.left else "FILLED"
        order.updated_ms = self.updated_ms = time_ms
        fill = SpotFill(
            id=len(self.fills) + 1,
            order_id=order.id,
            symbol=order.symbol,
            side=order.side,
            price=price,
            quantity=quantity,
            fee=fee,
            fee_asset=order.base if order.buys else QUOTE,
            time_ms=time_ms,
            is_maker=is_maker,
        )
        self.fills.append(fill)
        return fill

    def end(self, order: SpotOrder, status: str, time_ms: int) -> SpotOrder:
        """End an open order and unlock what it did not need."""
        balance = self.of(order.pays_with)
        balance.locked -= order.reserved
        balance.free += order.reserved
        order.reserved = NOTHING
        order.status, order.updated_ms = status, time_ms
        self.updated_ms = time_ms
        return order


def opened(balance_usd: float) -> SpotWallet:
    """Return the account that holds so many USDT and nothing else."""
    return SpotWallet({QUOTE: Balance(Decimal(f"{balance_usd:.8f}"))})
