"""A random forest of scikit-learn that forecasts up, flat or down."""

from collections.abc import Mapping
from typing import Any

from plimsoll.models import PurgedClassifier, Range, forest_classifier


class RandomForestDirection(PurgedClassifier):
    """A random forest on one thread, and the same model from the same rows.

    The numbers of trees and so on are the config's ``model_training_parameters``.
    """

    def classifier(self) -> Any:
        """Return the classifier."""
        return forest_classifier(self.model_training_parameters)

    def search_space(self) -> Mapping[str, Range]:
        """Return what ``freqai.plimsoll.tuning`` may change."""
        return {
            "min_samples_leaf": Range(50, 500, log=True),
            "max_features": Range(0.1, 0.6),
        }
