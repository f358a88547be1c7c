"""A covariance that is shrunk, against the paper written out, and what it is for."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.signals.covariance import shrunk_covariances
from plimsoll.signals.panels import log_returns
from tests.unit.signals.panels import closes


def by_the_paper(moves: np.ndarray) -> np.ndarray:
    """Ledoit & Wolf (2004), appendix B, sums written out; moves: returns × pairs, of mean zero."""
    count, pairs = moves.shape
    s = moves.T @ moves / count
    deviation = np.sqrt(np.diag(s))
    every = range(pairs)
    correlations = [s[i, j] / deviation[i] / deviation[j] for i in every for j in range(i)]
    r = float(np.mean(correlations))
    f = np.array(
        [[s[i, i] if i == j else r * deviation[i] * deviation[j] for j in every] for i in every]
    )
    pi = np.array(
        [[((moves[:, i] * moves[:, j] - s[i, j]) ** 2).mean() for j in every] for i in every]
    )

    def theta(i: int, j: int) -> float:
        """Return theta of ii, ij."""
        return float(((moves[:, i] ** 2 - s[i, i]) * (moves[:, i] * moves[:, j] - s[i, j])).mean())

    rho = np.trace(pi) + sum(
        r
        / 2
        * (deviation[j] / deviation[i] * theta(i, j) + deviation[i] / deviation[j] * theta(j, i))
        for i in every
        for j in every
        if i != j
    )
    gamma = ((f - s) ** 2).sum()
    intensity = max(0.0, min((pi.sum() - rho) / gamma / count, 1.0))
    return intensity * f + (1 - intensity) * s


def test_it_is_that_of_the_paper() -> None:
    returns = log_returns(closes(90)).iloc[1:]
    found = shrunk_covariances(returns, window=60)
    for row in (60, 75, 88):
        expected = by_the_paper(returns.iloc[row - 59 : row + 1].to_numpy())
        np.testing.assert_allclose(found.matrices[row], expected, rtol=1e-9)
    assert np.isnan(found.matrices[:60]).all()


def test_it_errs_less_than_the_sample_where_pairs_are_alike() -> None:
    random = np.random.default_rng(8)
    truth = 0.02**2 * (0.65 + 0.35 * np.eye(8))
    moves = random.multivariate_normal(np.zeros(8), truth, 2000)
    returns = pd.DataFrame(moves, pd.date_range("2020-01-01", periods=2000, tz="UTC"))
    found = shrunk_covariances(returns, window=60).matrices[60::60]
    samples = [
        moves[row - 59 : row + 1].T @ moves[row - 59 : row + 1] / 60 for row in range(60, 2000, 60)
    ]
    error = [((one - truth) ** 2).sum() for one in found]
    assert np.mean(error) < 0.9 * np.mean([((one - truth) ** 2).sum() for one in samples])


def test_variances_stay_and_no_book_has_less_than_none() -> None:
    returns = log_returns(closes(200)).iloc[1:]
    found = shrunk_covariances(returns, window=60).matrices[60:]
    kept = np.diagonal(found, axis1=1, axis2=2)
    expected = (returns**2).rolling(60).mean().iloc[60:]
    np.testing.assert_allclose(kept, expected.to_numpy(), rtol=1e-9)
    assert np.linalg.eigvalsh(found).min() > 0


def test_a_pair_with_missing_returns_counts_by_those_it_has() -> None:
    returns = log_returns(closes(100)).iloc[1:]
    holes = returns.copy()
    holes.iloc[60:90, 1] = np.nan
    holes.iloc[:, 2] = np.nan
    found = shrunk_covariances(holes, window=60).matrices[-1]
    known = holes.iloc[-60:, 1].dropna()
    assert found[1, 1] == pytest.approx((known**2).mean())
    assert (found[2] == 0).all()
    assert np.isfinite(found).all()


def test_the_volatility_of_one_pair_is_its_root_mean_square() -> None:
    made = closes(80, pairs=["BTC"])
    returns = log_returns(made)
    weights = pd.DataFrame(0.5, made.index, made.columns)
    found = shrunk_covariances(returns, window=60).volatility(weights, periods_per_year=365)
    last = returns["BTC"].iloc[-60:]
    assert found.iloc[-1] == pytest.approx(0.5 * np.sqrt((last**2).mean() * 365))
    assert found.iloc[:60].isna().all()


def test_the_volatility_of_a_book_is_that_of_its_returns_when_nothing_is_shrunk() -> None:
    made = closes(2000, pairs=["BTC", "ETH"])  # two pairs have one correlation: it is the mean
    returns = log_returns(made)
    weights = pd.DataFrame({"BTC": 0.3, "ETH": -0.2}, made.index)
    found = shrunk_covariances(returns, window=60).volatility(weights, periods_per_year=365)
    book = (returns * [0.3, -0.2]).sum(axis=1).iloc[-60:]
    assert found.iloc[-1] == pytest.approx(np.sqrt((book**2).mean() * 365))


def test_rows_before_a_cut_stay_as_they_were() -> None:
    returns = log_returns(closes(150))
    whole = shrunk_covariances(returns, window=60).matrices
    for cut in (61, 100, 149):
        early = shrunk_covariances(returns.iloc[:cut], window=60).matrices
        np.testing.assert_array_equal(whole[:cut], early)
