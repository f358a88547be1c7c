"""Gradient-boosted trees of CatBoost that forecast up, flat or down."""

from collections.abc import Mapping
from typing import Any

from plimsoll.models import PurgedClassifier, Range, catboost_classifier


class CatBoostDirection(PurgedClassifier):
    """CatBoost on one thread (extra `models`), and the same model from the same rows.

    The numbers of trees and so on are the config's ``model_training_parameters``.
    """

    def classifier(self) -> Any:
        """Return the classifier."""
        return catboost_classifier(self.model_training_parameters)

    def search_space(self) -> Mapping[str, Range]:
        """Return what ``freqai.plimsoll.tuning`` may change."""
        return {
            "depth": Range(2, 6),
            "learning_rate": Range(0.01, 0.1, log=True),
            "l2_leaf_reg": Range(1.0, 100.0, log=True),
        }
