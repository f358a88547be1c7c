"""A logistic regression that forecasts up, flat or down: the baseline of classifiers."""

from collections.abc import Mapping
from typing import Any

from plimsoll.models import PurgedClassifier, Range, logistic_classifier


class LogisticDirection(PurgedClassifier):
    """A linear model; features arrive scaled to -1 to 1 of their range in training.

    What trees are to be worth more than: a model that does not beat it has learned nothing that
    a weighted sum does not know.
    """

    def classifier(self) -> Any:
        """Return the classifier."""
        return logistic_classifier(self.model_training_parameters)

    def search_space(self) -> Mapping[str, Range]:
        """Return what ``freqai.plimsoll.tuning`` may change."""
        return {"C": Range(0.001, 10.0, log=True)}
