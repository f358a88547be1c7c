"""How precisely a Sharpe ratio is known: its standard error, and an interval by resampling."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.performance.bootstrap import RESAMPLES, SEED, stationary_draw
from plimsoll.performance.deflated_sharpe import sharpe_evidence
from plimsoll.performance.measures import DAYS_PER_YEAR

Floats = NDArray[np.floating[Any]]

COVERED = 0.95
"""Share of the resampled ratios that the interval holds."""
_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class SharpePrecision:
    """A year's Sharpe ratio of daily returns and how far the true one may be from it.

    ``standard_error_normal`` is that of normal returns, ``standard_error`` that of the returns'
    own skewness and kurtosis. ``low`` and ``high`` bound `COVERED` of the resampled ratios,
    ``block_days`` is the mean length of a resampled block.
    """

    sharpe: float
    standard_error_normal: float
    standard_error: float
    low: float
    high: float
    block_days: int
    days: int


def sharpe_precision(returns: Floats) -> SharpePrecision | None:
    """Measure the precision of the Sharpe ratio of daily returns, a year having 365 days.

    Per day, with T returns: ``sqrt((1 + SR²/2) / T)`` for normal returns (Lo 2002, The Statistics
    of Sharpe Ratios, eq. 9) and ``sqrt((1 - γ₃ SR + (γ₄ - 1)/4 SR²) / T)`` for others (Mertens
    2002, Comments on Variance of the IID Estimator in Lo; Opdyke 2007, Comparing Sharpe Ratios,
    shows that it holds for stationary returns too); both × √365.

    The interval comes from the stationary bootstrap (Politis & Romano 1994): days are drawn in
    blocks of random length, so that days that follow each other stay together. The mean block has
    ``T^(1/3)`` days, rounded up. The interval is that of the percentiles.

    ``None`` for returns that are no evidence, as in `sharpe_evidence`.
    """
    evidence = sharpe_evidence(returns)
    if evidence is None:
        return None
    ratio, count = evidence.sharpe, evidence.returns
    year = math.sqrt(DAYS_PER_YEAR)
    shape = 1 - evidence.skewness * ratio + (evidence.kurtosis - 1) / 4 * ratio**2
    block = math.ceil(count ** (1 / 3))
    drawn = resampled_sharpes(returns, mean_block=block)
    tail = (1 - COVERED) / 2
    low, high = (float(np.nanquantile(drawn, at)) for at in (tail, 1 - tail))
    return SharpePrecision(
        sharpe=ratio * year,
        standard_error_normal=math.sqrt((1 + ratio**2 / 2) / count) * year,
        # It is 0 at least, for kurtosis >= skewness² + 1; rounding must not make it less.
        standard_error=math.sqrt(max(shape, 0.0) / count) * year,
        low=low * year,
        high=high * year,
        block_days=block,
        days=count,
    )


def resampled_sharpes(
    returns: Floats, *, mean_block: float, resamples: int = RESAMPLES, seed: int = SEED
) -> Floats:
    """Return the Sharpe ratios, a day's, of stationary bootstrap samples of the returns.

    Each sample is as long as the returns; `stationary_draw` says how its days are drawn. NaN for a
    sample without deviation.

    Raises
    ------
    MeasureError
        For fewer than two returns, or a mean block shorter than one day.
    """
    drawn = stationary_draw(len(returns), mean_block=mean_block, resamples=resamples, seed=seed)
    samples = np.asarray(returns, dtype="float64")[drawn.days]
    deviation = samples.std(axis=0, ddof=1)
    known = np.where(deviation > _NO_SPREAD, deviation, np.nan)
    ratios: Floats = samples.mean(axis=0) / known
    return ratios
