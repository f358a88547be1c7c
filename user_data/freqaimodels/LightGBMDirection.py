"""Gradient-boosted trees that forecast up, flat or down."""

from typing import Any

from lightgbm import LGBMClassifier

from plimsoll.models import PurgedClassifier


class LightGBMDirection(PurgedClassifier):
    """LightGBM on one thread, and the same model from the same rows.

    The numbers of trees, leaves and so on are the config's ``model_training_parameters``.
    """

    def classifier(self) -> Any:
        """Return the classifier; what is named here is not for a config to change."""
        pinned = {
            "n_jobs": 1,  # two threads on two cores took 700 times as long
            "deterministic": True,
            "force_row_wise": True,  # otherwise LightGBM picks the faster way by trying both
            "random_state": 1,
            "verbosity": -1,
        }
        return LGBMClassifier(**{**self.model_training_parameters, **pinned})
