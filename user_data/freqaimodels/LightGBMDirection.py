"""Gradient-boosted trees of LightGBM that forecast up, flat or down."""

from collections.abc import Mapping
from typing import Any

from plimsoll.models import PurgedClassifier, Range, lightgbm_classifier


class LightGBMDirection(PurgedClassifier):
    """LightGBM on one thread, and the same model from the same rows.

    The numbers of trees and so on are the config's ``model_training_parameters``.
    """

    def classifier(self) -> Any:
        """Return the classifier."""
        return lightgbm_classifier(self.model_training_parameters)

    def search_space(self) -> Mapping[str, Range]:
        """Return what ``freqai.plimsoll.tuning`` may change."""
        return {
            "num_leaves": Range(4, 32, log=True),
            "min_child_samples": Range(100, 1000, log=True),
            "learning_rate": Range(0.01, 0.1, log=True),
            "reg_lambda": Range(1.0, 100.0, log=True),
        }
