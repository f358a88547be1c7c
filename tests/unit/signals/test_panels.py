"""Sizes and volatilities of a panel, against what a person computes."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.signals.panels import (
    capped,
    daily,
    diversification_multiplier,
    full_sizes,
    log_returns,
    portfolio_volatility,
    scaled,
    yearly_volatility,
)
from tests.unit.signals.panels import START, closes


def test_volatility_is_the_sample_deviation_of_the_window_a_years_worth() -> None:
    made = closes(40)
    expected = np.log(made["BTC"]).diff().iloc[-30:].std(ddof=1) * np.sqrt(365)
    assert yearly_volatility(made, days=30)["BTC"].iloc[-1] == pytest.approx(expected)


def test_volatility_needs_two_thirds_of_its_window() -> None:
    found = yearly_volatility(closes(40), days=30)["BTC"]
    assert found.iloc[:20].isna().all()
    assert found.iloc[20:].notna().all()


def test_a_market_that_stands_still_is_taken_for_a_tenth() -> None:
    still = pd.DataFrame(100.0, index=closes(40).index, columns=["BTC"])
    assert yearly_volatility(still, days=30)["BTC"].iloc[-1] == 0.10


def test_multiplier_is_one_for_one_pair_and_grows_with_each() -> None:
    found = diversification_multiplier(pd.Series([0, 1, 2, 10]), correlation=0.65)
    assert np.isnan(found[0])
    assert found[1] == 1
    # The roots of one over 0.825 and over 0.685.
    assert found[2] == pytest.approx(1.100964)
    assert found[3] == pytest.approx(1.208244)


def test_every_pair_gets_the_same_share_of_the_target() -> None:
    made = closes(100)
    found = full_sizes(made, target_volatility=0.1, volatility_days=30, longest=60)
    risk = (found * yearly_volatility(made, days=30)).iloc[-1]
    multiplier = diversification_multiplier(pd.Series([5]), correlation=0.65)[0]
    assert risk.to_numpy() == pytest.approx(np.full(5, 0.1 * multiplier / 0.6 / 5))


def test_a_pair_takes_part_after_its_closes_and_not_in_a_hole() -> None:
    made = closes(100)
    made.iloc[:20, 0] = np.nan
    made.iloc[90, 1] = np.nan
    found = full_sizes(made, target_volatility=0.1, volatility_days=30, longest=60)
    assert found.iloc[:60].isna().all(axis=None)
    assert found.iloc[60, 1:].notna().all()
    assert found["BTC"].iloc[:80].isna().all()
    assert found["BTC"].iloc[80:].notna().all()
    assert np.isnan(found.iloc[90, 1])
    # The others share what the missing one leaves.
    assert found.iloc[90, 2] > found.iloc[89, 2] * 0.9


def test_volatility_of_one_pair_is_its_root_mean_square() -> None:
    made = closes(80, pairs=["BTC"])
    returns = log_returns(made)
    weights = pd.DataFrame(0.5, made.index, made.columns)
    found = portfolio_volatility(weights, returns, window=60, periods_per_year=365)
    last = returns["BTC"].iloc[-60:]
    assert found.iloc[-1] == pytest.approx(0.5 * np.sqrt((last**2).mean() * 365))
    assert found.iloc[:60].isna().all()


def test_only_rows_above_the_limit_are_scaled_down() -> None:
    index = closes(3).index
    weights = pd.DataFrame(1.0, index, ["BTC"])
    found = capped(weights, pd.Series([0.2, 0.1, np.nan], index), limit=0.1)
    assert found["BTC"].tolist() == [0.5, 1.0, 1.0]


def test_a_rate_at_midnight_belongs_to_the_day_that_begins() -> None:
    stamps = [START, START + pd.Timedelta(hours=8), START + pd.Timedelta(days=1)]
    rates = pd.DataFrame({"BTC": [1.0, 2.0, 4.0]}, index=pd.DatetimeIndex(stamps))
    days = pd.date_range(START, periods=3, freq="D")
    found = daily(rates, days)["BTC"]
    assert found.iloc[:2].tolist() == [3.0, 4.0]
    assert np.isnan(found.iloc[2])


def test_scaled_periods_are_whole_and_at_least_one() -> None:
    assert scaled((1, 5, 10), 0.25) == (1, 1, 2)
