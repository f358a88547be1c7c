"""Features against numbers worked out by hand, and the registry they are found in."""

from math import isclose

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll import features
from plimsoll.core import PlimsollError
from plimsoll.features import Candles, FeatureUse, Unit, bands, regime, trend, volatility
from plimsoll.features.registry import feature
from plimsoll.features.warmup import FORGOTTEN, ema_lookback_candles, wilder_lookback_candles


def candles(closes: list[float], *, reach: float = 1.0) -> pd.DataFrame:
    """Candles whose high and low lie ``reach`` around the close."""
    close = pd.Series(closes, dtype="float64")
    dates = pd.date_range("2024-01-01", periods=len(closes), freq="5min", tz="UTC")
    return pd.DataFrame(
        {"date": dates, "open": close, "high": close + reach, "low": close - reach, "close": close}
    )


def raw_last(use: FeatureUse, frame: pd.DataFrame) -> float:
    """The last value before the warm-up is blanked."""
    return float(use.feature.formula(Candles(frame), **dict(use.parameters))[-1])


def test_efficiency_ratio_is_net_move_over_path() -> None:
    # Moves +2, -1, +2: net 3 over a path of 5.
    column = regime.efficiency_ratio.use(period=3)(candles([10, 12, 11, 13]))
    assert column.isna().tolist() == [True, True, True, False]
    assert column.iloc[3] == pytest.approx(0.6)


def test_efficiency_ratio_of_a_straight_trend_is_one_and_of_a_standstill_zero() -> None:
    straight = regime.efficiency_ratio.use(period=3)(candles([10, 9, 8, 7]))
    still = regime.efficiency_ratio.use(period=3)(candles([10, 10, 10, 10]))
    assert (straight.iloc[-1], still.iloc[-1]) == (1.0, 0.0)


def test_the_donchian_channel_leaves_the_candle_itself_out() -> None:
    frame = candles([10, 12, 11, 99])
    assert trend.donchian_high.use(period=3)(frame).iloc[-1] == 13
    assert trend.donchian_low.use(period=3)(frame).iloc[-1] == 9


def test_the_atr_of_candles_of_one_size_is_that_size() -> None:
    frame = candles([100.0] * 120, reach=1.5)
    assert volatility.atr.use(period=14)(frame).iloc[-1] == pytest.approx(3.0)
    assert volatility.atr_fraction.use(period=14)(frame).iloc[-1] == pytest.approx(0.03)


def test_the_ema_starts_from_an_average_and_moves_by_its_alpha() -> None:
    # Average of 1, 2, 3 is 2; then 2 + 2 / (3 + 1) * (6 - 2) is 4.
    assert raw_last(trend.ema.use(period=3), candles([1, 2, 3, 6])) == pytest.approx(4.0)


@pytest.mark.parametrize(("step", "sign"), [(0.5, 1), (-0.5, -1)])
def test_gap_and_slope_have_the_sign_of_the_trend(step: float, sign: int) -> None:
    frame = candles([1000 + step * i for i in range(600)])
    assert np.sign(trend.ema_gap.use(fast=5, slow=40)(frame).iloc[-1]) == sign
    assert np.sign(trend.ema_slope.use(period=40, over=12)(frame).iloc[-1]) == sign


@given(period=st.integers(2, 500))
def test_the_lookback_is_the_first_at_which_the_start_is_forgotten(period: int) -> None:
    for lookback, kept in (
        (ema_lookback_candles(period), 1 - 2 / (period + 1)),
        (wilder_lookback_candles(period), 1 - 1 / period),
    ):
        assert kept**lookback <= FORGOTTEN * (1 + 1e-9)
        assert kept ** (lookback - 1) > FORGOTTEN


def test_a_column_is_named_after_the_feature_and_its_parameters() -> None:
    assert trend.ema_gap.use(slow=80, fast=20).column == "ema_gap_20_80"
    assert trend.ema.use(period=50).column == trend.ema.use(period=50.0).column == "ema_50"


def upper_band(deviations: float) -> FeatureUse:
    return bands.bollinger_upper.use(period=20, deviations=deviations)


@given(a=st.floats(1e-6, 100), b=st.floats(1e-6, 100))
def test_columns_of_one_name_hold_one_number(a: float, b: float) -> None:
    one, other = upper_band(a).column, upper_band(b).column
    assert (one != other) or isclose(a, b, rel_tol=1e-12)


def test_numbers_that_differ_in_the_seventh_digit_are_two_columns() -> None:
    one, other = (upper_band(value).column for value in (0.1234567, 0.1234568))
    assert one != other


def test_a_second_feature_of_one_name_is_refused() -> None:
    def ema(frame: pd.DataFrame, *, period: int) -> pd.Series:
        return frame["close"]

    known = features.get("ema")
    with pytest.raises(PlimsollError, match="one feature named ema"):
        feature(lookback_candles=lambda period: 1, unit=Unit.PRICE, source="none")(ema)
    assert features.get("ema") is known
