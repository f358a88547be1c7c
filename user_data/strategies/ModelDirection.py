"""Trade the side that a FreqAI classifier leans to."""

import pandas as pd
from freqtrade.strategy import DecimalParameter

from plimsoll.features import FeatureUse, volatility
from plimsoll.features.hourly import candle_features
from plimsoll.signals.model import leans, turned
from plimsoll.strategies import ModelStrategy, Side


class ModelDirection(ModelStrategy):
    """Enter when the forecast leans to a side far enough; leave when it no longer does.

    The model (`LightGBMDirection`, or another by ``--freqaimodel``) forecasts whether the close
    will be 0.5 % higher or lower after the horizon, 4 hours in the shipped layers.
    """

    timeframe = "1h"

    min_lean = DecimalParameter(0.05, 0.40, default=0.15, decimals=2, space="buy")
    stop_atr = DecimalParameter(2.0, 8.0, default=4.0, decimals=1, space="sell")

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

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), self.stop_atr.value
