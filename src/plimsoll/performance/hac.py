"""How much a mean varies when days are related: the long-run variance, and a Sharpe ratio's error.

HAC: consistent under heteroskedasticity and autocorrelation.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

_STEADIEST = 0.97
"""A first-order coefficient beyond this is taken as this, or one over (1 - ρ)² has no bound
(Andrews & Monahan 1992, p. 957)."""
_NO_SPREAD = 1e-12


def long_run_variance(values: Floats) -> float:
    """Return the variance of the scaled mean, ``lim T·Var(mean)``, of a stationary series.

    The quadratic spectral kernel with the bandwidth that Andrews (1991, Heteroskedasticity and
    Autocorrelation Consistent Covariance Matrix Estimation, Econometrica 59, eq. 6.2 and 6.4)
    finds by a first-order autoregression, after prewhitening by such a one (Andrews & Monahan
    1992, Econometrica 60): what Ledoit & Wolf (2008) use for Sharpe ratios. 0 for a series that
    does not vary. NaN rule: none may come in.
    """
    centred = np.asarray(values, dtype="float64") - np.mean(values)
    if not float(centred.std()) > _NO_SPREAD:
        return 0.0
    steady = _first_order(centred)
    residuals = centred[1:] - steady * centred[:-1]
    width = automatic_bandwidth(_first_order(residuals), len(residuals))
    return kernel_variance(residuals, width) / (1 - steady) ** 2


def kernel_variance(centred: Floats, bandwidth: float) -> float:
    """Return the long-run variance by the quadratic spectral kernel at a bandwidth.

    ``centred`` has mean 0. Andrews (1991), eq. 2.7: ``k(x) = 25/(12π²x²) (sin(6πx/5)/(6πx/5) -
    cos(6πx/5))``. Never negative, as the kernel never makes it so.
    """
    count = len(centred)
    covariances = np.correlate(centred, centred, mode="full")[count - 1 :] / count
    if not bandwidth > 0:
        return float(covariances[0])
    lags = np.arange(1, count) / bandwidth
    angle = 6 * math.pi * lags / 5
    weights = 25 / (12 * math.pi**2 * lags**2) * (np.sin(angle) / angle - np.cos(angle))
    return max(float(covariances[0] + 2 * weights @ covariances[1:]), 0.0)


def sharpe_influence(returns: Floats) -> Floats:
    """Return what each return adds to the error of the Sharpe ratio: its influence, mean 0.

    ``(r - μ)/σ - SR/2 ((r - μ)²/σ² - 1)``, the derivative of μ/σ along each observation (the delta
    method of Lo 2002, appendix A). Its variance is ``1 - γ₃ SR + (γ₄ - 1)/4 SR²``: for
    independent returns this is the error of Mertens (2002). Works down the columns of a table.
    """
    mean = returns.mean(axis=0)
    deviation = returns.std(axis=0)
    scores = (returns - mean) / deviation
    influence: Floats = scores - mean / deviation / 2 * (scores**2 - 1)
    return influence


def sharpe_error(returns: Floats) -> float:
    """Return the standard error of the Sharpe ratio per period, related returns considered.

    ``sqrt(long-run variance of the influences / T)``: Lo (2002, The Statistics of Sharpe Ratios,
    Financial Analysts Journal 58(4), eq. 16 and appendix A), with the estimate of
    `long_run_variance`. NaN for returns without deviation.
    """
    values = np.asarray(returns, dtype="float64")
    if not float(values.std()) > _NO_SPREAD:
        return float("nan")
    return math.sqrt(long_run_variance(sharpe_influence(values)) / len(values))


def first_autocorrelation(values: Floats) -> float:
    """Return how a day's value is related to the day's before it, -1 to 1; NaN without spread."""
    centred = np.asarray(values, dtype="float64") - np.mean(values)
    square = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / square if square > _NO_SPREAD**2 else float("nan")


def _first_order(centred: Floats) -> float:
    square = float(centred[:-1] @ centred[:-1])
    ratio = float(centred[1:] @ centred[:-1]) / square if square > 0 else 0.0
    return max(-_STEADIEST, min(_STEADIEST, ratio))


def automatic_bandwidth(steady: float, count: int) -> float:
    """Return the bandwidth for a first-order autoregression: ``1.3221 (α(2) T)^(1/5)``.

    Andrews (1991), eq. 6.2 and 6.4: ``α(2) = 4ρ²/(1-ρ)⁴``.
    """
    return float(1.3221 * (4 * steady**2 / (1 - steady) ** 4 * count) ** 0.2)
