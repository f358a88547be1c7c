"""Trade the side that several models together lean to."""

from datetime import datetime

import pandas as pd
from freqtrade.persistence import Trade
from freqtrade.strategy import DecimalParameter, IntParameter

from plimsoll.features import FeatureUse, volatility
from plimsoll.features.hourly import candle_features
from plimsoll.signals.model import leans, turned
from plimsoll.strategies import ModelStrategy, Side


class StackedSignal(ModelStrategy):
    """Enter when the stack (`StackingDirection`) leans to a side far enough to pay for the trade.

    The stack is calibrated: a lean of 0.15 times a move of 1 % is what a round trip costs. It
    leaves when the lean is gone, at the stop or at the time limit. Without a model, with one that
    is too old, and while fewer than half of its latest calls were right it enters nothing.
    """

    timeframe = "1h"

    min_lean = DecimalParameter(0.05, 0.40, default=0.15, decimals=2, space="buy")
    stop_atr = DecimalParameter(2.0, 8.0, default=4.0, decimals=1, space="sell")
    max_hold_hours = IntParameter(4, 72, default=24, space="sell")

    def model_features(self) -> list[FeatureUse]:
        return candle_features()

    def features(self) -> list[FeatureUse]:
        return [volatility.atr.use(period=14)]

    def least_lean(self) -> float:
        return float(self.min_lean.value)

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return leans(side=side, lean=candles["model_lean"], least=self.min_lean.value)

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return turned(side=side, lean=candles["model_lean"])

    def exit_reason(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> str | None:
        limit = self.max_hold_hours.value
        return "time_limit" if self.held_too_long(trade, now, limit) else None

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), self.stop_atr.value
