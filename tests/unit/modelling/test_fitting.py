"""Fitting: what is held out is not learned from, and the same rows make the same model."""

from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMClassifier

from plimsoll.core import PlimsollError
from plimsoll.labels import log_loss_skill, squared_error_skill
from plimsoll.modelling.fitting import Rows, balance, fit_classifier, fit_regressor
from plimsoll.modelling.settings import TrainingSettings
from tests.unit.modelling.planted import (
    CLASSIFIERS,
    NAMES,
    REGRESSORS,
    class_rows,
    features,
    number_rows,
)

PLAIN = TrainingSettings()
FULL = TrainingSettings(early_stopping_rounds=5, calibrate=True, class_weights=True)


def later_skill(fitted: Any, strength: float = 3.0) -> float:
    rows = class_rows(800, seed=9, strength=strength)
    truth = np.searchsorted(NAMES.astype(str), rows.labels.astype(str))
    return log_loss_skill(fitted.predict_proba(rows.features), truth, np.bincount(truth) / 800)


@pytest.mark.parametrize("settings", [PLAIN, FULL], ids=["plain", "full"])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_planted_edge_is_found_and_found_again(name: str, settings: TrainingSettings) -> None:
    one, other = (fit_classifier(CLASSIFIERS[name], class_rows(), settings) for _ in range(2))
    fresh = features(100, seed=5)
    assert np.array_equal(one.predict_proba(fresh), other.predict_proba(fresh))
    assert one.classes == ("down", "flat", "up")
    assert later_skill(one) > 0.1


def test_calibrated_forecasts_of_noise_are_the_frequencies() -> None:
    raw, calibrated = (
        fit_classifier(CLASSIFIERS["xgboost"], class_rows(strength=0.0), one)
        for one in (PLAIN, FULL)
    )
    assert abs(later_skill(calibrated, 0.0)) < 0.03
    assert later_skill(raw, 0.0) < later_skill(calibrated, 0.0) - 0.03


@pytest.mark.parametrize("name", REGRESSORS)
def test_a_planted_return_is_found(name: str) -> None:
    settings = TrainingSettings(early_stopping_rounds=5)
    fitted = fit_regressor(REGRESSORS[name], number_rows(), settings)
    rows = number_rows(seed=9)
    assert squared_error_skill(fitted.predict(rows.features), rows.labels, usual=0.0) > 0.1


class Recorder(LGBMClassifier):
    """Writes down what each fit was given."""

    fits: list[dict[str, Any]] = []  # noqa: RUF012

    def fit(self, rows: np.ndarray, labels: np.ndarray, **others: Any) -> Any:
        self.fits.append({"rows": rows[:, 0].copy(), "trees": self.n_estimators, **others})
        return super().fit(rows, labels, **others)


def recorded(settings: TrainingSettings, count: int = 1000) -> tuple[list[dict[str, Any]], Any]:
    Recorder.fits = []
    numbered = class_rows(count)
    numbered.features[:, 0] = np.arange(count)
    fitted = fit_classifier(
        lambda: Recorder(n_estimators=40, min_child_samples=10, verbosity=-1, n_jobs=1),
        numbered,
        settings,
    )
    return Recorder.fits, fitted


def test_what_a_model_stops_and_is_calibrated_at_is_purged_and_not_learned_from() -> None:
    [probe, final], fitted = recorded(FULL)
    stopped_at = probe["eval_X"]
    # 1000 rows, a tenth for each, and 4 + 10 left out before each of the two stretches.
    assert probe["rows"].tolist() == list(range(1000 - 100 - 14 - 100 - 14))
    assert stopped_at[:, 0].tolist() == list(range(1000 - 100 - 14 - 100, 1000 - 100 - 14))
    assert final["rows"].tolist() == list(range(1000))
    assert final["trees"] == fitted.chosen["trees"] < 40
    assert fitted.blend is not None


def test_without_a_wish_every_row_is_learned_once_and_forecasts_are_the_librarys() -> None:
    [only], fitted = recorded(PLAIN)
    assert only["rows"].tolist() == list(range(1000))
    assert (only["sample_weight"] == 1).all()
    assert fitted.blend is None
    assert fitted.chosen == {}


def test_class_weights_make_each_class_count_for_as_much() -> None:
    codes = np.array([0, 0, 0, 1, 2, 2])
    weights = balance(codes)
    assert [weights[codes == code].sum() for code in range(3)] == pytest.approx([2.0, 2.0, 2.0])
    fits, _ = recorded(FULL)
    assert len(set(fits[-1]["sample_weight"])) == 3


def test_one_class_only_is_refused_with_the_class() -> None:
    rows = class_rows(300)
    rows.labels[:] = "flat"
    with pytest.raises(PlimsollError, match="found only flat; lengthen train_period_days"):
        fit_classifier(CLASSIFIERS["logistic"], rows, PLAIN)


def test_a_stretch_that_lacks_a_class_is_refused() -> None:
    rows = class_rows(600)
    rows.labels[-60:] = "flat"
    with pytest.raises(PlimsollError, match="the 60 rows that a model is calibrated on, found 1"):
        fit_classifier(CLASSIFIERS["lightgbm"], rows, FULL)


def test_too_few_rows_to_hold_any_out_are_refused() -> None:
    with pytest.raises(PlimsollError, match="expected more than 14 rows of training"):
        fit_classifier(CLASSIFIERS["lightgbm"], class_rows(17), FULL)


def test_rows_are_split_with_the_purge_between() -> None:
    rows = Rows(features(50), np.arange(50), np.ones(50), 4, 6)
    learned, later = rows.split(30)
    assert learned.labels.tolist() == list(range(20))
    assert later.labels.tolist() == list(range(30, 50))
