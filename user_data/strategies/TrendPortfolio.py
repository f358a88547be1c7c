"""Time-series momentum over several horizons, sized by volatility, across all pairs."""

from freqtrade.strategy import DecimalParameter, IntParameter

from plimsoll.signals.panels import scaled
from plimsoll.signals.trend_following import TrendRule, trend_targets
from plimsoll.strategies import Panel, PortfolioStrategy, Targets

RULE = TrendRule()


class TrendPortfolio(PortfolioStrategy):
    """Hold every pair by the strength of its trend, at a target volatility of the portfolio.

    Sources: Moskowitz, Ooi and Pedersen (2012); Baltas and Kosowski (2013); Carver (2015).
    """

    horizon_scale = DecimalParameter(0.5, 1.5, default=1.0, decimals=2, space="buy")
    volatility_days = IntParameter(10, 60, default=RULE.volatility_days, space="buy")
    short_strength = DecimalParameter(
        0.0, 1.0, default=RULE.short_strength, decimals=2, space="buy"
    )
    target_volatility = DecimalParameter(
        0.04, 0.20, default=RULE.target_volatility, decimals=2, space="buy"
    )
    buffer = DecimalParameter(0.1, 0.5, default=0.2, decimals=2, space="buy")

    def targets(self, panel: Panel) -> Targets:
        rule = TrendRule(
            horizons=scaled(RULE.horizons, self.horizon_scale.value),
            volatility_days=self.volatility_days.value,
            short_strength=self.short_strength.value,
            target_volatility=self.target_volatility.value,
        )
        return trend_targets(panel.closes("1d"), rule, members=panel.members)
