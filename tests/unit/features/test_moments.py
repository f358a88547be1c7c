"""Skewness and kurtosis in one pass against the plain formula in long double."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from plimsoll.features.moments import rolling_skew_kurtosis

EXACT = 2e-12
"""Largest error, of the value or of 1."""

RANDOM = np.random.default_rng(7)
NORMAL = RANDOM.normal(size=1200)
HEAVY = RANDOM.standard_t(2, size=1200)
JUMP = np.where(np.arange(1200) % 400 == 300, 1e6, 1.0)
HARD = {
    "returns": HEAVY * 1e-3,
    "a large offset": NORMAL + 1e6,
    "a tiny variance": NORMAL * 1e-60,
    "a drift": np.cumsum(NORMAL) + np.arange(1200.0),
    "outliers that leave": NORMAL * JUMP,
    "a calm after a storm": NORMAL * np.where(np.arange(1200) < 600, 1e8, 1.0),
    "standstills": np.where(np.arange(1200) % 500 < 200, 0.1, NORMAL),
}


def plain(values: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    parts = np.lib.stride_tricks.sliding_window_view(values.astype(np.longdouble), window)
    parts = parts - parts[:, :1]
    gaps = parts - parts.mean(axis=1, keepdims=True)
    second, third, fourth = ((gaps**power).mean(axis=1) for power in (2, 3, 4))
    flat = parts.max(axis=1) == parts.min(axis=1)
    second[flat] = np.nan
    front = np.full(window - 1, np.nan)
    skew, kurtosis = third / second**1.5, fourth / second**2 - 3
    return tuple(np.append(front, column.astype("float64")) for column in (skew, kurtosis))


def differs(values: np.ndarray, window: int) -> float:
    """Return the largest error of both; infinite where only one of a pair has a value."""
    worst = 0.0
    for ours, true in zip(
        rolling_skew_kurtosis(values, window), plain(values, window), strict=True
    ):
        if not np.array_equal(np.isnan(ours), np.isnan(true)):
            return float("inf")
        error = np.abs(ours - true) / np.maximum(1.0, np.abs(true))
        worst = max(worst, float(np.nanmax(error, initial=0.0)))
    return worst


@pytest.mark.parametrize("window", [3, 96, 288])
@pytest.mark.parametrize("name", HARD)
def test_hard_data_is_exact(name: str, window: int) -> None:
    assert differs(HARD[name], window) < EXACT


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("hole", [float("nan"), float("inf")])
def test_a_missing_value_silences_its_windows_alone(hole: float) -> None:
    values = NORMAL.copy()
    values[[0, 400, 401, 402, 900]] = hole
    known = np.isfinite(rolling_skew_kurtosis(values, 96)[0])
    assert np.flatnonzero(np.diff(known)).tolist() == [95, 399, 497, 899, 995]
    assert differs(values, 96) < EXACT


def test_a_window_without_a_finite_value_is_nan_and_the_next_whole_one_is_not() -> None:
    values = np.append(np.full(200, np.nan), NORMAL[:200])
    skew = rolling_skew_kurtosis(values, 96)[0]
    assert np.flatnonzero(np.isfinite(skew))[0] == 200 + 95


@settings(max_examples=200, deadline=None)
@given(
    whole=arrays.arrays(np.int64, st.integers(5, 80), elements=st.integers(-50, 50)),
    scale=st.sampled_from([1e-9, 1.0, 1e9]),
    offset=st.sampled_from([0.0, 1.0, -1e5]),
    window=st.integers(3, 20),
)
def test_any_values_are_exact(whole: np.ndarray, scale: float, offset: float, window: int) -> None:
    assert differs((whole + offset) * scale, min(window, len(whole))) < EXACT
