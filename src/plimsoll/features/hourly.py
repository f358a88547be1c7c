"""Features of hourly candles for a model: hours to two weeks, each seen from several sides."""

from plimsoll.features import (
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
from plimsoll.features.registry import FeatureUse


def candle_features() -> list[FeatureUse]:
    """Return 34 features that need nothing but candles: the shipped direction models' set.

    The usual parameters, extended to days where the usual ones count 5-minute candles. None was
    chosen by a result.
    """
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
