"""Carry across pairs: short where longs pay most funding, long where they are paid."""

from freqtrade.strategy import DecimalParameter, IntParameter

from plimsoll.signals.carry import CarryRule, carry_targets
from plimsoll.signals.panels import scaled
from plimsoll.strategies import Panel, PortfolioStrategy, Targets

RULE = CarryRule()


class FundingCarry(PortfolioStrategy):
    """Hold pairs by their funding against the others', never by its sign; weights sum to zero.

    The wide buffer is the hysteresis that keeps it net of costs. Sources: Koijen, Moskowitz,
    Pedersen and Vrugt (2018); Schmeling, Schrimpf and Todorov (2023).
    """

    panel_funding = True
    net_band = 0.05

    window_scale = DecimalParameter(0.5, 2.0, default=1.0, decimals=2, space="buy")
    scale_days = IntParameter(90, 365, default=RULE.scale_days, space="buy")
    target_volatility = DecimalParameter(
        0.04, 0.20, default=RULE.target_volatility, decimals=2, space="buy"
    )
    buffer = DecimalParameter(0.2, 0.6, default=0.35, decimals=2, space="buy")

    def targets(self, panel: Panel) -> Targets:
        rule = CarryRule(
            windows=scaled(RULE.windows, self.window_scale.value),
            scale_days=self.scale_days.value,
            target_volatility=self.target_volatility.value,
        )
        days = panel.closes("1d")
        return carry_targets(days, panel.settlements, rule, members=panel.members)
