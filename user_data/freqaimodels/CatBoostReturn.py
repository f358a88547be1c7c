"""Gradient-boosted trees of CatBoost that forecast the return over the horizon."""

from collections.abc import Mapping
from typing import Any

from plimsoll.models import PurgedRegressor, Range, catboost_regressor


class CatBoostReturn(PurgedRegressor):
    """CatBoost on one thread (extra `models`), and the same model from the same rows.

    The numbers of trees and so on are the config's ``model_training_parameters``.
    """

    def regressor(self) -> Any:
        """Return the regressor."""
        return catboost_regressor(self.model_training_parameters)

    def search_space(self) -> Mapping[str, Range]:
        """Return what ``freqai.plimsoll.tuning`` may change."""
        return {
            "depth": Range(2, 6),
            "learning_rate": Range(0.01, 0.1, log=True),
            "l2_leaf_reg": Range(1.0, 100.0, log=True),
        }
