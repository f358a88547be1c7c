"""Open positions at the end of a backtest."""

import pytest

from plimsoll.parity import Cause, bill_of, read_trades
from plimsoll.parity.valued import valued_at_end
from tests.unit.parity import lists

FORCED = lists.trade(0.0, 600.0, exits=[(1.0, 110.0)], reason="force_exit", funding=-0.2)
OPEN = lists.trade(0.1, None, funding=-0.2)


def one(row):
    return read_trades([row])[0]


def test_an_open_trade_makes_what_its_counterpart_was_closed_with():
    valued = valued_at_end(one(OPEN), one(FORCED))

    assert valued.profit == pytest.approx(FORCED["profit_abs"])
    assert valued.closed_at == one(FORCED).closed_at


def test_what_is_left_after_a_partial_exit_is_valued_and_no_more():
    half = lists.trade(0.1, None, exits=[(0.5, 104.0)], funding=0.0)
    valued = valued_at_end(one(half), one({**FORCED, "funding_fees": 0.0}))

    fees = 0.0005 * (100.0 + 0.5 * 104.0 + 0.5 * 110.0)
    assert valued.profit == pytest.approx(0.5 * 4.0 + 0.5 * 10.0 - fees)


def test_only_a_forced_end_values_anything():
    stopped = one(lists.trade(0.0, 600.0, reason="stop_loss"))

    assert valued_at_end(one(OPEN), stopped).is_open
    assert valued_at_end(stopped, one(FORCED)) is stopped


@pytest.mark.parametrize(("value_open", "expected"), [(True, set()), (False, {Cause.END_OF_RANGE})])
def test_a_bill_values_them_when_it_is_asked_to(value_open, expected):
    bill = bill_of(lists.backtest([FORCED]), lists.record([OPEN]), value_open=value_open)

    assert {row.cause for row in bill.rows() if row.cents} == expected
    assert sum(piece.units for piece in bill.pieces) == bill.difference
