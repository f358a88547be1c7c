"""New estimators of each library: one thread, one seed, and no file written.

The numbers of trees, leaves and so on are the caller's, by the library's own names; what is pinned
here is not for a config to change.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.modelling.lstm_training import LSTMRegressor
from plimsoll.modelling.required import required

Parameters = Mapping[str, Any]

SEED = 1


def lightgbm_classifier(parameters: Parameters) -> Any:
    """Return LightGBM's boosted trees for classes."""
    return import_module("lightgbm").LGBMClassifier(**{**parameters, **_LIGHTGBM})


def lightgbm_regressor(parameters: Parameters) -> Any:
    """Return LightGBM's boosted trees for a number."""
    return import_module("lightgbm").LGBMRegressor(**{**parameters, **_LIGHTGBM})


def xgboost_classifier(parameters: Parameters) -> Any:
    """Return XGBoost's boosted trees for classes."""
    return required("xgboost").XGBClassifier(**{**parameters, **_XGBOOST})


def xgboost_regressor(parameters: Parameters) -> Any:
    """Return XGBoost's boosted trees for a number."""
    return required("xgboost").XGBRegressor(**{**parameters, **_XGBOOST})


def catboost_classifier(parameters: Parameters) -> Any:
    """Return CatBoost's boosted trees for classes."""
    return required("catboost").CatBoostClassifier(**{**_renamed(parameters), **_CATBOOST})


def catboost_regressor(parameters: Parameters) -> Any:
    """Return CatBoost's boosted trees for a number."""
    return required("catboost").CatBoostRegressor(**{**_renamed(parameters), **_CATBOOST})


def forest_classifier(parameters: Parameters) -> Any:
    """Return scikit-learn's random forest for classes."""
    return import_module("sklearn.ensemble").RandomForestClassifier(**{**parameters, **_SKLEARN})


def forest_regressor(parameters: Parameters) -> Any:
    """Return scikit-learn's random forest for a number."""
    return import_module("sklearn.ensemble").RandomForestRegressor(**{**parameters, **_SKLEARN})


def logistic_classifier(parameters: Parameters) -> Any:
    """Return a multinomial logistic regression: the baseline of classifiers."""
    chosen = {"C": 0.1, "max_iter": 500, **parameters, "random_state": SEED}
    return import_module("sklearn.linear_model").LogisticRegression(**chosen)


def linear_regressor(parameters: Parameters) -> Any:
    """Return a ridge regression: the baseline of regressors."""
    chosen = {"alpha": 10.0, **parameters, "random_state": SEED}
    return import_module("sklearn.linear_model").Ridge(**chosen)


def lstm_regressor(parameters: Parameters, *, window_candles: int) -> LSTMRegressor:
    """Return a long short-term memory for a number, of rows that are windows of candles.

    Raises
    ------
    PlimsollError
        For a parameter that it has not, or one out of bounds.
    """
    own = {"window_candles": window_candles, "seed": SEED}
    known = set(LSTMRegressor(**own).get_params()) - set(own)
    foreign = sorted(set(parameters) - known - set(own))
    if foreign:
        raise PlimsollError(
            f"LSTM: expected parameters among {', '.join(sorted(known))}, found "
            f"{', '.join(foreign)}"
        )
    return LSTMRegressor(**{**parameters, **own})


def _renamed(parameters: Parameters) -> dict[str, Any]:
    """Return CatBoost's parameters with the number of trees under one name."""
    rest = dict(parameters)
    trees = rest.pop("n_estimators", None)
    return rest if trees is None else {"iterations": trees, **rest}


_LIGHTGBM = {
    "n_jobs": 1,  # two threads on two cores took 700 times as long
    "deterministic": True,
    "force_row_wise": True,  # otherwise LightGBM picks the faster way by trying both
    "random_state": SEED,
    "verbosity": -1,
}
_XGBOOST = {"n_jobs": 1, "random_state": SEED, "tree_method": "hist", "verbosity": 0}
_CATBOOST = {
    "thread_count": 1,
    "random_seed": SEED,
    "verbose": False,
    "allow_writing_files": False,
    "task_type": "CPU",
}
_SKLEARN = {"n_jobs": 1, "random_state": SEED}
