"""What candles say of a price."""

from datetime import timedelta

import pandas as pd

from plimsoll.parity import read_trades
from plimsoll.parity.prices import TOLERANCE, came_back, candle_at, outside_of_candle
from tests.unit.parity import lists


def record(rows):
    dates = [pd.Timestamp(lists.T0) + pd.Timedelta(minutes=5 * n) for n in range(len(rows))]
    frame = pd.DataFrame({"date": dates, "low": [r[0] for r in rows], "high": [r[1] for r in rows]})
    return lists.record([], candles={lists.PAIRS[0]: frame})


def entered(price, *, short=False):
    return read_trades([lists.trade(0.0, 60.0, entries=[(1.0, price)], short=short)])[0]


def test_a_price_beyond_the_range_and_the_tolerance_is_outside():
    of = record([(99.0, 100.0)])

    inside = 100.0 * (1.0 + TOLERANCE) - 1e-6
    assert outside_of_candle(entered(inside), of, is_entry=True) is None
    assert outside_of_candle(entered(inside + 1e-3), of, is_entry=True) is not None


def test_without_a_candle_of_the_moment_nothing_is_said():
    of = record([(99.0, 100.0)])

    assert candle_at(of, lists.PAIRS[0], lists.T0 + timedelta(minutes=5)) is None
    assert candle_at(of, lists.PAIRS[1], lists.T0) is None
    assert outside_of_candle(entered(500.0), lists.record([]), is_entry=True) is None


def test_a_price_comes_back_only_within_the_time_given():
    of = record([(100.0, 103.0), (98.0, 101.0)])

    assert came_back(of, entered(99.0), 240.0) is False
    assert came_back(of, entered(99.0), 600.0) is True
    assert came_back(of, entered(102.0, short=True), 240.0) is True
    assert came_back(lists.record([]), entered(99.0), 240.0) is None
