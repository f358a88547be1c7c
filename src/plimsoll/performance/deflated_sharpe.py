"""A Sharpe ratio as evidence: how far it stands above the best that luck alone would find."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from plimsoll.performance.errors import MeasureError

LEAST_RETURNS = 20
"""With fewer returns, skewness and kurtosis are meaningless."""


@dataclass(frozen=True)
class SharpeEvidence:
    """A Sharpe ratio per period (not a year's), with what determines its precision.

    ``kurtosis`` is not excess: 3 for a normal distribution.
    """

    sharpe: float
    returns: int
    skewness: float
    kurtosis: float


def sharpe_evidence(returns: NDArray[np.floating[Any]]) -> SharpeEvidence | None:
    """Measure the returns of equal periods; ``None`` when they are no evidence.

    That is: fewer than `LEAST_RETURNS`, one that is not finite, or no deviation at all.
    """
    if len(returns) < LEAST_RETURNS or not np.isfinite(returns).all():
        return None
    deviation = float(returns.std(ddof=1))
    if not deviation > 1e-12:
        return None
    return SharpeEvidence(
        sharpe=float(returns.mean()) / deviation,
        returns=len(returns),
        skewness=float(stats.skew(returns)),
        kurtosis=float(stats.kurtosis(returns, fisher=False)),
    )


def highest_by_luck(trials: int, variance: float) -> float:
    """Return the highest Sharpe ratio to expect of ``trials`` without any skill.

    ``variance`` is that of the trials' Sharpe ratios, per period. Bailey & López de Prado (2014),
    The Deflated Sharpe Ratio, Journal of Portfolio Management 40(5), eq. 1:
    ``sqrt(V) ((1 - γ) Z⁻¹(1 - 1/N) + γ Z⁻¹(1 - 1/(N e)))``, γ the Euler-Mascheroni constant. One
    trial is no selection: 0.

    Raises
    ------
    MeasureError
        For fewer trials than one, or a variance that is negative or no number.
    """
    if trials < 1:
        raise MeasureError(f"trials must be 1 or more, found {trials}")
    if not (math.isfinite(variance) and variance >= 0):
        raise MeasureError(f"the variance of the trials must be 0 or more, found {variance}")
    if trials == 1:
        return 0.0
    usual = float(stats.norm.ppf(1 - 1 / trials))
    rare = float(stats.norm.ppf(1 - 1 / (trials * math.e)))
    gamma = float(np.euler_gamma)
    return math.sqrt(variance) * ((1 - gamma) * usual + gamma * rare)


def deflated_z(
    evidence: SharpeEvidence, *, trials: int, trial_variance: float | None = None
) -> float:
    """Return how many standard errors a Sharpe ratio stands above the best that luck would find.

    The numerator and denominator of Bailey & López de Prado (2014), eq. 2:
    ``(SR - SR0) sqrt(T - 1) / sqrt(1 - γ₃ SR + (γ₄ - 1)/4 SR²)`` with `highest_by_luck` as SR0.
    Skewed and fat-tailed returns make the same ratio weaker evidence.

    ``trial_variance`` is that of the Sharpe ratios of all trials, per period. When it is not
    known, the sampling variance of a ratio without skill is taken, ``1 / (T - 1)`` (Lo 2002, The
    Statistics of Sharpe Ratios, eq. 9 at SR = 0): the trials then differ by luck alone.
    """
    degrees = evidence.returns - 1
    variance = 1 / degrees if trial_variance is None else trial_variance
    above = evidence.sharpe - highest_by_luck(trials, variance)
    return above * math.sqrt(degrees) / math.sqrt(shape_of(evidence))


def deflated_sharpe(
    evidence: SharpeEvidence, *, trials: int, trial_variance: float | None = None
) -> float:
    """Return the probability that the true Sharpe ratio is above 0, the selection considered."""
    return float(stats.norm.cdf(deflated_z(evidence, trials=trials, trial_variance=trial_variance)))


def probabilistic_sharpe(
    evidence: SharpeEvidence, *, benchmark: float = 0.0, error: float | None = None
) -> float:
    """Return the probability that the true Sharpe ratio is above a benchmark, both per period.

    ``Z((SR - SR*) / σ(SR))`` with ``σ² = (1 - γ₃ SR + (γ₄ - 1)/4 SR²) / (T - 1)``: Bailey & López
    de Prado (2012), The Sharpe Ratio Efficient Frontier, Journal of Risk 15(2), eq. 9. ``error``
    takes the place of σ where returns are related from period to period, which that σ does not
    know.
    """
    spread = math.sqrt(shape_of(evidence) / (evidence.returns - 1)) if error is None else error
    return float(stats.norm.cdf((evidence.sharpe - benchmark) / spread))


def least_track_record(
    evidence: SharpeEvidence,
    *,
    benchmark: float = 0.0,
    confidence: float = 0.95,
    error: float | None = None,
) -> float:
    """Return how many returns show with confidence that a Sharpe ratio is above a benchmark.

    The minimum track record length: ``1 + (1 - γ₃ SR + (γ₄ - 1)/4 SR²) (Z(α) / (SR - SR*))²``,
    Bailey & López de Prado (2012), eq. 11. ``error`` as in `probabilistic_sharpe`; the shape is
    then that which the error has at the present length. NaN where the ratio is not above the
    benchmark: no length would show it.
    """
    above = evidence.sharpe - benchmark
    if not above > 0:
        return float("nan")
    shape = shape_of(evidence) if error is None else error**2 * (evidence.returns - 1)
    return float(1 + shape * (float(stats.norm.ppf(confidence)) / above) ** 2)


def shape_of(evidence: SharpeEvidence) -> float:
    """Return ``1 - γ₃ SR + (γ₄ - 1)/4 SR²``: 1 for normal returns without an edge, never below 0.

    It is 0 at least, for kurtosis >= skewness² + 1; rounding must not make it less.
    """
    ratio = evidence.sharpe
    shape = 1 - evidence.skewness * ratio + (evidence.kurtosis - 1) / 4 * ratio**2
    return max(shape, 1e-12)
