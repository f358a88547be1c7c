"""The plain twin with four of Freqtrade's own protections."""

from typing import Any

from freqtrade.strategy import IStrategy
from tests.bench.strategies.PlainBracketTrend import PlainBracketTrend as Plain


class PlainWithProtections(Plain, IStrategy):
    """Limits so wide that they deny next to nothing: their cost is what is measured."""

    @property
    def protections(self) -> list[dict[str, Any]]:
        window = {"lookback_period_candles": 288, "stop_duration_candles": 1}
        return [
            {"method": "CooldownPeriod", "stop_duration_candles": 1},
            {"method": "StoplossGuard", "trade_limit": 1000, **window},
            {"method": "MaxDrawdown", "trade_limit": 1000, "max_allowed_drawdown": 0.9, **window},
            {"method": "LowProfitPairs", "trade_limit": 1000, "required_profit": -1, **window},
        ]
