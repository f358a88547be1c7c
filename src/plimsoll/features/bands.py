"""Bands: how far the price is from its average, in deviations or true ranges."""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

from plimsoll.features.arrays import zscore
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import (
    average_true_range,
    deviation_of,
    ema_of,
    mean_of,
)
from plimsoll.features.kernels import rolling_rank
from plimsoll.features.registry import Unit, feature
from plimsoll.features.warmup import FORGOTTEN, ema_lookback_candles, wilder_lookback_candles

RANGE = ("high", "low", "close")
BOLLINGER = "Bollinger (2001), Bollinger on Bollinger Bands, ch. 7 (sample deviation)"
KELTNER = "Keltner (1960), How to Make Money in Commodities; Raschke's form: EMA and ATR"


def _keltner_lookback(period: int) -> int:
    return max(ema_lookback_candles(period), wilder_lookback_candles(period) + 1)


@feature(
    lookback_candles=lambda period, deviations: period - 1,
    unit=Unit.PRICE,
    source=BOLLINGER,
    defaults={"period": 20, "deviations": 2},
    least={"period": 2},
    numbers={"deviations": (0, 100)},
)
def bollinger_upper(candles: Candles, *, period: int, deviations: float) -> Floats:
    """Moving average plus a number of deviations."""
    middle = candles.shared(mean_of, "close", period)
    return middle + deviations * candles.shared(deviation_of, "close", period)


@feature(
    lookback_candles=lambda period, deviations: period - 1,
    unit=Unit.PRICE,
    source=BOLLINGER,
    defaults={"period": 20, "deviations": 2},
    least={"period": 2},
    numbers={"deviations": (0, 100)},
)
def bollinger_lower(candles: Candles, *, period: int, deviations: float) -> Floats:
    """Moving average less a number of deviations."""
    middle = candles.shared(mean_of, "close", period)
    return middle - deviations * candles.shared(deviation_of, "close", period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.DEVIATIONS,
    source=f"{BOLLINGER}; %b as a z-score",
    defaults={"period": 20},
    least={"period": 2},
)
def bollinger_position(candles: Candles, *, period: int) -> Floats:
    """Close from its moving average in deviations; NaN while the price stands still."""
    spread = candles.shared(deviation_of, "close", period)
    return (candles["close"] - candles.shared(mean_of, "close", period)) / spread


def _width(candles: Candles, period: int) -> Floats:
    middle = candles.shared(mean_of, "close", period)
    return 4 * candles.shared(deviation_of, "close", period) / middle


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source="Bollinger (2001), Bollinger on Bollinger Bands, ch. 7 (BandWidth at two deviations)",
    defaults={"period": 20},
    least={"period": 2},
)
def bollinger_width(candles: Candles, *, period: int) -> Floats:
    """Distance of the bands, two deviations either way, over the average."""
    return candles.shared(_width, period)


@feature(
    lookback_candles=lambda period, window: period - 1 + window,
    unit=Unit.FRACTION,
    source="Bollinger (2001), Bollinger on Bollinger Bands, ch. 15 (the squeeze, as a percentile)",
    defaults={"period": 20, "window": 288},
    least={"period": 2},
)
def bollinger_width_rank(candles: Candles, *, period: int, window: int) -> Floats:
    """Share of the window's earlier widths that lie below the present one: near 0 in a squeeze."""
    return rolling_rank(candles.shared(_width, period), window)


@feature(
    lookback_candles=lambda period, ranges: _keltner_lookback(period),
    unit=Unit.PRICE,
    source=KELTNER,
    tolerance=FORGOTTEN,
    inputs=RANGE,
    defaults={"period": 20, "ranges": 2},
    least={"period": 2},
    numbers={"ranges": (0, 100)},
)
def keltner_upper(candles: Candles, *, period: int, ranges: float) -> Floats:
    """EMA plus a number of average true ranges."""
    middle = candles.shared(ema_of, "close", period)
    return middle + ranges * candles.shared(average_true_range, period)


@feature(
    lookback_candles=lambda period, ranges: _keltner_lookback(period),
    unit=Unit.PRICE,
    source=KELTNER,
    tolerance=FORGOTTEN,
    inputs=RANGE,
    defaults={"period": 20, "ranges": 2},
    least={"period": 2},
    numbers={"ranges": (0, 100)},
)
def keltner_lower(candles: Candles, *, period: int, ranges: float) -> Floats:
    """EMA less a number of average true ranges."""
    middle = candles.shared(ema_of, "close", period)
    return middle - ranges * candles.shared(average_true_range, period)


@feature(
    lookback_candles=lambda period: _keltner_lookback(period),
    unit=Unit.RATIO,
    source=KELTNER,
    tolerance=0.003,
    inputs=RANGE,
    defaults={"period": 20},
    least={"period": 2},
)
def keltner_position(candles: Candles, *, period: int) -> Floats:
    """Close from its EMA in average true ranges."""
    away = candles["close"] - candles.shared(ema_of, "close", period)
    return away / candles.shared(average_true_range, period)


@feature(
    lookback_candles=lambda period: wilder_lookback_candles(period) + 1,
    unit=Unit.RATIO,
    source="Carter (2012), Mastering the Trade, 2nd ed., ch. 11 (the squeeze)",
    tolerance=FORGOTTEN,
    inputs=RANGE,
    defaults={"period": 20},
    least={"period": 2},
)
def squeeze(candles: Candles, *, period: int) -> Floats:
    """Two deviations over one and a half true ranges: below 1 the bands lie in the channel."""
    spread = 2 * candles.shared(deviation_of, "close", period)
    return spread / (1.5 * candles.shared(average_true_range, period))


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source="Avellaneda & Lee (2010), Statistical Arbitrage in the US Equities Market, section 3",
    inputs=RANGE,
    defaults={"window": 288},
    least={"window": 2},
)
def price_zscore(candles: Candles, *, window: int) -> Floats:
    """Typical price less the window's mean, in standard deviations."""
    return zscore((candles["high"] + candles["low"] + candles["close"]) / 3, window)
