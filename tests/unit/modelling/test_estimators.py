"""Estimators: what a config may change, and what it may not."""

import sys
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


@pytest.mark.parametrize("library", ["xgboost", "catboost", "skops"])
def test_a_library_that_is_missing_is_named_with_its_extra(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, library, raising=False)

    class Missing:
        def find_spec(self, name: str, *_: Any) -> None:
            if name.split(".")[0] == library:
                raise ModuleNotFoundError(f"No module named {library!r}", name=library)

    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    with pytest.raises(PlimsollError) as caught:
        estimators.required(library)
    assert str(caught.value) == (
        f"expected {library} to be installed: pip install 'freqtrade-plimsoll[models]'"
    )
