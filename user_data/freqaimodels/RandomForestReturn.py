"""A random forest of scikit-learn that forecasts the return over the horizon."""

from collections.abc import Mapping
from typing import Any

from plimsoll.models import PurgedRegressor, Range, forest_regressor


class RandomForestReturn(PurgedRegressor):
    """A random forest on one thread, and the same model from the same rows.

    The numbers of trees and so on are the config's ``model_training_parameters``.
    """

    def regressor(self) -> Any:
        """Return the regressor."""
        return forest_regressor(self.model_training_parameters)

    def search_space(self) -> Mapping[str, Range]:
        """Return what ``freqai.plimsoll.tuning`` may change."""
        return {
            "min_samples_leaf": Range(50, 500, log=True),
            "max_features": Range(0.1, 0.6),
        }
