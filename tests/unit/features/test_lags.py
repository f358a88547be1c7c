"""Features of the candles before: values, missing rows, the past alone."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.features.lags import lag_name, lagged


def frame(rows: int = 50) -> pd.DataFrame:
    drawn = np.random.default_rng(4).normal(size=(rows, 3))
    return pd.DataFrame(drawn, columns=["a", "b", "c"], index=pd.RangeIndex(7, 7 + rows))


@pytest.mark.parametrize("lags", [0, 1, 5, 49, 50, 80])
def test_each_lag_is_the_column_shifted(lags: int) -> None:
    features = frame()
    made = lagged(features, lags)
    assert list(made) == [lag_name(name, lag) for lag in range(lags + 1) for name in features]
    assert made.index.equals(features.index)
    for lag in range(lags + 1):
        for name in features:
            wanted = features[name].shift(lag).astype("float32")
            pd.testing.assert_series_equal(made[lag_name(name, lag)], wanted, check_names=False)


def test_a_later_candle_changes_no_earlier_row() -> None:
    features = frame()
    other = features.copy()
    other.iloc[30:] = 9.0
    pd.testing.assert_frame_equal(lagged(features, 4).iloc[:30], lagged(other, 4).iloc[:30])


def test_what_32_bits_cannot_hold_is_missing_and_the_features_stay_as_they_were() -> None:
    features = pd.DataFrame({"a": [1e300, np.inf, 1.0, np.nan]})
    before = features.copy()
    made = lagged(features, 1)
    assert made["a"].isna().tolist() == [True, True, False, True]
    assert made["a_lag_1"].isna().tolist() == [True, True, True, False]
    pd.testing.assert_frame_equal(features, before)
    narrow = pd.DataFrame({"a": np.array([np.inf, 1.0], dtype="float32")})
    lagged(narrow, 1)
    assert np.isinf(narrow["a"].iloc[0])


def test_fewer_than_no_lags_are_refused() -> None:
    with pytest.raises(PlimsollError, match="expected 0 lags or more, found -1"):
        lagged(frame(), -1)
