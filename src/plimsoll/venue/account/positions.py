"""One isolated position and what a trade does to it. Pure arithmetic."""

from dataclasses import dataclass, replace

from plimsoll.venue.account.brackets import bracket_for, brackets_of

AMOUNT_TOLERANCE = 1e-9
"""Base amounts up to this are the rounding of summed floats, not a position."""
AMOUNT_DECIMALS = 8
"""Decimals of any amount, as on Binance: sums are rounded to them, so that a million coins in
hundredths leave no dust above `AMOUNT_TOLERANCE` behind."""


@dataclass(frozen=True)
class Position:
    """A one-way isolated position. `amount` is signed; `wallet_usd` is its own margin."""

    symbol: str
    amount: float = 0.0
    entry_price: float = 0.0
    wallet_usd: float = 0.0
    leverage: float = 20
    margin_type: str = "isolated"
    updated_ms: int = 0

    @property
    def is_open(self) -> bool:
        """Whether anything is held."""
        return abs(self.amount) > AMOUNT_TOLERANCE

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
        mode: (W + cum − a·E) / (|a|·rate − a) for a signed amount a, in the bracket that holds
        the position at that price. 0 without a position, and where no price is low enough.
        """
        if not self.is_open:
            return 0.0
        price = 0.0
        for bracket in brackets_of(self.symbol):
            numerator = self.wallet_usd + bracket.cum_usd - self.amount * self.entry_price
            divisor = abs(self.amount) * bracket.maintenance_fraction - self.amount
            price = max(numerator / divisor, 0.0)
            if abs(self.amount) * price <= bracket.cap_usd:
                break
        return price

    @property
    def bankruptcy_price(self) -> float:
        """Return the price at which the position's own margin is lost whole; at least 0.

        Source: Binance, "Binance Futures Liquidation Protocols".
        """
        if not self.is_open:
            return 0.0
        return max(self.entry_price - self.wallet_usd / self.amount, 0.0)


@dataclass(frozen=True)
class Traded:
    """What a trade made: the position after, what came back to the free balance, the profit.

    `cash_usd` holds released margin and profit less the margin of what was opened;
    `realized_usd` is None when nothing was closed.
    """

    position: Position
    cash_usd: float
    realized_usd: float | None


def trade(position: Position, signed: float, price: float, time_ms: int) -> Traded:
    """Return what buying (positive) or selling (negative) an amount at a price makes of it.

    The opposite position is closed first, and its margin released in proportion; the rest opens.
    """
    closing = min(abs(signed), abs(position.amount)) if position.amount * signed < 0 else 0.0
    closed = _close(position, closing, price, time_ms)
    opening = round(abs(signed) - closing, AMOUNT_DECIMALS)
    if opening <= AMOUNT_TOLERANCE:
        return closed
    opened = _open(closed.position, opening if signed > 0 else -opening, price, time_ms)
    return replace(
        opened, cash_usd=closed.cash_usd + opened.cash_usd, realized_usd=closed.realized_usd
    )


def _close(position: Position, quantity: float, price: float, time_ms: int) -> Traded:
    if quantity <= 0.0:
        return Traded(position, 0.0, None)
    sign = 1.0 if position.amount > 0 else -1.0
    realized = (price - position.entry_price) * quantity * sign
    left = round(position.amount - sign * quantity, AMOUNT_DECIMALS)
    if abs(left) < AMOUNT_TOLERANCE:
        emptied = replace(position, amount=0.0, entry_price=0.0, wallet_usd=0.0, updated_ms=time_ms)
        return Traded(emptied, position.wallet_usd + realized, realized)
    released = position.wallet_usd * quantity / abs(position.amount)
    after = replace(
        position, amount=left, wallet_usd=position.wallet_usd - released, updated_ms=time_ms
    )
    return Traded(after, released + realized, realized)


def _open(position: Position, signed: float, price: float, time_ms: int) -> Traded:
    amount = round(position.amount + signed, AMOUNT_DECIMALS)
    entry = (position.amount * position.entry_price + signed * price) / amount
    margin = abs(signed) * price / position.leverage
    after = replace(
        position,
        amount=amount,
        entry_price=entry,
        wallet_usd=position.wallet_usd + margin,
        updated_ms=time_ms,
    )
    return Traded(after, -margin, None)
