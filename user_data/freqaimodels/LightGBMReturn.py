"""Gradient-boosted trees of LightGBM that forecast the return over the horizon."""

from collections.abc import Mapping
from typing import Any

from plimsoll.models import PurgedRegressor, Range, lightgbm_regressor


class LightGBMReturn(PurgedRegressor):
    """LightGBM on one thread, and the same model from the same rows.

    The numbers of trees and so on are the config's ``model_training_parameters``.
    """

    def regressor(self) -> Any:
        """Return the regressor."""
        return lightgbm_regressor(self.model_training_parameters)

    def search_space(self) -> Mapping[str, Range]:
        """Return what ``freqai.plimsoll.tuning`` may change."""
        return {
            "num_leaves": Range(4, 32, log=True),
            "min_child_samples": Range(100, 1000, log=True),
            "learning_rate": Range(0.01, 0.1, log=True),
            "reg_lambda": Range(1.0, 100.0, log=True),
        }
