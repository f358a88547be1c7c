"""Trade the side that a FreqAI classifier leans to."""

import pandas as pd
from freqtrade.strategy import DecimalParameter

from plimsoll.features import (
    FeatureUse,
    bands,
    oscillators,
    regime,
    returns,
    seasonality,
    trend,
    volatility,
    volume,
    vwap,
)
from plimsoll.signals.model import leans, turned
from plimsoll.strategies import ModelStrategy, Side


class ModelDirection(ModelStrategy):
    """Enter when the forecast leans to a side far enough; leave when it no longer does.

    The model (`LightGBMDirection`) forecasts whether the close will be 0.5 % higher or lower
    after the horizon, 4 hours in the shipped profile.
    """

    timeframe = "1h"

    min_lean = DecimalParameter(0.05, 0.40, default=0.15, decimals=2, space="buy")
    stop_atr = DecimalParameter(2.0, 8.0, default=4.0, decimals=1, space="sell")

    def model_features(self) -> list[FeatureUse]:
        return [
            *(returns.close_return.use(period=period) for period in (1, 4, 12)),
            *(returns.momentum_scaled.use(period=period, window=168) for period in (24, 72, 168)),
            returns.return_autocorrelation.use(period=96),
            returns.return_skew.use(period=96),
            returns.close_location.use(),
            returns.up_fraction.use(period=24),
            volatility.atr_fraction.use(period=14),
            volatility.volatility_ratio.use(short=24, long=168),
            volatility.volatility_rank.use(period=24, window=336),
            volatility.volatility_asymmetry.use(period=96),
            volatility.range_expansion.use(period=24),
            trend.ema_gap.use(fast=20, slow=80),
            trend.ema_slope.use(period=50, over=12),
            trend.adx.use(period=14),
            trend.directional_balance.use(period=14),
            trend.donchian_position.use(period=48),
            trend.line_t_value.use(period=96),
            oscillators.rsi.use(period=14),
            bands.bollinger_position.use(period=20),
            bands.price_zscore.use(window=168),
            vwap.vwap_distance.use(period=96),
            volume.volume_rank.use(window=168),
            volume.bulk_volume_imbalance.use(period=48, window=96),
            volume.return_volume_correlation.use(period=96),
            seasonality.day_sine.use(),
            seasonality.day_cosine.use(),
            seasonality.week_sine.use(),
            seasonality.week_cosine.use(),
            regime.trend_regime.use(period=24),
            regime.efficiency_ratio.use(period=48),
        ]

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
