"""The contract of every registered feature: it declares its past and keeps to it."""

import numpy as np
import pandas as pd
import pytest

from plimsoll import features
from plimsoll.features import FeatureUse
from tests.conftest import random_candles

EXAMPLES: dict[str, list[dict[str, float]]] = {
    "adx": [{"period": 14}, {"period": 7}],
    "atr": [{"period": 14}],
    "atr_fraction": [{"period": 14}],
    "donchian_high": [{"period": 20}],
    "donchian_low": [{"period": 20}],
    "efficiency_ratio": [{"period": 20}],
    "ema": [{"period": 5}, {"period": 50}],
    "ema_gap": [{"fast": 20, "slow": 80}],
    "ema_slope": [{"period": 50, "over": 12}],
}
USES = [features.get(name).use(**given) for name in EXAMPLES for given in EXAMPLES[name]]
SCALE_FREE = {features.Unit.FRACTION, features.Unit.INDEX_0_100}

every_feature = pytest.mark.parametrize("use", USES, ids=lambda use: use.column)


def test_every_registered_feature_has_an_example() -> None:
    assert sorted(EXAMPLES) == features.names()


def test_unknown_feature_is_refused_with_the_known_names() -> None:
    with pytest.raises(Exception, match="found 'nope'") as caught:
        features.get("nope")
    assert "ema_gap" in str(caught.value)


@every_feature
def test_the_future_changes_nothing(use: FeatureUse) -> None:
    candles = random_candles(1200)
    whole = use(candles)
    for cut in (use.lookback_candles + 1, 700, 950, 1199):
        changed = candles.copy()
        columns = ["open", "high", "low", "close", "volume"]
        changed.loc[cut:, columns] = changed.loc[cut:, columns] * 3 + 7
        pd.testing.assert_series_equal(use(changed).iloc[:cut], whole.iloc[:cut])


@every_feature
def test_the_declared_past_is_enough(use: FeatureUse) -> None:
    candles = random_candles(1500)
    whole = use(candles).iloc[-100:]
    cut = candles.iloc[-100 - use.lookback_candles :]
    tolerance = max(use.feature.tolerance, 1e-9)
    spread = whole.abs().max()
    np.testing.assert_allclose(use(cut).iloc[-100:], whole, rtol=tolerance, atol=tolerance * spread)


@every_feature
def test_warm_up_is_nan_and_what_follows_is_not(use: FeatureUse) -> None:
    column = use(random_candles(1500))
    assert column.iloc[: use.lookback_candles].isna().all()
    assert column.iloc[use.lookback_candles :].notna().all()


@every_feature
def test_input_is_untouched_and_the_column_fits_it(use: FeatureUse) -> None:
    candles = random_candles(800).set_index(pd.RangeIndex(5, 805))
    before = candles.copy(deep=True)
    column = use(candles)
    pd.testing.assert_frame_equal(candles, before)
    assert column.index.equals(candles.index)
    assert column.dtype == np.float64
    assert column.name == use.column


@every_feature
def test_scale_behaves_as_the_unit_says(use: FeatureUse) -> None:
    candles = random_candles(900)
    larger = candles.copy()
    larger[["open", "high", "low", "close"]] *= 1000
    factor = 1.0 if use.feature.unit in SCALE_FREE else 1000.0
    np.testing.assert_allclose(use(larger), use(candles) * factor, rtol=1e-7, atol=1e-12)


@every_feature
@pytest.mark.parametrize("count", [0, 1, 5])
def test_short_frames_are_all_nan(use: FeatureUse, count: int) -> None:
    column = use(random_candles(800).iloc[:count])
    assert len(column) == count
    assert column.isna().all()


@every_feature
def test_a_flat_market_gives_no_infinity(use: FeatureUse) -> None:
    flat = random_candles(800)
    flat[["open", "high", "low", "close"]] = 100.0
    assert not np.isinf(use(flat)).any()


@every_feature
def test_a_gap_stays_local(use: FeatureUse) -> None:
    gappy = random_candles(2500).drop(index=range(600, 640))
    column = use(gappy)
    assert column.iloc[-50:].notna().all()


@every_feature
def test_it_names_its_source_and_explains_itself(use: FeatureUse) -> None:
    assert len(use.feature.source) > 15
    assert use.feature.compute.__doc__
