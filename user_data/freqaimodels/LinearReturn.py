"""A ridge regression that forecasts the return over the horizon: the baseline of regressors."""

from collections.abc import Mapping
from typing import Any

from plimsoll.models import PurgedRegressor, Range, linear_regressor


class LinearReturn(PurgedRegressor):
    """A linear model; features arrive scaled to -1 to 1 of their range in training."""

    def regressor(self) -> Any:
        """Return the regressor."""
        return linear_regressor(self.model_training_parameters)

    def search_space(self) -> Mapping[str, Range]:
        """Return what ``freqai.plimsoll.tuning`` may change."""
        return {"alpha": Range(0.1, 1000.0, log=True)}
