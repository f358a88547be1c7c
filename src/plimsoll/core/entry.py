"""What a strategy asks for before it takes more risk."""

from collections.abc import Mapping
from dataclasses import dataclass

from plimsoll.core.side import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRequest:
    """An entry, or an addition to the open position of the same pair (scale-in).

    Attributes
    ----------
    stake_usd
        The margin to be used; the notional is ``stake_usd * leverage``.
    stop_price
        Where the trade is closed at a loss; ``None`` for a trade without a stop, whose whole
        stake is at risk.
    target_price
        Where it is closed at a profit; ``None`` when no target is planned.
    fill_cost_fraction
        Cost of one fill as a fraction of its notional (``TradingCosts.fill_fraction``).
    mark_price
        What the market holds the pair to be worth now, apart from the order's own price; in a
        backtest the last close. ``None`` when unknown.
    spread_fraction
        Ask minus bid over mid, now; ``None`` when unknown.
    liquidity_usd
        Depth of the order book, both sides; in a backtest the turnover of the last candle.
        ``None`` when unknown.
    correlations
        Correlation of returns with each pair that is held; ``None`` when unknown.
    """

    pair: str
    side: Side
    stake_usd: float
    price: float
    stop_price: float | None
    target_price: float | None
    leverage: float
    fill_cost_fraction: float
    mark_price: float | None = None
    spread_fraction: float | None = None
    liquidity_usd: float | None = None
    correlations: Mapping[str, float] | None = None

    @property
    def notional_usd(self) -> float:
        """Size of the position asked for."""
        return self.stake_usd * self.leverage
