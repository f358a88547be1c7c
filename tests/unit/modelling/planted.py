"""Rows in which the first features say what will happen, and the others say nothing."""

import numpy as np

from plimsoll.modelling import estimators
from plimsoll.modelling.fitting import Make, Rows

SMALL = {"n_estimators": 12}
CLASSIFIERS: dict[str, Make] = {
    "lightgbm": lambda: estimators.lightgbm_classifier({**SMALL, "min_child_samples": 10}),
    "xgboost": lambda: estimators.xgboost_classifier({**SMALL, "max_depth": 3}),
    "catboost": lambda: estimators.catboost_classifier({**SMALL, "depth": 3}),
    "forest": lambda: estimators.forest_classifier({**SMALL, "min_samples_leaf": 10}),
    "logistic": lambda: estimators.logistic_classifier({}),
}
REGRESSORS: dict[str, Make] = {
    "lightgbm": lambda: estimators.lightgbm_regressor({**SMALL, "min_child_samples": 10}),
    "xgboost": lambda: estimators.xgboost_regressor({**SMALL, "max_depth": 3}),
    "catboost": lambda: estimators.catboost_regressor({**SMALL, "depth": 3}),
    "forest": lambda: estimators.forest_regressor({**SMALL, "min_samples_leaf": 10}),
    "linear": lambda: estimators.linear_regressor({}),
}
NAMES = np.array(["down", "flat", "up"], dtype=object)


def features(count: int = 600, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (count, 5))


def class_rows(count: int = 600, *, seed: int = 1, strength: float = 3.0) -> Rows:
    """Up is likelier the higher the first feature; ``strength`` 0 is noise."""
    rows, random = features(count, seed), np.random.default_rng(seed + 100)
    scores = np.column_stack([-strength * rows[:, 0], np.zeros(count), strength * rows[:, 0]])
    codes = (scores + random.gumbel(size=scores.shape)).argmax(axis=1)
    return Rows(rows, NAMES[codes], np.ones(count), 4, 10)


def number_rows(count: int = 600, *, seed: int = 1) -> Rows:
    rows, random = features(count, seed), np.random.default_rng(seed + 100)
    return Rows(rows, 0.01 * rows[:, 0] + random.normal(0, 0.005, count), np.ones(count), 4, 10)
