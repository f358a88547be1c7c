"""Trend, carry, crossing and slow trend as one portfolio, shared out by a learned allocator."""

from typing import ClassVar

from freqtrade.strategy import DecimalParameter

from plimsoll.signals.rule_ensemble import rule_ensemble
from plimsoll.strategies import AllocatorStrategy, Panel, Targets


class RLAllocator(AllocatorStrategy):
    """Hold what `Ensemble` does, in the shares of an allocator in ``user_data/agents/RLAllocator``.

    None ships: allocators are trained by ``plimsoll agents allocate``, and on real data none has
    shown yet that it adds value. Without one the shares are equal, which is `Ensemble` itself.
    """

    panel_timeframes = ("1d", "4h")
    panel_funding = True
    panel_days: ClassVar[dict[str, int]] = {"1d": 1200, "4h": 680, "funding": 780}

    target_volatility = DecimalParameter(0.04, 0.15, default=0.09, decimals=2, space="buy")
    buffer = DecimalParameter(0.1, 0.6, default=0.3, decimals=2, space="buy")

    def targets(self, panel: Panel) -> Targets:
        return rule_ensemble(
            panel.closes("1d"),
            panel.closes("4h"),
            panel.candles["4h"],
            panel.settlements,
            members=panel.members,
            allocator=self.learned_shares,
            target_volatility=self.target_volatility.value,
        )
