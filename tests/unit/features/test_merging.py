"""Joining slower data: nothing before it was knowable, nothing that is stale."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.candles.timeframe import timeframe_span
from plimsoll.core import PlimsollError
from plimsoll.features.merging import (
    bars,
    join,
    join_funding,
    open_interest,
    ratios,
    universe,
    universe_source,
)

NAN = float("nan")


def candles(count: int, timeframe: str, start: str = "2024-01-01 00:00") -> pd.DataFrame:
    dates = pd.date_range(start, periods=count, freq=timeframe_span(timeframe), tz="UTC")
    close = np.arange(100.0, 100.0 + count)
    return pd.DataFrame({"date": dates, "close": close})


def stamped(column: str, values: dict[str, float]) -> pd.DataFrame:
    dates = pd.to_datetime([f"2024-01-01 {time}" for time in values], utc=True)
    return pd.DataFrame({"date": dates, column: list(values.values())})


def interest(values: dict[str, float]) -> pd.DataFrame:
    frame = stamped("open_interest_amount", values)
    return frame.assign(open_interest_value=frame["open_interest_amount"] * 10)


def test_open_interest_is_known_at_the_close_of_the_candle_that_contains_it() -> None:
    found = interest({"00:00": 1, "00:05": 2, "00:10": 3})
    joined = join(candles(3, "5m"), "5m", [open_interest(found, "5m")])
    assert joined["open_interest"].tolist() == [1, 2, 3]
    assert joined["open_interest_usd"].tolist() == [10, 20, 30]


def test_open_interest_waits_for_its_publication_on_shorter_candles() -> None:
    joined = join(candles(6, "1m"), "1m", [open_interest(interest({"00:00": 7}), "5m")])
    np.testing.assert_array_equal(joined["open_interest"], [NAN, NAN, NAN, NAN, 7, 7])


def test_an_hour_takes_the_newest_of_its_five_minute_values() -> None:
    found = interest({"00:00": 1, "00:55": 2, "01:00": 3})
    joined = join(candles(1, "1h"), "1h", [open_interest(found, "5m")])
    assert joined["open_interest"].tolist() == [2]


def test_hourly_open_interest_reaches_no_candle_before_its_stamp() -> None:
    found = interest({"01:00": 5, "02:00": 6})
    joined = join(candles(26, "5m"), "5m", [open_interest(found, "1h")])
    expected = [NAN] * 12 + [5.0] * 12 + [6.0] * 2
    np.testing.assert_array_equal(joined["open_interest"], expected)


def test_one_missing_value_is_bridged_and_two_are_not() -> None:
    joined = join(candles(4, "5m"), "5m", [open_interest(interest({"00:00": 4}), "5m")])
    np.testing.assert_array_equal(joined["open_interest"], [4, 4, NAN, NAN])


def test_a_stored_nan_stays_nan() -> None:
    found = interest({"00:00": 4, "00:05": NAN})
    joined = join(candles(2, "5m"), "5m", [open_interest(found, "5m")])
    np.testing.assert_array_equal(joined["open_interest"], [4, NAN])


def test_a_bar_of_another_kind_is_known_at_its_close_and_only_for_its_length() -> None:
    mark = candles(2, "5m").assign(close=[50.0, 51.0])
    joined = join(candles(4, "5m"), "5m", [bars(mark, "mark_close", "5m")])
    np.testing.assert_array_equal(joined["mark_close"], [50, 51, NAN, NAN])


def test_a_longer_bar_is_not_seen_while_it_forms() -> None:
    hours = candles(2, "1h").assign(close=[50.0, 51.0])
    joined = join(candles(25, "5m"), "5m", [bars(hours, "reference_close", "1h")])
    expected = [NAN] * 11 + [50.0] * 12 + [51.0] * 2
    np.testing.assert_array_equal(joined["reference_close"], expected)


def test_funding_at_a_close_belongs_to_the_next_candle() -> None:
    funding = stamped("funding_rate", {"08:00": 0.001})
    joined = join_funding(candles(3, "1h", "2024-01-01 06:00"), "1h", funding)
    np.testing.assert_array_equal(joined["funding_rate"], [NAN, NAN, 0.001])
    np.testing.assert_array_equal(joined["funding_paid"], [NAN, NAN, 0.001])


def test_funding_is_paid_once_and_goes_stale() -> None:
    funding = stamped("funding_rate", {"00:00": 0.001, "08:00": -0.002})
    joined = join_funding(candles(20, "1h"), "1h", funding)
    assert joined["funding_rate"].tolist()[:17] == [0.001] * 8 + [-0.002] * 9
    assert joined["funding_rate"].iloc[17:].isna().all()
    paid = [0.001] + [0.0] * 7 + [-0.002] + [0.0] * 8
    assert joined["funding_paid"].tolist()[:17] == paid
    assert joined["funding_paid"].iloc[17:].isna().all()


def test_a_day_adds_its_settlements_up() -> None:
    funding = stamped("funding_rate", {"00:00": 0.001, "08:00": 0.002, "16:00": 0.004})
    joined = join_funding(candles(1, "1d"), "1d", funding)
    assert joined["funding_paid"].iloc[0] == pytest.approx(0.007)
    assert joined["funding_rate"].iloc[0] == 0.004


def test_later_data_change_no_earlier_candle() -> None:
    rng = np.random.default_rng(3)
    frame = candles(300, "5m")
    found = pd.DataFrame(
        {
            "date": frame["date"] + pd.to_timedelta(rng.integers(0, 299, 300), unit="s"),
            "open_interest_amount": rng.normal(100, 1, 300),
            "open_interest_value": rng.normal(100, 1, 300),
        }
    )
    whole = join(frame, "5m", [open_interest(found, "5m")])
    for cut in (1, 57, 200):
        closes = frame["date"] + pd.Timedelta("5m")
        known = found[found["date"] + pd.Timedelta("5m") <= closes[cut - 1]]
        part = join(frame.iloc[:cut], "5m", [open_interest(known, "5m")])
        pd.testing.assert_frame_equal(part, whole.iloc[:cut])


def test_the_candles_and_the_source_are_untouched() -> None:
    frame, found = candles(3, "5m"), interest({"00:00": 1})
    before = frame.copy(deep=True), found.copy(deep=True)
    join(frame, "5m", [open_interest(found, "5m")])
    pd.testing.assert_frame_equal(frame, before[0])
    pd.testing.assert_frame_equal(found, before[1])


def test_an_empty_source_gives_nan() -> None:
    found = interest({"00:00": 1}).iloc[:0]
    joined = join(candles(2, "5m"), "5m", [open_interest(found, "5m")])
    assert joined["open_interest"].isna().all()


def test_ratios_join_as_open_interest_does() -> None:
    found = stamped("account_ratio", {"00:00": 1.5})
    found = found.assign(top_trader_position_ratio=2.0, taker_volume_ratio=0.5)
    joined = join(candles(1, "5m"), "5m", [ratios(found, "5m")])
    assert joined.iloc[0, 2:].tolist() == [1.5, 2.0, 0.5]


def test_dates_out_of_order_are_refused() -> None:
    found = interest({"00:05": 1, "00:00": 2})
    with pytest.raises(PlimsollError, match="dates that ascend"):
        join(candles(2, "5m"), "5m", [open_interest(found, "5m")])


def test_a_renamed_column_is_refused() -> None:
    found = stamped("amount", {"00:00": 1})
    with pytest.raises(PlimsollError, match="column open_interest_amount"):
        join(candles(2, "5m"), "5m", [open_interest(found, "5m")])


def test_the_universe_counts_the_pairs_that_have_a_candle() -> None:
    dates = pd.date_range("2024-01-01", periods=3, freq="1h", tz="UTC")
    up = pd.DataFrame({"date": dates, "close": [100.0, 110.0, 121.0]})
    down = pd.DataFrame({"date": dates, "close": [100.0, 90.0, 81.0]})
    late = pd.DataFrame({"date": dates[2:], "close": [5.0]})
    made = universe({"UP": up, "DOWN": down, "LATE": late}, "1h")
    assert made["universe_up_fraction"].tolist()[1:] == [0.5, 0.5]
    expected = (np.log(1.1) + np.log(0.9)) / 2
    assert made["universe_return"].iloc[1] == pytest.approx(expected)
    assert made["universe_dispersion"].iloc[2] == pytest.approx(
        np.std([np.log(1.1), np.log(0.9)], ddof=1)
    )
    assert made.iloc[0, 1:].isna().all()
    joined = join(up, "1h", [universe_source(made, "1h")])
    assert joined["universe_up_fraction"].tolist()[1:] == [0.5, 0.5]


def test_a_hole_in_a_pair_is_no_return() -> None:
    dates = pd.date_range("2024-01-01", periods=4, freq="1h", tz="UTC")
    whole = pd.DataFrame({"date": dates, "close": [1.0, 2.0, 3.0, 4.0]})
    made = universe({"A": whole, "B": whole.drop(index=1)}, "1h")
    np.testing.assert_array_equal(made["universe_up_fraction"], [NAN, NAN, NAN, 1.0])
