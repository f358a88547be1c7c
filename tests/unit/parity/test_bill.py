"""The bill over a span."""

from datetime import timedelta

import pytest

from plimsoll.parity import Cause, ParityError, bill_of
from tests.unit.parity import lists


def test_trades_outside_of_the_shared_span_are_not_compared_and_counted():
    a = lists.backtest([lists.trade(-30.0, 20.0), lists.trade(100.0, 160.0)])
    b = lists.record([lists.trade(100.1, 160.1)])
    bill = bill_of(a, b)

    assert len(bill.outside_a) == 1
    assert len(bill.pairs) == 1
    assert not bill.only_a


def test_the_span_can_be_narrowed_and_excludes_its_end():
    rows = [lists.trade(0.0), lists.trade(100.0, 160.0)]
    until = lists.T0 + timedelta(minutes=100)
    bill = bill_of(lists.record(rows), lists.record(rows), until=until)

    assert len(bill.pairs) == 1


def test_records_that_share_no_span_are_refused():
    with pytest.raises(ParityError, match="share no span"):
        bill_of(lists.record([]), lists.record([]), since=lists.T0 + timedelta(days=30))


def test_accounts_of_different_money_are_refused():
    with pytest.raises(ParityError, match="BTC in B"):
        bill_of(lists.record([]), lists.record([], stake_currency="BTC"))


def test_unexplained_is_a_row_of_its_own():
    row = lists.trade()
    bill = bill_of(
        lists.backtest([row]), lists.record([{**row, "profit_abs": row["profit_abs"] + 1.0}])
    )
    [only] = bill.rows()

    assert only.cause is Cause.UNEXPLAINED
    assert only.cents == 100
    assert bill.unexplained == bill.difference


def test_two_pieces_of_one_trade_count_as_one_trade():
    a = lists.backtest([lists.trade(0.0, entries=[(1.0, 100.0)])])
    b = lists.record([lists.trade(0.1, entries=[(0.99, 101.0)], exits=[(0.99, 101.0)])])
    bill = bill_of(a, b)

    assert len(bill.pieces) > 1
    assert {row.trades for row in bill.rows()} == {1}


def test_a_window_of_nothing_matches_the_same_moment_only():
    rows = [lists.trade(0.0), lists.trade(100.0, 160.0)]
    moved = [lists.trade(0.0), lists.trade(100.1, 160.0)]
    bill = bill_of(lists.record(rows), lists.record(moved), window=timedelta(0))

    assert (len(bill.pairs), len(bill.only_a), len(bill.only_b)) == (1, 1, 1)


def test_without_a_cause_are_the_trades_that_it_has_no_part_in():
    same, dear = lists.trade(100.0, 160.0), lists.trade(0.1, fee=0.001)
    alone = lists.trade(300.0, 330.0)
    a, b = lists.backtest([lists.trade(0.0), same]), lists.record([dear, same, alone])
    bill = bill_of(a, b, until=lists.T0 + timedelta(days=1))
    rest = bill.without(Cause.FEES)

    assert {piece.cause for piece in bill.pieces} > {Cause.FEES}
    assert Cause.FEES not in {piece.cause for piece in rest.pieces}
    assert [pair[0].opened_at for pair in rest.pairs] == [lists.T0 + timedelta(minutes=100)]
    assert (len(rest.only_b), rest.verdict.trades) == (1, 3)
    assert sum(piece.units for piece in rest.pieces) == rest.difference
    assert bill.without(Cause.LOCKS).verdict == bill.verdict
