"""Trade where positions are being opened, if a model trained on open interest agrees."""

import numpy as np
import pandas as pd
from freqtrade.strategy import DecimalParameter

from plimsoll.features import (
    FeatureUse,
    open_interest,
    oscillators,
    returns,
    seasonality,
    volatility,
    volume,
)
from plimsoll.signals.model import leans, turned
from plimsoll.strategies import ModelStrategy, Side


class OiClassifier(ModelStrategy):
    """Enter on the side on which positions were opened lately, where the model leans to it too.

    The rule: of the day's growth of open interest at least `min_build_up` more came with moves to
    that side than with moves against it. The model (`LightGBMDirection` in the shipped layer)
    learns from open interest and candles. Where open interest is missing or older than two hours
    there is neither rule nor forecast, and nothing is entered; nor without a model, with one that
    is too old, and while fewer than half of its latest calls were right.
    """

    timeframe = "1h"

    min_lean = DecimalParameter(0.05, 0.40, default=0.15, decimals=2, space="buy")
    min_build_up = DecimalParameter(0.0, 0.8, default=0.2, decimals=2, space="buy")
    stop_atr = DecimalParameter(2.0, 8.0, default=4.0, decimals=1, space="sell")

    def model_features(self) -> list[FeatureUse]:
        interest = open_interest
        return [
            *(interest.open_interest_velocity.use(period=period) for period in (4, 24)),
            interest.open_interest_acceleration.use(period=12),
            interest.open_interest_zscore.use(window=96),
            interest.open_interest_volatility.use(period=48),
            interest.open_interest_drawdown.use(period=96),
            interest.open_interest_per_volume.use(period=24),
            interest.open_interest_divergence.use(period=24, window=96),
            interest.open_interest_price_correlation.use(period=48),
            interest.open_interest_buildup.use(period=24),
            interest.open_interest_unwind.use(period=24),
            interest.open_interest_flush_side.use(period=4, window=96),
            *(returns.close_return.use(period=period) for period in (1, 4, 24)),
            volatility.atr_fraction.use(period=14),
            oscillators.rsi.use(period=14),
            volume.volume_rank.use(window=96),
            seasonality.day_sine.use(),
            seasonality.day_cosine.use(),
        ]

    def features(self) -> list[FeatureUse]:
        return [volatility.atr.use(period=14), open_interest.open_interest_buildup.use(period=24)]

    def least_lean(self) -> float:
        return float(self.min_lean.value)

    def interest_side(self, candles: pd.DataFrame) -> pd.Series:
        return candles["open_interest_buildup_24"].apply(np.sign)

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        opened = candles["open_interest_buildup_24"]
        with_the_rule = leans(side=side, lean=opened, least=self.min_build_up.value)
        return with_the_rule & leans(
            side=side, lean=candles["model_lean"], least=self.min_lean.value
        )

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return turned(side=side, lean=candles["model_lean"])

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), self.stop_atr.value
