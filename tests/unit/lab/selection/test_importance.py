"""What knows the label is worth something on held-out rows; what does not, is not."""

import numpy as np
import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.selection.importance import SHADOW, fold_importances, with_shadows
from tests.unit.lab.selection.market import market

CUT = {"folds": 3, "horizon_candles": 4, "embargo_candles": 24, "repeats": 2, "seed": 1}


def test_only_what_knows_the_label_makes_the_forecast_worse_when_it_is_moved() -> None:
    features, labels = market()
    for fold in fold_importances(features, labels, **CUT):
        knows, walk, noise = fold.permutation
        assert knows > 0.1
        assert max(abs(walk), abs(noise)) < 0.01
        assert fold.shap[0] > 5 * max(fold.shap[1:])


def test_the_same_rows_and_seed_give_the_same() -> None:
    features, labels = market(1_200)
    one, other = (fold_importances(features, labels, **CUT) for _ in range(2))
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left.permutation, right.permutation)
        np.testing.assert_array_equal(left.shap, right.shap)


def test_a_shadow_has_the_values_of_a_feature_at_other_times_pair_by_pair() -> None:
    features, _ = market(500)
    made = with_shadows(features, 3, np.random.default_rng(2))
    assert list(made.columns[3:]) == [f"{SHADOW}{number}" for number in range(3)]
    for name in made.columns[3:]:
        own = sorted(made[name].xs("A", level="pair"))
        copies = [
            one for one in features.columns if sorted(features[one].xs("A", level="pair")) == own
        ]
        assert len(copies) == 1
        assert abs(np.corrcoef(made[name], features[copies[0]])[0, 1]) < 0.95


def test_labels_of_one_class_are_refused() -> None:
    features, labels = market(500)
    with pytest.raises(PlimsollError, match="expected two classes or more"):
        fold_importances(features, labels.where(labels == "up", "up"), **CUT)
