"""Every registered feature keeps the contracts that `plimsoll.checks` ships, and shares its work.

One test is one contract, tried on every feature; it names each feature that falls short.
"""

from functools import cache

import pandas as pd
import pytest

from plimsoll import features
from plimsoll.checks.feature_trial import FeatureTrial, trial_of
from plimsoll.checks.features import CONTRACTS, FeatureContract
from plimsoll.checks.finding import broken
from plimsoll.core import PlimsollError
from plimsoll.features import Family, FeatureUse
from plimsoll.features.merging import ORIGIN_OF_COLUMN
from tests.conftest import random_candles
from tests.contracts.every import for_every

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


@cache
def trial(use: FeatureUse) -> FeatureTrial:
    return trial_of(use)


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


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
def test_every_feature_keeps(contract: FeatureContract) -> None:
    def check(use: FeatureUse) -> None:
        for finding in broken(use.column, [contract], trial(use)):
            pytest.fail(f"{finding.contract}: {finding.text}")

    for_every(BY_COLUMN, check)


def test_every_input_is_a_column_that_can_be_had() -> None:
    known = {*random_candles(1).columns, *ORIGIN_OF_COLUMN}

    def check(use: FeatureUse) -> None:
        assert set(use.feature.inputs) <= known

    for_every(BY_COLUMN, check)


def test_a_table_holds_what_each_feature_gives_alone() -> None:
    together = features.table(trial(USES[0]).frame, USES)
    for use in USES:
        pd.testing.assert_series_equal(together[use.column], trial(use).whole)


def test_no_feature_changes_what_another_shares() -> None:
    shared = features.Candles(trial(USES[0]).frame)
    first = {use.column: use(shared) for use in USES}
    for use in reversed(USES):
        pd.testing.assert_series_equal(use(shared), first[use.column])
