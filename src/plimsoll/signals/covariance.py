"""How pairs move together, as it was known on each day: a covariance that is shrunk.

A sample covariance of few returns takes chance for structure, most of all in a book that is long
and short: its hedges look better than they are. It is drawn towards one in which all pairs
correlate alike, the more so the noisier the sample is.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Covariances:
    """The covariance of a row's returns, for every row of a frame of returns.

    Attributes
    ----------
    rows, pairs
        Index and columns of the returns.
    matrices
        Rows × pairs × pairs; NaN in rows that have no full window.
    """

    rows: pd.DatetimeIndex
    pairs: pd.Index
    matrices: Floats

    def volatility(self, weights: pd.DataFrame, *, periods_per_year: float) -> pd.Series:
        """Return the volatility that each row's weights are expected to have, a year's worth.

        ``weights``: rows × pairs, reindexed to the returns; NaN is nothing held. NaN in rows
        without a covariance.
        """
        held = weights.reindex(index=self.rows, columns=self.pairs).fillna(0.0).to_numpy("float64")
        variance = np.einsum("ti,tij,tj->t", held, self.matrices, held)
        return pd.Series(np.sqrt(variance.clip(min=0.0) * periods_per_year), index=self.rows)


def shrunk_covariances(returns: pd.DataFrame, *, window: int) -> Covariances:
    """Return the covariance of the latest ``window`` returns of each row, shrunk.

    Towards the same deviations with the mean correlation for every two pairs, by the intensity
    that is expected to err least. Source: Ledoit & Wolf (2004), Honey, I Shrunk the Sample
    Covariance Matrix, appendix B; a mean return of zero is assumed.

    ``returns``: rows × pairs; NaN where one is missing. A pair's deviation is that of the returns
    it has; without any it is zero.
    """
    count, pairs = returns.shape
    matrices = np.full((count, pairs, pairs), np.nan)
    if count > window:
        values = returns.to_numpy("float64")
        known = sliding_window_view(np.isfinite(values), window, axis=0)[1:].sum(axis=-1)
        moves = sliding_window_view(np.nan_to_num(values), window, axis=0)[1:]
        matrices[window:] = _shrunk(moves * np.sqrt(window / known.clip(min=1))[..., None])
    return Covariances(pd.DatetimeIndex(returns.index), returns.columns, matrices)


def _shrunk(moves: Floats) -> Floats:
    """Return rows × pairs × pairs of rows × pairs × window; the symbols are the paper's."""
    window, pairs = moves.shape[-1], moves.shape[-2]
    sample: Floats = moves @ moves.swapaxes(1, 2) / window
    if pairs == 1:
        return sample
    variance = np.diagonal(sample, axis1=1, axis2=2)
    deviation = np.sqrt(variance)
    scale = deviation[:, :, None] * deviation[:, None, :]
    diagonal = np.eye(pairs, dtype=bool)
    moving = (scale > 0) & ~diagonal
    correlation = np.divide(sample, scale, out=np.zeros_like(sample), where=moving)
    mean = correlation.sum(axis=(1, 2)) / np.maximum(moving.sum(axis=(1, 2)), 1)
    target = np.where(diagonal, sample, mean[:, None, None] * scale)
    pi = (moves**2) @ (moves**2).swapaxes(1, 2) / window - sample**2
    theta = (moves**3) @ moves.swapaxes(1, 2) / window - variance[:, :, None] * sample
    ratio = np.divide(
        deviation[:, None, :],
        deviation[:, :, None],
        out=np.zeros_like(sample),
        where=moving,
    )
    rho = np.where(diagonal, pi, mean[:, None, None] * ratio * theta).sum(axis=(1, 2))
    gamma = ((target - sample) ** 2).sum(axis=(1, 2))
    kappa = np.divide(pi.sum(axis=(1, 2)) - rho, gamma, out=np.zeros_like(gamma), where=gamma > 0)
    intensity = (kappa / window).clip(0.0, 1.0)[:, None, None]
    shrunk: Floats = intensity * target + (1 - intensity) * sample
    return shrunk
