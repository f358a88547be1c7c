"""A record's own arithmetic."""

from datetime import timedelta

from tests.unit.parity import lists


def test_a_moment_lies_in_the_candle_that_began_at_or_before_it():
    record = lists.record([])

    assert record.candle_of(lists.T0) == lists.T0
    assert record.candle_of(lists.T0 + timedelta(minutes=4, seconds=59.9)) == lists.T0
    assert record.candle_of(lists.T0 + timedelta(minutes=5)) == lists.T0 + timedelta(minutes=5)


def test_a_trade_is_open_from_its_opening_to_before_its_close():
    record = lists.record([lists.trade(10.0, 20.0), lists.trade(15.0, None)])

    def count(minutes):
        return len(record.open_at(lists.T0 + timedelta(minutes=minutes)))

    assert [count(at) for at in (9.9, 10.0, 19.9, 20.0)] == [0, 1, 2, 1]
