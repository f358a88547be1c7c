"""TrendFollow's entries with an ATR stop and a take-profit in code, on our base."""

from datetime import datetime

import pandas as pd
from freqtrade.persistence import Trade

from plimsoll.features import trend, volatility
from plimsoll.signals.trend import trend_ended, trend_with_regime
from plimsoll.strategies import FeatureUse, GuardedStrategy, Side

ATR = volatility.atr.use(period=14)


class BracketTrend(GuardedStrategy):
    """The guarded half of the benchmark's pair."""

    timeframe = "5m"
    use_custom_roi = False

    def features(self) -> list[FeatureUse]:
        return [
            trend.ema_gap.use(fast=20, slow=80),
            trend.ema_slope.use(period=80, over=12),
            trend.adx.use(period=14),
            ATR,
            volatility.atr_fraction.use(period=14),
        ]

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        gap, slope, adx, _, atr_fraction = (candles[use.column] for use in self.features())
        return trend_with_regime(
            side=side,
            gap=gap,
            slope=slope,
            strength=adx,
            atr_fraction=atr_fraction,
            min_strength=25,
            min_atr_fraction=0.0015,
        )

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return trend_ended(side=side, gap=candles[self.features()[0].column])

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return ATR, 3.0

    def exit_reason(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> str | None:
        distance = self.value_before(trade.pair, trade.open_date_utc, ATR)
        if distance is None:
            return None
        moved = (price - trade.open_rate) * (-1 if trade.is_short else 1)
        return "take_profit" if moved >= 6.0 * distance else None
