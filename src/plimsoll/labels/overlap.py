"""How much of what a label tells is its own: labels that share candles repeat each other."""

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import PlimsollError


def average_uniqueness(
    candles: NDArray[np.integer], *, horizon_candles: int
) -> NDArray[np.float64]:
    """Return for each label the mean over its candles of one over how many labels use them.

    1 for a label that shares no candle with another; 1 / h in the middle of rows without a hole
    whose labels are made of the h candles after them. As sample weights, rows beside holes then
    count for more, as their labels do.

    Parameters
    ----------
    candles
        The number of each row's candle, ascending, each once; holes are candles left out.
    horizon_candles
        A row's label is made of so many candles after its own.

    Raises
    ------
    PlimsollError
        For a horizon below one candle or numbers that do not ascend.

    Notes
    -----
    López de Prado (2018), Advances in Financial Machine Learning, sections 4.3 and 4.4.
    """
    numbers = np.asarray(candles, dtype=np.int64)
    if horizon_candles < 1 or (np.diff(numbers) < 1).any():
        raise PlimsollError(
            "expected a horizon of 1 candle or more and candles that ascend, found a horizon of "
            f"{horizon_candles} and {len(numbers)} candles"
        )
    if not numbers.size:
        return np.empty(0)
    begins = numbers - numbers[0]
    change = np.zeros(int(begins[-1]) + horizon_candles + 1)
    np.add.at(change, begins, 1)
    np.add.at(change, begins + horizon_candles, -1)
    sharing = np.cumsum(change)[:-1]
    shares = np.divide(1.0, sharing, out=np.zeros_like(sharing), where=sharing > 0)
    summed = np.concatenate([[0.0], np.cumsum(shares)])
    unique: NDArray[np.float64] = summed[begins + horizon_candles] - summed[begins]
    return unique / horizon_candles
