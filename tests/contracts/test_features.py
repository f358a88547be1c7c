"""The contract of every registered feature: it declares its past and keeps to it.

What a formula alone can get wrong is one test a feature. What the registry does for all of them
is one test for all, which tries every feature and names each that falls short.
"""

import inspect
from functools import cache

import numpy as np
import pandas as pd
import pytest

from plimsoll import features
from plimsoll.core import PlimsollError
from plimsoll.features import Family, FeatureUse, Unit
from plimsoll.features.candles import POSITIVE_COLUMNS
from plimsoll.features.merging import ORIGIN_OF_COLUMN
from tests.conftest import random_candles
from tests.contracts.every import for_every
from tests.contracts.market_frame import AMOUNTS, PRICES, market_frame

OTHERS = [
    features.get("adx").use(period=7),
    features.get("ema").use(period=5),
    features.get("ema").use(period=50.0),
    features.get("bollinger_upper").use(period=33, deviations=1.5),
    features.get("variance_ratio").use(period=60, horizon=3),
    features.get("point_of_control_distance").use(period=31),
    features.get("funding_clock").use(hours=4),
    features.get("volume_for_the_hour").use(day=24, days=3),
]
USES = [*(features.get(name).use_with_defaults() for name in features.names()), *OTHERS]
BY_COLUMN = {use.column: use for use in USES}
ROWS = 2600
ROUNDING = 1e-9
PRICE_POWER = {Unit.PRICE: 1, Unit.USD: 1, Unit.PER_USD: -1}
AMOUNT_POWER = {Unit.COINS: 1, Unit.USD: 1, Unit.PER_USD: -1}

every_feature = pytest.mark.parametrize("use", USES, ids=lambda use: use.column)


@cache
def whole_frame() -> pd.DataFrame:
    return market_frame(ROWS)


@cache
def whole(use: FeatureUse) -> pd.Series:
    return use(whole_frame())


@cache
def whole_frame_with(column: str, value: float, *, row: int = 1000) -> pd.DataFrame:
    """The whole frame with one value replaced."""
    broken = whole_frame().copy()
    broken.loc[row, column] = value
    return broken


@cache
def future_changed(cut: int) -> pd.DataFrame:
    """The whole frame with other numbers in every column from row ``cut`` on."""
    changed = whole_frame().copy()
    columns = changed.columns.drop("date")
    changed.loc[cut:, columns] = changed.loc[cut:, columns] * 3 + 7
    return changed


@cache
def future_missing(cut: int) -> pd.DataFrame:
    """The whole frame with NaN in every column from row ``cut`` on."""
    missing = whole_frame().copy()
    missing.loc[cut:, missing.columns.drop("date")] = np.nan
    return missing


@cache
def ten_times(columns: tuple[str, ...]) -> pd.DataFrame:
    """The whole frame with some columns ten times as large."""
    larger = whole_frame().copy()
    larger[[*columns]] *= 10
    return larger


def data_columns(use: FeatureUse) -> list[str]:
    return [name for name in use.feature.inputs if name != "date"]


def test_there_are_enough_features_in_every_family() -> None:
    families = [features.get(name).family for name in features.names()]
    assert len(families) >= 120
    assert min(families.count(family) for family in Family) >= 5


def test_most_features_need_nothing_but_candles() -> None:
    plain = random_candles(1)
    assert sum(not features.missing_columns(use, plain) for use in USES) >= 100


def test_unknown_feature_is_refused_with_the_known_names() -> None:
    with pytest.raises(PlimsollError, match="found 'nope'") as caught:
        features.get("nope")
    assert "ema_gap" in str(caught.value)


@every_feature
def test_it_declares_all_that_a_reader_needs(use: FeatureUse) -> None:
    feature = use.feature
    signature = inspect.signature(feature.formula).parameters.values()
    named = {one.name for one in signature if one.kind is one.KEYWORD_ONLY}
    assert named == set(feature.defaults)
    assert len(feature.source) > 15
    assert len(feature.summary) > 15
    assert feature.summary.endswith((".", ":"))
    assert len(feature.nan_rule) > 20
    known = {*random_candles(1).columns, *ORIGIN_OF_COLUMN}
    assert feature.inputs
    assert set(feature.inputs) <= known
    assert use.lookback_candles >= 0


@every_feature
def test_the_future_changes_nothing(use: FeatureUse) -> None:
    cuts = {use.lookback_candles + 1, use.lookback_candles + 2, 1601, 1999, 2304, ROWS - 1}
    for cut in cuts:
        for frame in (future_changed(cut), future_missing(cut), whole_frame().iloc[:cut]):
            pd.testing.assert_series_equal(use(frame).iloc[:cut], whole(use).iloc[:cut])


@every_feature
def test_the_declared_past_is_enough(use: FeatureUse) -> None:
    values = whole(use)
    tolerance = max(use.feature.tolerance, 1e-9)
    size = values.abs().max()
    for row in (1500, 1777, 2303, 2304, ROWS - 1):
        alone = use(whole_frame().iloc[row - use.lookback_candles : row + 1]).iloc[-1]
        assert alone == pytest.approx(values.iloc[row], rel=tolerance, abs=tolerance * size)
    some = use(whole_frame().iloc[-60 - use.lookback_candles :]).iloc[-60:]
    np.testing.assert_allclose(some, values.iloc[-60:], rtol=tolerance, atol=tolerance * size)


@every_feature
def test_warm_up_is_nan_and_what_follows_is_not(use: FeatureUse) -> None:
    assert whole(use).iloc[: use.lookback_candles].isna().all()
    assert whole(use).iloc[use.lookback_candles :].notna().all()


@every_feature
def test_it_says_something(use: FeatureUse) -> None:
    # Every value the same would pass all the other tests.
    candles = whole_frame().copy()
    candles.loc[[2000, 2001, 2500], "volume"] = 0.0
    assert use(candles).min() < use(candles).max()


def test_input_is_untouched_and_the_column_fits_it() -> None:
    candles = whole_frame().set_index(pd.RangeIndex(5, ROWS + 5))
    before = candles.copy(deep=True)

    def check(use: FeatureUse) -> None:
        nonlocal candles
        column = use(candles)
        if not candles.equals(before):
            candles = before.copy(deep=True)  # the next one is asked about itself only
            raise AssertionError("it changed its input")
        assert column.index.equals(before.index)
        assert column.dtype == np.float64
        assert column.name == use.column

    for_every(BY_COLUMN, check)
    pd.testing.assert_frame_equal(candles, before)


@every_feature
def test_prices_ten_times_as_high_change_it_as_the_unit_says(use: FeatureUse) -> None:
    larger = ten_times((*PRICES,))
    expected = whole(use) * 10.0 ** PRICE_POWER.get(use.feature.unit, 0)
    size = expected.abs().max()
    np.testing.assert_allclose(use(larger), expected, rtol=1e-7, atol=1e-9 * size)


@every_feature
def test_amounts_ten_times_as_large_change_it_as_the_unit_says(use: FeatureUse) -> None:
    larger = ten_times((*AMOUNTS,))
    expected = whole(use) * 10.0 ** AMOUNT_POWER.get(use.feature.unit, 0)
    size = expected.abs().max()
    np.testing.assert_allclose(use(larger), expected, rtol=1e-7, atol=1e-9 * size)


@every_feature
def test_bounded_units_stay_in_their_bounds(use: FeatureUse) -> None:
    values = whole(use).dropna()
    if use.feature.unit is Unit.SIGNED:
        assert values.between(-1 - ROUNDING, 1 + ROUNDING).all()
    if use.feature.unit is Unit.FLAG:
        assert set(values) <= {0.0, 1.0}
    if use.feature.unit is Unit.INDEX_0_100:
        assert values.between(-100 - ROUNDING, 100 + ROUNDING).all()


@pytest.mark.parametrize("count", [0, 1, 5])
def test_short_frames_are_nan_while_they_warm_up(count: int) -> None:
    short = whole_frame().iloc[:count]

    def check(use: FeatureUse) -> None:
        column = use(short)
        assert len(column) == count
        assert column.dtype == np.float64
        pd.testing.assert_series_equal(column, whole(use).iloc[:count])

    for_every(BY_COLUMN, check)


@every_feature
@pytest.mark.parametrize("amount", [1.0, 0.0])
def test_a_market_that_stands_still_gives_no_infinity(use: FeatureUse, amount: float) -> None:
    flat = whole_frame().copy()
    flat[PRICES] = 100.0
    flat[[*AMOUNTS, "trades"]] = amount
    flat["universe_return"] = 0.0
    assert not np.isinf(use(flat)).any()


@every_feature
def test_a_hole_in_the_dates_stays_local(use: FeatureUse) -> None:
    gappy = whole_frame().drop(index=range(600, 640))
    assert use(gappy).iloc[-50:].notna().all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_missing_value_is_nan_for_the_lookback_and_no_longer(value: float) -> None:
    row = 1000

    def check(use: FeatureUse) -> None:
        lookback = use.lookback_candles
        for name in data_columns(use):
            column = use(whole_frame_with(name, value, row=row))
            pd.testing.assert_series_equal(column.iloc[:row], whole(use).iloc[:row])
            assert column.iloc[row : row + lookback + 1].isna().all(), name
            assert column.iloc[row + lookback + 1 :].notna().all(), name

    for_every(BY_COLUMN, check)


@pytest.mark.parametrize("value", [0.0, -5.0])
def test_a_price_of_nothing_is_a_missing_value(value: float) -> None:
    def check(use: FeatureUse) -> None:
        for name in POSITIVE_COLUMNS.intersection(use.feature.inputs):
            broken, missing = whole_frame_with(name, value), whole_frame_with(name, np.nan)
            pd.testing.assert_series_equal(use(broken), use(missing))

    for_every(BY_COLUMN, check)


def test_a_column_without_any_value_gives_nan_and_never_zero() -> None:
    def check(use: FeatureUse) -> None:
        for name in data_columns(use):
            empty = whole_frame().assign(**{name: np.nan})
            assert use(empty).isna().all(), name

    for_every(BY_COLUMN, check)


def test_a_missing_column_is_named() -> None:
    def check(use: FeatureUse) -> None:
        for name in use.feature.inputs:
            with pytest.raises(PlimsollError, match=rf"needs the column {name} "):
                use(whole_frame().drop(columns=name))

    for_every(BY_COLUMN, check)


def test_a_table_holds_what_each_feature_gives_alone() -> None:
    together = features.table(whole_frame(), USES)
    for use in USES:
        pd.testing.assert_series_equal(together[use.column], whole(use))


def test_no_feature_changes_what_another_shares() -> None:
    shared = features.Candles(whole_frame())
    first = {use.column: use(shared) for use in USES}
    for use in reversed(USES):
        pd.testing.assert_series_equal(use(shared), first[use.column])
