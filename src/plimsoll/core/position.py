"""Open positions and closed trades, as values."""

from dataclasses import dataclass
from datetime import datetime
from math import isfinite, nan

from plimsoll.core.side import Side


def _largest(*numbers: float) -> float:
    """Return the largest, or NaN if any is not finite: ``max`` would drop a NaN or -inf."""
    # A sum is finite only if all of its numbers are: one test instead of one for each.
    return max(numbers) if isfinite(sum(numbers)) or all(map(isfinite, numbers)) else nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One open position; ``None`` is what the caller cannot know.

    Attributes
    ----------
    amount
        In the base currency, positive for both sides.
    mark_price
        The price the position would close at now; ``None`` when it cannot be marked.
    stop_price
        Where the position is closed at a loss; ``None`` for a position without a stop.
    liquidation_price
        Where the exchange closes it; ``None`` when unknown or when there is none.
    margin_usd
        The money that backs it; all of it is at risk where there is no stop.
    """

    pair: str
    side: Side
    entry_price: float
    mark_price: float | None
    amount: float
    leverage: float
    stop_price: float | None
    liquidation_price: float | None
    margin_usd: float | None
    opened_at: datetime

    @property
    def notional_usd(self) -> float:
        """Size at the mark, or at the entry where that is larger or the mark is unknown."""
        if self.mark_price is None:
            return self.amount * self.entry_price
        return self.amount * _largest(self.mark_price, self.entry_price)

    @property
    def unrealised_usd(self) -> float | None:
        """Profit at the mark before fees; ``None`` when there is no mark."""
        if self.mark_price is None:
            return None
        return (self.mark_price - self.entry_price) * self.side.sign * self.amount

    @property
    def risk_usd(self) -> float | None:
        """What the stop would cost: its heat.

        The larger of the planned loss (entry to stop) and of what equity would lose from here
        (mark to stop), never negative. Without a stop the whole margin is at risk; ``None``
        when that is unknown.
        """
        if self.stop_price is None:
            return self.margin_usd
        mark = self.entry_price if self.mark_price is None else self.mark_price
        sign, stop, amount = self.side.sign, self.stop_price, self.amount
        planned, from_here = (
            (self.entry_price - stop) * sign * amount,
            (mark - stop) * sign * amount,
        )
        return _largest(0.0, planned, from_here)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedTrade:
    """One closed trade, after fees and funding.

    ``profit_fraction`` is of the stake (the margin), as Freqtrade's ``close_profit``.
    """

    pair: str
    side: Side
    opened_at: datetime
    closed_at: datetime
    profit_usd: float
    profit_fraction: float
    stake_usd: float
