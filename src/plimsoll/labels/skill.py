"""Whether forecasts say more than how often each class occurs, or than the mean."""

import numpy as np
from numpy.typing import NDArray

LEAST_PROBABILITY = 1e-15


def log_loss_skill(
    probabilities: NDArray[np.float64], truth: NDArray[np.intp], frequencies: NDArray[np.float64]
) -> float:
    """Return 1 − log loss of the forecasts over that of constant frequencies.

    Above 0 the forecasts say more than the frequencies do; 0 is no skill. NaN without a row,
    and when the frequencies leave nothing to be said.

    Parameters
    ----------
    probabilities
        Rows × classes, each row adding up to 1.
    truth
        The column of the class that occurred, for each row.
    frequencies
        How often each class occurred where the model learned.

    Notes
    -----
    Roulston and Smith (2002), Evaluating Probabilistic Forecasts Using Information Theory, eq. 3
    (ignorance), as a skill score against climatology.
    """
    if len(truth) == 0:
        return float("nan")
    said = probabilities[np.arange(len(truth)), truth]
    base = _loss(np.asarray(frequencies, dtype=np.float64)[truth])
    return float("nan") if base <= 0 else 1 - _loss(said) / base


def squared_error_skill(
    forecasts: NDArray[np.float64], truth: NDArray[np.float64], *, usual: float
) -> float:
    """Return 1 − squared error of the forecasts over that of one constant forecast.

    Above 0 the forecasts say more than ``usual`` does: the mean of what was learned from, or 0
    for the skill of telling a side. NaN without a row, and when the constant is never wrong.

    Notes
    -----
    Campbell and Thompson (2008), Predicting Excess Stock Returns Out of Sample, eq. 2.
    """
    if len(truth) == 0:
        return float("nan")
    base = float(np.mean((truth - usual) ** 2))
    return float("nan") if base <= 0 else 1 - float(np.mean((truth - forecasts) ** 2)) / base


def _loss(probabilities: NDArray[np.float64]) -> float:
    return float(-np.log(np.maximum(probabilities, LEAST_PROBABILITY)).mean())
