"""The correlation of accounts by their daily returns."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.correlations import LEAST_DAYS, daily_correlations


def account(steps: np.ndarray, start: str = "2024-01-01") -> pd.Series:
    index = pd.date_range(start, periods=len(steps) + 1, freq="D", tz="UTC")
    return pd.Series(100.0 * np.cumprod(np.concatenate([[1.0], 1.0 + steps])), index=index)


STEPS = np.random.default_rng(2).normal(0, 0.01, 200)
OTHER = np.random.default_rng(3).normal(0, 0.01, 200)


def test_each_pair_of_accounts_is_compared_in_the_order_given() -> None:
    table = daily_correlations({"b": account(STEPS), "a": account(-STEPS), "c": account(OTHER)})
    assert list(table.index) == list(table.columns) == ["b", "a", "c"]
    assert table.loc["b", "a"] == pytest.approx(-1.0)
    assert table.loc["b", "c"] == pytest.approx(np.corrcoef(STEPS, OTHER)[0, 1])
    assert np.diag(table).tolist() == pytest.approx([1.0, 1.0, 1.0])


def test_accounts_are_compared_on_the_days_that_both_have() -> None:
    later = account(STEPS[150:], "2024-05-30")
    table = daily_correlations({"whole": account(STEPS), "later": later})
    assert table.loc["whole", "later"] == pytest.approx(1.0)


def test_account_that_never_moved_or_hardly_overlaps_has_no_correlation() -> None:
    flat = account(np.zeros(200))
    short = account(STEPS[: LEAST_DAYS - 1])
    table = daily_correlations({"one": account(STEPS), "flat": flat, "short": short})
    assert table.loc["one", ["flat", "short"]].isna().all()
    assert np.isnan(table.loc["flat", "flat"])
