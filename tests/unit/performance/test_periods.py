"""Months, years, and a moving window."""

import math

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.periods import (
    LEAST_DAYS,
    rolling_sharpe,
    rolling_window_days,
    yearly_table,
)


def daily(values: "np.ndarray | list[float]", start: str = "2024-01-15") -> "pd.Series[float]":
    index = pd.date_range(start, periods=len(values), freq="D", tz="UTC")
    return pd.Series(np.asarray(values, dtype="float64"), index=index)


def test_months_compound_to_years_and_years_to_the_whole() -> None:
    equity = daily(np.geomspace(100.0, 200.0, 500))
    years = yearly_table(equity)
    assert [year.year for year in years] == [2024, 2025]
    assert math.prod(1.0 + year.whole for year in years) == pytest.approx(2.0)
    months = [month for month in years[0].months if not math.isnan(month)]
    assert math.prod(1.0 + month for month in months) == pytest.approx(1.0 + years[0].whole)
    # January has the 16 days from the 15th to the 31st's own midnight
    assert years[0].months[0] == pytest.approx(2.0 ** (17 / 499) - 1.0)


def test_months_that_the_run_covers_in_part_are_marked_and_others_are_not() -> None:
    (year,) = yearly_table(daily(np.full(60, 100.0)))
    assert year.is_part == (True, False, True, *[False] * 9)
    assert math.isnan(year.months[3])
    assert year.months[1] == 0.0
    (whole,) = yearly_table(daily(np.full(32, 100.0), "2024-01-01"))
    assert whole.is_part[0] is False


@pytest.mark.parametrize(("days", "window"), [(59, None), (60, 30), (180, 90), (400, 180)])
def test_the_window_fits_the_run_twice(days: float, window: int | None) -> None:
    assert rolling_window_days(days) == window


def test_rolling_sharpe_is_that_of_each_window() -> None:
    returns = np.random.default_rng(3).normal(0.001, 0.02, 120)
    equity = daily(np.concatenate([[100.0], 100.0 * np.cumprod(1.0 + returns)]), "2024-01-01")
    sharpe = rolling_sharpe(equity, 60)
    assert sharpe.isna().sum() == 59
    window = returns[-60:]
    assert sharpe.iloc[-1] == pytest.approx(window.mean() / window.std(ddof=1) * math.sqrt(365))


def test_a_window_that_hardly_changed_has_no_ratio() -> None:
    returns = np.zeros(200)
    returns[: LEAST_DAYS + 30] = np.random.default_rng(3).normal(0.0, 0.02, LEAST_DAYS + 30)
    equity = daily(np.concatenate([[100.0], 100.0 * np.cumprod(1.0 + returns)]), "2024-01-01")
    sharpe = rolling_sharpe(equity, 60)
    assert sharpe.iloc[60 : LEAST_DAYS + 30 + 30].notna().all()
    assert sharpe.iloc[LEAST_DAYS + 30 + 31 :].isna().all()
