"""Trade as an agent decides that learned by reinforcement."""

from freqtrade.strategy import DecimalParameter

from plimsoll.features import volatility
from plimsoll.strategies import AgentStrategy, FeatureUse


class RLTrader(AgentStrategy):
    """Hold, enter, leave and scale as the agent in ``user_data/agents/RLTrader`` does.

    None ships: agents are trained by ``plimsoll agents train``, and on real data none has shown
    yet that it adds value. Without one nothing is entered.
    """

    timeframe = "1h"

    stop_atr = DecimalParameter(4.0, 16.0, default=10.0, decimals=1, space="sell")

    def features(self) -> list[FeatureUse]:
        return [volatility.atr.use(period=14)]

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), self.stop_atr.value
