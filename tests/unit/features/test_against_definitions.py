"""Features against their definitions, written plainly with pandas or worked out by hand."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import talib

from plimsoll import features
from plimsoll.checks.market_frame import market_frame
from plimsoll.features import Candles
from plimsoll.features.intermediates import average_true_range
from plimsoll.features.kernels import kernel

ROWS = 700
Definition = Callable[[pd.DataFrame], pd.Series]


def returns(frame: pd.DataFrame) -> pd.Series:
    return np.log(frame["close"]).diff()


def interest(frame: pd.DataFrame) -> pd.Series:
    return np.log(frame["open_interest"]).diff()


def typical(frame: pd.DataFrame) -> pd.Series:
    return (frame["high"] + frame["low"] + frame["close"]) / 3


def zscore(values: pd.Series, window: int) -> pd.Series:
    rolling = values.rolling(window)
    return (values - rolling.mean()) / rolling.std()


def ranked(values: pd.Series, window: int) -> pd.Series:
    def share(part: np.ndarray) -> float:
        before, now = part[:-1], part[-1]
        return float((before < now).mean() + (before == now).mean() / 2)

    return values.rolling(window + 1).apply(share, raw=True)


def slope(values: pd.Series, window: int) -> pd.Series:
    return values.rolling(window).apply(
        lambda part: np.polyfit(np.arange(window), part, 1)[0], raw=True
    )


def true_ranges(frame: pd.DataFrame) -> pd.Series:
    before = frame["close"].shift()
    parts = [frame["high"] - frame["low"], frame["high"] - before, before - frame["low"]]
    return pd.concat(parts, axis=1).max(axis=1, skipna=False)


def choppiness(frame: pd.DataFrame, period: int) -> pd.Series:
    before = frame["close"].shift()
    top = np.maximum(frame["high"], before).rolling(period).max()
    bottom = np.minimum(frame["low"], before).rolling(period).min()
    path = true_ranges(frame).rolling(period).sum()
    return 100 * np.log10(path / (top - bottom)) / np.log10(period)


def yang_zhang(frame: pd.DataFrame, period: int) -> pd.Series:
    jump = np.log(frame["open"] / frame["close"].shift())
    body = np.log(frame["close"] / frame["open"])
    up, down = np.log(frame["high"] / frame["open"]), np.log(frame["low"] / frame["open"])
    rogers = (up * (up - body) + down * (down - body)).rolling(period).mean()
    weight = 0.34 / (1.34 + (period + 1) / (period - 1))
    parts = jump.rolling(period).var() + weight * body.rolling(period).var()
    return np.sqrt(parts + (1 - weight) * rogers)


def daily_vwap(frame: pd.DataFrame) -> pd.Series:
    day = frame["date"].dt.date
    money = (typical(frame) * frame["volume"]).groupby(day).cumsum()
    return money / frame["volume"].groupby(day).cumsum()


def flush(frame: pd.DataFrame, period: int, window: int) -> pd.Series:
    fall = -np.log(frame["open_interest"] / frame["open_interest"].shift(period))
    usual = interest(frame).rolling(window).std().shift(period) * np.sqrt(period)
    return fall.clip(lower=0) / usual


DEFINITIONS: dict[str, Definition] = {
    "close_return:period=7": lambda f: f["close"].pct_change(7),
    "drawdown:period=50": lambda f: f["close"] / f["high"].rolling(50).max() - 1,
    "momentum_scaled:period=20,window=60": lambda f: (
        returns(f).rolling(20).sum() / (returns(f).rolling(60).std() * np.sqrt(20))
    ),
    "return_skew:period=40": lambda f: (
        returns(f)
        .rolling(40)
        .apply(lambda p: ((p - p.mean()) ** 3).mean() / p.std() ** 3, raw=True)
    ),
    "return_kurtosis:period=40": lambda f: (
        returns(f)
        .rolling(40)
        .apply(lambda p: ((p - p.mean()) ** 4).mean() / p.var() ** 2 - 3, raw=True)
    ),
    "return_autocorrelation:period=40": lambda f: returns(f).rolling(40).corr(returns(f).shift()),
    "close_volatility:period=30": lambda f: returns(f).rolling(30).std(),
    "parkinson_volatility:period=30": lambda f: np.sqrt(
        (np.log(f["high"] / f["low"]) ** 2).rolling(30).mean() / (4 * np.log(2))
    ),
    "garman_klass_volatility:period=30": lambda f: np.sqrt(
        (
            0.5 * np.log(f["high"] / f["low"]) ** 2
            - (2 * np.log(2) - 1) * np.log(f["close"] / f["open"]) ** 2
        )
        .rolling(30)
        .mean()
    ),
    "yang_zhang_volatility:period=30": lambda f: yang_zhang(f, 30),
    "volatility_rank:period=20,window=50": lambda f: ranked(returns(f).rolling(20).std(), 50),
    "range_expansion:period=10": lambda f: true_ranges(f) / true_ranges(f).rolling(10).mean(),
    "sma_gap:fast=10,slow=40": lambda f: (
        f["close"].rolling(10).mean() / f["close"].rolling(40).mean() - 1
    ),
    "line_slope:period=30": lambda f: slope(np.log(f["close"]), 30),
    "line_fit:period=30": lambda f: (
        np.log(f["close"])
        .rolling(30)
        .apply(lambda p: np.corrcoef(np.arange(30), p)[0, 1] ** 2, raw=True)
    ),
    "candles_since_low:period=30": lambda f: (
        f["low"].rolling(30).apply(lambda p: 29 - p.argmin(), raw=True)
    ),
    "bollinger_upper:period=20,deviations=2.5": lambda f: (
        f["close"].rolling(20).mean() + 2.5 * f["close"].rolling(20).std()
    ),
    "price_zscore:window=40": lambda f: zscore(typical(f), 40),
    "williams_r:period=14": lambda f: pd.Series(
        talib.WILLR(f["high"], f["low"], f["close"], 14), f.index
    ),
    "chande_momentum:period=14": lambda f: (
        100 * f["close"].diff().rolling(14).sum() / f["close"].diff().abs().rolling(14).sum()
    ),
    "ultimate_oscillator": lambda f: pd.Series(
        talib.ULTOSC(f["high"], f["low"], f["close"], 7, 14, 28), f.index
    ),
    "money_flow:period=14": lambda f: pd.Series(
        talib.MFI(f["high"], f["low"], f["close"], f["volume"], 14), f.index
    ),
    "vwap:period=30": lambda f: (
        (typical(f) * f["volume"]).rolling(30).sum() / f["volume"].rolling(30).sum()
    ),
    "daily_vwap": daily_vwap,
    "volume_rank:window=50": lambda f: ranked(f["volume"], 50),
    "volume_for_the_hour:day=24,days=2": lambda f: (
        f["volume"] / ((f["volume"].shift(24) + f["volume"].shift(48)) / 2)
    ),
    "on_balance_volume:period=20": lambda f: (
        (np.sign(returns(f)) * f["volume"]).rolling(20).sum() / f["volume"].rolling(20).sum()
    ),
    "open_interest_velocity:period=12": lambda f: slope(np.log(f["open_interest"]), 12),
    "open_interest_acceleration:period=12": lambda f: slope(np.log(f["open_interest"]), 12).diff(
        12
    ),
    "open_interest_divergence:period=10,window=60": lambda f: (
        (
            returns(f).rolling(10).sum() / returns(f).rolling(60).std()
            - interest(f).rolling(10).sum() / interest(f).rolling(60).std()
        )
        / np.sqrt(10)
    ),
    "open_interest_price_beta:period=40": lambda f: (
        interest(f).rolling(40).cov(returns(f)) / returns(f).rolling(40).var()
    ),
    "open_interest_flush:period=3,window=60": lambda f: flush(f, 3, 60),
    "funding_zscore:window=100": lambda f: zscore(f["funding_rate"], 100),
    "funding_cumulated:period=96": lambda f: f["funding_paid"].rolling(96).sum(),
    "funding_rank:window=100": lambda f: ranked(f["funding_rate"], 100),
    "spot_basis": lambda f: f["close"] / f["spot_close"] - 1,
    "top_trader_divergence": lambda f: np.log(f["top_trader_position_ratio"] / f["account_ratio"]),
    "taker_imbalance:period=12": lambda f: (
        (2 * f["taker_buy_volume"] - f["volume"]).rolling(12).sum() / f["volume"].rolling(12).sum()
    ),
    "beta:period=60": lambda f: (
        returns(f).rolling(60).cov(np.log(f["reference_close"]).diff())
        / np.log(f["reference_close"]).diff().rolling(60).var()
    ),
    "relative_strength:period=30": lambda f: (
        np.log(f["close"] / f["close"].shift(30))
        - np.log(f["reference_close"] / f["reference_close"].shift(30))
    ),
    "choppiness:period=14": lambda f: choppiness(f, 14),
    "variance_ratio:period=60,horizon=4": lambda f: (
        np.log(f["close"]).diff(4).rolling(60).var() / returns(f).rolling(60).var() / 4
    ),
}


@pytest.mark.parametrize("text", DEFINITIONS)
def test_it_is_its_definition(text: str) -> None:
    frame = market_frame(ROWS)
    use = features.parse(text)
    found, expected = use(frame), DEFINITIONS[text](frame)
    seen = slice(use.lookback_candles, None)
    size = float(expected.iloc[seen].abs().max())
    np.testing.assert_allclose(found[seen], expected[seen], rtol=1e-8, atol=1e-9 * size)


def still(count: int) -> pd.DataFrame:
    dates = pd.date_range("2024-01-05", periods=count, freq="1h", tz="UTC")  # a Friday
    frame = pd.DataFrame({"date": dates, "volume": 1.0})
    return frame.assign(**dict.fromkeys(("open", "high", "low", "close"), 100.0))


def test_the_point_of_control_is_where_the_volume_was() -> None:
    frame = still(24)
    prices = np.linspace(100, 124, 24)
    for name in ("high", "low", "close"):
        frame[name] = prices
    frame.loc[10, "volume"] = 100.0
    column = features.parse("point_of_control_distance:period=24")(frame)
    # 24 bins from 100 to 124: the price of row 10 is in bin 10, whose middle is 110.5.
    assert column.iloc[-1] == pytest.approx(124 / 110.5 - 1)
    share = features.parse("profile_concentration:period=24")(frame).iloc[-1]
    assert share == pytest.approx(100 / 123)


def test_the_value_area_holds_at_least_seven_tenths() -> None:
    frame = still(24)
    prices = np.linspace(100, 124, 24)
    for name in ("high", "low", "close"):
        frame[name] = prices
    width = features.parse("value_area_width:period=24")(frame).iloc[-1] * 124
    # One unit in each of 24 bins of 1: 17 bins hold 17/24 = 0.708, 16 only 0.667.
    assert width == pytest.approx(17.0)


def test_the_circles_of_time() -> None:
    frame = still(80)
    at = {name: features.parse(name)(frame) for name in ("day_sine", "day_cosine", "weekend")}
    assert at["day_cosine"].iloc[[0, 6, 12]].tolist() == pytest.approx([1, 0, -1])
    assert at["day_sine"].iloc[[0, 6, 18]].tolist() == pytest.approx([0, 1, -1])
    assert at["weekend"].tolist() == [0.0] * 24 + [1.0] * 48 + [0.0] * 8
    week = features.parse("week_cosine")(frame)
    assert week.iloc[72] == pytest.approx(1.0)  # Monday, midnight
    clock = features.parse("funding_clock:hours=8")(frame)
    assert clock.iloc[[0, 2, 7, 8]].tolist() == [0, 0.25, 0.875, 0]
    us = features.parse("us_session")(frame)
    assert us.iloc[:24].tolist() == [0.0] * 13 + [1.0] * 8 + [0.0] * 3
    assert us.iloc[24:72].sum() == 0


def test_every_flow_into_the_bid_counts_for_buyers() -> None:
    # Bid up from 99 to 100: its 5 coins are new. Ask up: the 4 coins that stood there are gone.
    book = pd.DataFrame(
        {
            "bid_price": [99.0, 100.0],
            "ask_price": [101.0, 102.0],
            "bid_amount": [3.0, 5.0],
            "ask_amount": [4.0, 6.0],
        }
    )
    raw = features.get("order_flow_imbalance").formula(features.Candles(book), period=1)
    assert raw[1] == pytest.approx((5 + 4) / ((5 + 6) / 2))


def test_positions_opened_while_the_price_rose() -> None:
    frame = pd.DataFrame(
        {"close": [100.0, 101, 102, 101], "open_interest": [1000.0, 1100, 1210, 1331]}
    )
    # Three growths of 10 %, two of them on rising candles.
    use = features.parse("open_interest_buildup:period=3")
    assert use(frame).iloc[-1] == pytest.approx(1 / 3)


def test_a_straight_line_has_a_perfect_fit_and_a_standstill_none() -> None:
    frame = still(40)
    frame["close"] = 100 * np.exp(0.01 * np.arange(40))
    assert features.parse("line_fit:period=20")(frame).iloc[-1] == pytest.approx(1.0)
    assert features.parse("line_slope:period=20")(frame).iloc[-1] == pytest.approx(0.01)
    assert np.isnan(features.parse("line_fit:period=20")(still(40)).iloc[-1])
    assert features.parse("line_slope:period=20")(still(40)).iloc[-1] == 0


def test_a_deviation_after_a_crash_forgets_it() -> None:
    frame = still(400)
    frame["close"] = 100 + np.tile([0.0, 0.001], 200)
    frame.loc[100, "close"] = 1e6
    deviation = (
        features.parse("bollinger_width:period=20")(frame) * frame["close"].rolling(20).mean()
    )
    expected = 4 * frame["close"].iloc[-20:].std()
    assert deviation.iloc[-1] == pytest.approx(expected, rel=1e-6)


def test_atr_and_its_fraction_are_computed_once() -> None:
    shared = Candles(market_frame(300))
    atr = features.parse("atr:period=14")(shared)
    fraction = features.parse("atr_fraction:period=14")(shared)
    assert shared.shared(average_true_range, 14) is shared.shared(average_true_range, 14)
    np.testing.assert_array_equal(fraction, atr / shared["close"])


def test_a_shared_result_keeps_its_first_values() -> None:
    shared = Candles(market_frame(300))
    features.parse("atr:period=14")(shared)  # blanks 95 rows of its own copy
    assert np.isfinite(shared.shared(average_true_range, 14)[20])


def test_a_kernel_without_a_place_for_its_cache_still_compiles() -> None:
    # Numba finds no folder for code without a file, as in a read-only installation.
    scope: dict[str, Callable[[float], float]] = {}
    exec("def double(value):\n    return 2 * value", scope)
    assert kernel(scope["double"])(3.0) == 6.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("emma", "found 'emma'"),
        ("ema:span=5", "parameters of ema among period; found span"),
        ("ema:period", "NAME:parameter=number"),
        ("ema:period=long", "NAME:parameter=number"),
    ],
)
def test_a_mistyped_feature_is_told(text: str, message: str) -> None:
    with pytest.raises(features.registry.PlimsollError, match=message):
        features.parse(text)
