"""Which trade is which."""

from datetime import timedelta

from plimsoll.parity import read_trades
from plimsoll.parity.matching import match
from tests.unit.parity import lists

TEN = timedelta(minutes=10)


def both(a, b, window=TEN):
    return match(read_trades(a), read_trades(b), window)


def minutes(matching):
    base = lists.T0
    return [
        (
            (one.opened_at - base) / timedelta(minutes=1),
            (two.opened_at - base) / timedelta(minutes=1),
        )
        for one, two in matching.pairs
    ]


def test_matching_the_nearest_first_would_leave_two_alone():
    # 10 is nearest to 8, and then 0 and 18 would have nobody.
    matching = both([lists.trade(0.0), lists.trade(10.0)], [lists.trade(8.0), lists.trade(18.0)])

    assert minutes(matching) == [(0.0, 8.0), (10.0, 18.0)]


def test_equal_openings_are_told_apart_by_their_closings():
    a = [lists.trade(0.0, 30.0), lists.trade(0.0, 300.0)]
    b = [lists.trade(0.0, 301.0), lists.trade(0.0, 29.0)]
    matching = both(a, b)

    assert [(one.number, two.number) for one, two in matching.pairs] == [(0, 1), (1, 0)]


def test_the_window_is_kept_to_the_second():
    assert both([lists.trade(0.0)], [lists.trade(10.0)]).pairs
    assert not both([lists.trade(0.0)], [lists.trade(10.1)]).pairs


def test_another_side_or_pair_is_another_trade():
    assert not both([lists.trade()], [lists.trade(short=True)]).pairs
    assert not both([lists.trade()], [lists.trade(pair=lists.PAIRS[1])]).pairs


def test_thousands_of_trades_in_one_run_are_matched_in_seconds():
    rows = [lists.trade(5.0 * n, 5.0 * n + 4.0) for n in range(1500)]
    matching = both(rows, [lists.trade(5.0 * n + 0.1, 5.0 * n + 4.0) for n in range(1500)])

    assert [one.number for one, _ in matching.pairs] == [two.number for _, two in matching.pairs]
