"""Trend, carry, crossing and slow trend as one portfolio."""

from typing import ClassVar

from freqtrade.strategy import CategoricalParameter, DecimalParameter

from plimsoll.signals.ensemble import ALLOCATORS, Allocator
from plimsoll.signals.rule_ensemble import rule_ensemble
from plimsoll.strategies import Panel, PortfolioStrategy, Targets


class Ensemble(PortfolioStrategy):
    """Hold the sum of what four strategies would hold; the entry tag says what each of them wants.

    TrendPortfolio, FundingCarry, MomentumCross and SlowTrend take part with their defaults, each
    with its own entries, exits and stops; only orders are netted. It decides with each day, and at
    each candle of 4h at which one of them opened or closed a position. How much of each is
    `weighting`; `RLAllocator` has a learned way.

    A bot learns what its sleeves hold from candles alone, and its size from what they held in the
    last 365 days: it fetches as much of the past as that takes.
    """

    panel_timeframes = ("1d", "4h")
    panel_funding = True
    panel_days: ClassVar[dict[str, int]] = {"1d": 1000, "4h": 500, "funding": 600}

    target_volatility = DecimalParameter(0.04, 0.15, default=0.09, decimals=2, space="buy")
    buffer = DecimalParameter(0.1, 0.6, default=0.3, decimals=2, space="buy")
    weighting = CategoricalParameter(list(ALLOCATORS), default="equal", space="buy")

    def targets(self, panel: Panel) -> Targets:
        return rule_ensemble(
            panel.closes("1d"),
            panel.closes("4h"),
            panel.candles["4h"],
            panel.settlements,
            members=panel.members,
            allocator=self.allocator(),
            target_volatility=self.target_volatility.value,
        )

    def allocator(self) -> Allocator:
        """Return the way to share: from the components' daily returns to their shares."""
        return ALLOCATORS[self.weighting.value]
