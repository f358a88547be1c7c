"""Sizes and volatilities of a panel, against what a person computes."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.signals.panels import (
    LARGEST_LEVEL,
    SizeRule,
    Targets,
    capped,
    daily,
    diversification_multiplier,
    full_sizes,
    level,
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
    assert risk.to_numpy() == pytest.approx(np.full(5, 0.1 * multiplier / 5))


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


def test_single_trades_are_sized_by_the_same_rule() -> None:
    made = closes(100)
    found = SizeRule(target_volatility=0.2).sizes(made)
    expected = full_sizes(made, target_volatility=0.2, volatility_days=30, longest=60)
    pd.testing.assert_frame_equal(found, expected)


def test_a_book_is_levelled_by_the_mean_square_of_a_year() -> None:
    index = closes(500).index
    volatility = pd.Series(np.where(np.arange(500) % 2, 0.03, 0.05), index)
    found = level(volatility, target_volatility=0.1)
    assert found.iloc[:59].isna().all()
    assert found.iloc[59] == pytest.approx(0.1 / np.sqrt((0.03**2 + 0.05**2) / 2))
    assert (volatility**2 * found**2).iloc[-364:].mean() == pytest.approx(0.1**2, rel=2e-3)
    later = volatility.where(np.arange(500) < 400, 0.5)
    assert level(later, target_volatility=0.1).iloc[:400].equals(found.iloc[:400])
    assert level(later, target_volatility=0.1).iloc[-1] < found.iloc[-1] / 5


def test_days_without_a_book_do_not_count_and_nothing_is_enlarged_without_end() -> None:
    index = closes(200).index
    known = pd.Series(0.05, index).where(np.arange(200) >= 50)
    found = level(known, target_volatility=0.1)
    assert found.first_valid_index() == index[109]
    assert found.iloc[-1] == pytest.approx(2.0)
    assert level(known / 100, target_volatility=0.1).iloc[-1] == LARGEST_LEVEL
    assert level(known * 0, target_volatility=0.1).isna().all()


def test_a_row_is_known_when_its_candle_has_closed() -> None:
    nothing = closes(1)
    moments = pd.Series(pd.to_datetime(["2024-01-02 00:00", "2024-01-02 03:59"], utc=True))
    days, hours = Targets(nothing, nothing), Targets(nothing, nothing, span=pd.Timedelta(hours=4))
    assert days.known_at(moments[0]) == pd.Timestamp("2024-01-01", tz="UTC")
    assert list(hours.known_at(moments).dt.hour) == [20, 20]
    assert hours.known_at(pd.Timestamp("2024-01-02 04:00", tz="UTC")).hour == 0


def quarters(weights: list[float], **fields: object) -> Targets:
    """Targets of BTC on candles of six hours."""
    opens = pd.date_range(START, periods=len(weights), freq="6h")
    frame = pd.DataFrame({"BTC": weights, "ETH": 0.5}, opens)
    sizes = pd.DataFrame(0.1, opens, frame.columns)
    return Targets(frame, sizes, span=pd.Timedelta(hours=6), **fields)


def test_it_is_decided_with_each_day_and_where_a_row_is_not_as_the_last() -> None:
    nan = np.nan
    made = quarters([0.1, 0.1, 0.2, 0.2, 0.2, nan, nan, 0.2])
    hours = (made.decided() - START) / pd.Timedelta(hours=1)
    # The first row, the third, each day's end, and where an opinion was lost.
    assert list(hours) == [6, 18, 24, 36, 48]
    days = closes(5)
    assert list(Targets(days * 0, days).decided()) == list(days.index + pd.Timedelta(days=1))


def test_a_change_of_a_full_size_is_a_decision() -> None:
    made = quarters([0.1] * 4)
    made.full_sizes.iloc[1:, 1] = 0.2
    assert list((made.decided() - START) / pd.Timedelta(hours=1)) == [6, 12, 24]


def test_what_is_decided_with_each_day_is_the_row_that_closes_with_it() -> None:
    made = quarters(
        [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        reasons=lambda row, pair: f"{row.hour} {pair}",
    )
    found = made.each_day()
    assert found.weights["BTC"].tolist() == [0.4, 0.8]
    assert list(found.weights.index) == [START, START + pd.Timedelta(days=1)]
    assert found.reasons is not None
    assert found.reasons(START, "BTC") == "18 BTC"
    assert found.each_day() is found


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
