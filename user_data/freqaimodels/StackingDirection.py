"""Boosted trees, a forest and a linear model under one that weighs them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from plimsoll.models import (
    PurgedStack,
    catboost_classifier,
    forest_classifier,
    lightgbm_classifier,
    logistic_classifier,
    xgboost_classifier,
)


class StackingDirection(PurgedStack):
    """Five classifiers (extra `models`); how far each is trusted is learned out of fold.

    ``model_training_parameters`` has a section for each member.
    """

    def members(self) -> Mapping[str, Callable[[], Any]]:
        """Return what makes each member."""
        made = {
            "lightgbm": lightgbm_classifier,
            "xgboost": xgboost_classifier,
            "catboost": catboost_classifier,
            "forest": forest_classifier,
            "logistic": logistic_classifier,
        }
        return {name: partial(new, self.parameters_of(name)) for name, new in made.items()}
