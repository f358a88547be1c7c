"""Estimators: what a config may change, and what it may not."""

from typing import Any

import pytest

from plimsoll.core import PlimsollError
from plimsoll.modelling import estimators
from tests.unit.modelling.planted import CLASSIFIERS, REGRESSORS

LIBRARIES = {
    "lightgbm": (estimators.lightgbm_classifier, estimators.lightgbm_regressor),
    "xgboost": (estimators.xgboost_classifier, estimators.xgboost_regressor),
    "catboost": (estimators.catboost_classifier, estimators.catboost_regressor),
    "sklearn": (estimators.forest_classifier, estimators.forest_regressor),
}
EACH = [(library, new) for library, both in LIBRARIES.items() for new in both]


@pytest.mark.parametrize(("library", "new"), EACH)
def test_threads_and_seed_are_pinned_whatever_the_config_says(library: str, new: Any) -> None:
    threads, seed = (
        ("thread_count", "random_seed") if library == "catboost" else ("n_jobs", "random_state")
    )
    made = new({"n_estimators": 7, threads: 8, seed: 99}).get_params()
    assert (made[threads], made[seed]) == (1, 1)
    assert made["iterations" if library == "catboost" else "n_estimators"] == 7


@pytest.mark.parametrize("new", [estimators.logistic_classifier, estimators.linear_regressor])
def test_the_baselines_take_parameters_and_keep_their_seed(new: Any) -> None:
    assert new({"random_state": 5, "fit_intercept": False}).get_params()["random_state"] == 1
    assert new({"fit_intercept": False}).get_params()["fit_intercept"] is False


@pytest.mark.parametrize("make", [*CLASSIFIERS.values(), *REGRESSORS.values()])
def test_a_maker_returns_a_new_estimator_each_time(make: Any) -> None:
    assert make() is not make()


def test_an_lstm_takes_its_parameters_and_keeps_seed_and_window() -> None:
    made = estimators.lstm_regressor(
        {"hidden": 7, "seed": 99, "window_candles": 3}, window_candles=12
    ).get_params()
    assert (made["hidden"], made["seed"], made["window_candles"]) == (7, 1, 12)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"n_estimators": 7}, "expected parameters among .*hidden.*found n_estimators"),
        ({"hidden": 0}, "expected hidden of 1 or more, found 0"),
        ({"dropout": 1.0}, "dropout from 0 to below 1"),
        ({"learning_rate": float("nan")}, "expected learning_rate above 0"),
    ],
)
def test_an_lstm_of_other_parameters_is_refused(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(PlimsollError, match=said):
        estimators.lstm_regressor(parameters, window_candles=12)
