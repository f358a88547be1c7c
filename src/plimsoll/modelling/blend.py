"""From the probabilities of one or several models to calibrated ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

LEAST_PROBABILITY = 1e-6
"""Probabilities are cut off here before their logarithm is taken."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Blend:
    """A multinomial logistic regression on the logarithms of probabilities.

    Of one model it calibrates (matrix scaling: Guo et al. 2017, On Calibration of Modern Neural
    Networks, section 4.2); of several it is the model above them (Wolpert 1992, Stacked
    Generalization). It is fitted on forecasts of rows that the models did not learn from.

    Attributes
    ----------
    weights
        Classes × (models × classes).
    biases
        One a class.
    """

    weights: Floats
    biases: Floats

    def apply(self, said: Sequence[Floats]) -> Floats:
        """Return probabilities, rows × classes, of those of each model."""
        scores = _logs(said) @ self.weights.T + self.biases
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        blended: Floats = raised / raised.sum(axis=1, keepdims=True)
        return blended


def fit_blend(
    said: Sequence[Floats], codes: NDArray[np.intp], weights: Floats, *, strength: float = 1.0
) -> Blend:
    """Fit on held-out forecasts: ``codes`` are the classes that occurred, every one of them.

    ``strength`` is the inverse of the L2 penalty, which pulls weights to 0 and so forecasts to
    how often each class occurs.
    """
    model = import_module("sklearn.linear_model").LogisticRegression(C=strength, max_iter=2000)
    model.fit(_logs(said), codes, sample_weight=weights)
    rows, biases = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(model.classes_) == 2:
        rows, biases = np.vstack([-rows, rows]) / 2, np.concatenate([-biases, biases]) / 2
    return Blend(rows.astype(np.float64), biases.astype(np.float64))


def _logs(said: Sequence[Floats]) -> Floats:
    clipped = np.clip(np.hstack(list(said)), LEAST_PROBABILITY, 1.0)
    logs: Floats = np.log(clipped)
    return logs
