"""Trend, carry, crossing and slow trend as one portfolio."""

import pandas as pd
from freqtrade.strategy import CategoricalParameter, DecimalParameter

from plimsoll.signals.carry import WINDOWS, carry_targets
from plimsoll.signals.components import (
    COMPONENT_VOLATILITY,
    crossing_rule,
    following_rule,
    held_sides,
    on_candles,
)
from plimsoll.signals.ensemble import ALLOCATORS, Allocator, ensemble_targets
from plimsoll.signals.panels import full_sizes
from plimsoll.signals.trend_following import HORIZONS, trend_targets
from plimsoll.strategies import Panel, PortfolioStrategy, Targets


class Ensemble(PortfolioStrategy):
    """Hold the mean of four strategies' weights; the entry tag says what each of them wants.

    TrendPortfolio, FundingCarry, MomentumCross and SlowTrend take part with their defaults. How
    much of each is `weighting`; a learned allocator overrides `allocator`.
    """

    panel_timeframes = ("1d", "4h")
    panel_funding = True

    target_volatility = DecimalParameter(0.04, 0.15, default=0.09, decimals=2, space="buy")
    buffer = DecimalParameter(0.1, 0.6, default=0.3, decimals=2, space="buy")
    weighting = CategoricalParameter(list(ALLOCATORS), default="equal", space="buy")

    def targets(self, panel: Panel) -> Targets:
        days, closes = panel.closes("1d"), panel.closes("4h")
        sizing = {"target_volatility": COMPONENT_VOLATILITY, "volatility_days": 30}
        trend = trend_targets(days, horizons=HORIZONS, short_strength=0.5, **sizing)
        carry = carry_targets(days, panel.settlements, windows=WINDOWS, scale_days=180, **sizing)
        opens, of_pairs = pd.DatetimeIndex(closes.index), panel.candles["4h"]
        single = on_candles(full_sizes(days, longest=60, strength=1.0, **sizing), opens)
        components = {
            "trend": on_candles(trend.weights, opens),
            "carry": on_candles(carry.weights, opens),
            "cross": held_sides(of_pairs, opens, crossing_rule) * single,
            "follow": held_sides(of_pairs, opens, following_rule) * single,
        }
        return ensemble_targets(
            components,
            closes,
            panel.settlements,
            trend.full_sizes,
            allocator=self.allocator(),
            target_volatility=self.target_volatility.value,
        )

    def allocator(self) -> Allocator:
        """Return the way to share: from the components' daily returns to their shares."""
        return ALLOCATORS[self.weighting.value]
