"""What the author of a FreqAI model imports. Freqtrade's own FreqAI comes with it."""

from plimsoll.bridge.freqai.purged_classifier import PurgedClassifier
from plimsoll.bridge.freqai.purged_regressor import PurgedRegressor
from plimsoll.bridge.freqai.purged_sequence import PurgedSequence
from plimsoll.bridge.freqai.purged_stack import PurgedStack
from plimsoll.modelling.estimators import (
    catboost_classifier,
    catboost_regressor,
    forest_classifier,
    forest_regressor,
    lightgbm_classifier,
    lightgbm_regressor,
    linear_regressor,
    logistic_classifier,
    lstm_regressor,
    xgboost_classifier,
    xgboost_regressor,
)
from plimsoll.modelling.tuning import Range

__all__ = [
    "PurgedClassifier",
    "PurgedRegressor",
    "PurgedSequence",
    "PurgedStack",
    "Range",
    "catboost_classifier",
    "catboost_regressor",
    "forest_classifier",
    "forest_regressor",
    "lightgbm_classifier",
    "lightgbm_regressor",
    "linear_regressor",
    "logistic_classifier",
    "lstm_regressor",
    "xgboost_classifier",
    "xgboost_regressor",
]
