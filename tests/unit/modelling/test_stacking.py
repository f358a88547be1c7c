"""Stacks: weights learned on forecasts of rows that no member has learned from."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from plimsoll.core import PlimsollError
from plimsoll.modelling.settings import TrainingSettings
from plimsoll.modelling.stacking import fit_stack
from tests.unit.modelling.planted import CLASSIFIERS, class_rows, features
from tests.unit.modelling.test_fitting import later_skill

SETTINGS = TrainingSettings(folds=2)
TWO = {name: CLASSIFIERS[name] for name in ("lightgbm", "logistic")}


def test_all_members_make_one_forecast_and_the_same_again() -> None:
    rows, three = class_rows(300), {**TWO, "xgboost": CLASSIFIERS["xgboost"]}
    one, other = (fit_stack(three, rows, SETTINGS) for _ in range(2))
    fresh = features(100, seed=5)
    assert list(one.parts) == list(three)
    assert np.array_equal(one.predict_proba(fresh), other.predict_proba(fresh))
    assert np.allclose(one.predict_proba(fresh).sum(axis=1), 1.0)
    assert later_skill(one) > 0.05


class Memory(BaseEstimator):
    """Knows by heart every row that it has learned, and nothing else."""

    def fit(self, rows: np.ndarray, labels: np.ndarray, sample_weight: Any = None) -> "Memory":
        self.known_ = dict(zip(rows[:, 1].tolist(), labels.tolist(), strict=True))
        return self

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        told = [self.known_.get(one) for one in rows[:, 1].tolist()]
        return np.array([[1 / 3] * 3 if code is None else np.eye(3)[int(code)] for code in told])


def test_a_member_that_knows_its_rows_by_heart_is_given_no_weight() -> None:
    fitted = fit_stack({"memory": Memory, **TWO}, class_rows(), SETTINGS)
    weights = np.abs(fitted.blend.weights)
    assert weights[:, :3].max() < 0.1 < weights[:, 3:].max()


class Recorder(Memory):
    """Writes down which rows it learned from, and which it forecast."""

    seen: list[tuple[list[float], list[float]]] = []  # noqa: RUF012

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        self.seen.append((list(self.known_), rows[:, 1].tolist()))
        return super().predict_proba(rows)


def test_each_fold_is_forecast_with_horizon_and_embargo_left_out() -> None:
    rows = class_rows(300)
    rows.features[:, 1] = np.arange(300)
    Recorder.seen = []
    fit_stack({"recorder": Recorder, "logistic": CLASSIFIERS["logistic"]}, rows, SETTINGS)
    assert [row for _, held in Recorder.seen for row in held] == list(range(300))
    for learned, held in Recorder.seen:
        distance = np.abs(np.array(learned)[:, None] - np.array(held)[None, :])
        assert distance.min() == 4 + 10 + 1


def test_a_stack_of_one_is_refused() -> None:
    with pytest.raises(PlimsollError, match="expected 2 members of a stack or more, found 1"):
        fit_stack({"logistic": CLASSIFIERS["logistic"]}, class_rows(), SETTINGS)


def test_a_fold_beside_which_a_class_is_missing_is_refused() -> None:
    rows = class_rows(300)
    rows.labels[140:] = "flat"
    rows.labels[150:250:2] = "up"
    with pytest.raises(PlimsollError, match="rows beside a fold, found 2"):
        fit_stack(TWO, rows, SETTINGS)
