"""One futures account: balance, isolated one-way positions, and what fills do to them. Pure."""

from dataclasses import dataclass, field, replace

from plimsoll.venue.account.brackets import bracket_for

MAKER_FEE, TAKER_FEE = 0.0002, 0.0005
"""Binance USD-M fees of a regular account, as fractions of the notional."""
AMOUNT_TOLERANCE = 1e-9
"""Base amounts up to this are the rounding of summed floats, not a position."""


@dataclass(frozen=True)
class Position:
    """A one-way isolated position. `amount` is signed; `wallet_usd` is its own margin."""

    symbol: str
    amount: float = 0.0
    entry_price: float = 0.0
    wallet_usd: float = 0.0
    leverage: int = 20
    margin_type: str = "isolated"
    updated_ms: int = 0

    def unrealized_usd(self, mark: float) -> float:
        """Return the profit at a mark price."""
        return self.amount * (mark - self.entry_price)

    def maintenance_usd(self, price: float) -> float:
        """Return the margin that must remain at a price."""
        notional = abs(self.amount) * price
        bracket = bracket_for(self.symbol, notional)
        return notional * bracket.maintenance_fraction - bracket.cum_usd

    @property
    def liquidation_price(self) -> float:
        """Return the price at which the wallet plus profit equals the maintenance margin.

        Source: Binance, "How to calculate liquidation price of USD-M contracts", isolated
        mode: (W + cum − a·E) / (|a|·rate − a) for a signed amount a. 0 without a position.
        """
        if abs(self.amount) < AMOUNT_TOLERANCE:
            return 0.0
        bracket = bracket_for(self.symbol, abs(self.amount) * self.entry_price)
        numerator = self.wallet_usd + bracket.cum_usd - self.amount * self.entry_price
        divisor = abs(self.amount) * bracket.maintenance_fraction - self.amount
        return max(numerator / divisor, 0.0)


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
    """Free balance, positions and everything that was booked."""

    free_usd: float
    positions: dict[str, Position] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    income: list[Income] = field(default_factory=list)

    def position(self, symbol: str) -> Position:
        """Return the contract's position, an empty one when there is none."""
        return self.positions.get(symbol) or Position(symbol)

    @property
    def wallet_usd(self) -> float:
        """The balance with all isolated margins, without unrealized profit."""
        return self.free_usd + sum(position.wallet_usd for position in self.positions.values())

    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Set the leverage of future positions."""
        self.positions[symbol] = replace(self.position(symbol), leverage=leverage)

    def set_margin_type(self, symbol: str, margin_type: str) -> None:
        """Set the margin type."""
        self.positions[symbol] = replace(self.position(symbol), margin_type=margin_type)

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
    ) -> Fill:
        """Book an execution: close the opposite position, open the rest, pay the fee."""
        signed = quantity if side == "BUY" else -quantity
        before, number = self.position(symbol), len(self.fills) + 1
        closing = min(quantity, abs(before.amount)) if before.amount * signed < 0 else 0.0
        realized = self._close(symbol, closing, price, time_ms, number)
        opening = quantity - closing
        if opening > AMOUNT_TOLERANCE:
            self._open(symbol, opening if signed > 0 else -opening, price, time_ms)
        fee = quantity * price * (MAKER_FEE if is_maker else TAKER_FEE)
        self.free_usd -= fee
        self._book(symbol, "COMMISSION", -fee, time_ms, number)
        fill = Fill(
            number, order_id, symbol, side, price, quantity, fee, realized, time_ms, is_maker
        )
        self.fills.append(fill)
        return fill

    def _open(self, symbol: str, signed: float, price: float, time_ms: int) -> None:
        position = self.position(symbol)
        amount = position.amount + signed
        entry = (position.amount * position.entry_price + signed * price) / amount
        margin = abs(signed) * price / position.leverage
        self.free_usd -= margin
        self.positions[symbol] = replace(
            position,
            amount=amount,
            entry_price=entry,
            wallet_usd=position.wallet_usd + margin,
            updated_ms=time_ms,
        )

    def _close(
        self, symbol: str, quantity: float, price: float, time_ms: int, trade_id: int
    ) -> float:
        if quantity <= 0.0:
            return 0.0
        position = self.position(symbol)
        sign = 1.0 if position.amount > 0 else -1.0
        realized = (price - position.entry_price) * quantity * sign
        share = quantity / abs(position.amount)
        released = position.wallet_usd * share
        left = position.amount - sign * quantity
        self.free_usd += released + realized
        self._book(symbol, "REALIZED_PNL", realized, time_ms, trade_id)
        if abs(left) < AMOUNT_TOLERANCE:
            emptied = replace(position, amount=0.0, entry_price=0.0, wallet_usd=0.0)
            self.positions[symbol] = replace(emptied, updated_ms=time_ms)
        else:
            self.positions[symbol] = replace(
                position,
                amount=left,
                wallet_usd=position.wallet_usd - released,
                updated_ms=time_ms,
            )
        return realized

    def pay_funding(self, symbol: str, rate: float, mark: float, time_ms: int) -> None:
        """Book a funding payment to the position's own margin: longs pay a positive rate."""
        position = self.position(symbol)
        if abs(position.amount) < AMOUNT_TOLERANCE:
            return
        amount = -position.amount * mark * rate
        self.positions[symbol] = replace(position, wallet_usd=position.wallet_usd + amount)
        self._book(symbol, "FUNDING_FEE", amount, time_ms)

    def liquidate(self, symbol: str, time_ms: int) -> None:
        """Take a position over: its whole isolated margin is lost."""
        position = self.position(symbol)
        lost = -position.wallet_usd
        self._book(symbol, "INSURANCE_CLEAR", lost, time_ms)
        emptied = replace(position, amount=0.0, entry_price=0.0, wallet_usd=0.0)
        self.positions[symbol] = replace(emptied, updated_ms=time_ms)

    def transfer(self, amount_usd: float, time_ms: int, *, recorded: bool) -> None:
        """Pay in, or out with a negative amount; unrecorded, no income entry tells of it."""
        self.free_usd += amount_usd
        if recorded:
            self._book("", "TRANSFER", amount_usd, time_ms)

    def _book(
        self, symbol: str, kind: str, amount: float, time_ms: int, trade_id: int | None = None
    ) -> None:
        number = len(self.income) + 1
        self.income.append(Income(number, symbol, kind, amount, time_ms, trade_id))
