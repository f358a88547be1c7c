"""Gradient-boosted trees of XGBoost that forecast the return over the horizon."""

from collections.abc import Mapping
from typing import Any

from plimsoll.models import PurgedRegressor, Range, xgboost_regressor


class XGBoostReturn(PurgedRegressor):
    """XGBoost on one thread (extra `models`), and the same model from the same rows.

    The numbers of trees and so on are the config's ``model_training_parameters``.
    """

    def regressor(self) -> Any:
        """Return the regressor."""
        return xgboost_regressor(self.model_training_parameters)

    def search_space(self) -> Mapping[str, Range]:
        """Return what ``freqai.plimsoll.tuning`` may change."""
        return {
            "max_depth": Range(2, 5),
            "min_child_weight": Range(20.0, 200.0, log=True),
            "learning_rate": Range(0.01, 0.1, log=True),
            "reg_lambda": Range(1.0, 100.0, log=True),
        }
