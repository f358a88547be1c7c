"""Why a trade is missing in the other record."""

from datetime import timedelta

import pandas as pd

from plimsoll.parity import Cause, Denied, Halted, Held, Kind, read_trades
from plimsoll.parity.absent import absent_cause
from tests.unit.parity import lists

AT = lists.T0 + timedelta(minutes=100)


def why(other, *, kind=Kind.BOT, name="B", row=None, **more):
    [trade] = read_trades([row or lists.trade(100.0, 200.0)])
    record = lists.record(other, kind, **more)
    return absent_cause(trade, lists.record([]), record, name)[0]


def test_nothing_on_record_is_said_as_such():
    assert why([]) is Cause.NOT_IN_B
    assert why([], name="A") is Cause.NOT_IN_A


def test_a_full_house_is_a_cause_only_when_it_was_full():
    other = [lists.trade(0.0, 300.0, pair=lists.PAIRS[1])]

    assert why(other, max_open_trades=1) is Cause.SLOTS
    assert why(other, max_open_trades=2) is Cause.NOT_IN_B
    assert why(other) is Cause.NOT_IN_B


def test_a_backtest_is_asked_for_its_slots_at_the_open_of_the_candle():
    other = [lists.trade(0.0, 102.0, pair=lists.PAIRS[1])]
    row = lists.trade(103.0, 200.0)

    assert why(other, kind=Kind.BACKTEST, row=row, max_open_trades=1) is Cause.SLOTS
    assert why(other, kind=Kind.BOT, row=row, max_open_trades=1) is Cause.NOT_IN_B


def test_a_pair_that_is_still_taken_keeps_the_next_entry_out():
    assert why([lists.trade(50.0, 150.0)]) is Cause.KNOCK_ON
    assert why([lists.trade(50.0, 100.0)]) is Cause.NOT_IN_B


def test_a_trade_from_before_the_span_holds_its_pair():
    other = lists.trade(-60.0, 150.0)

    assert why([other]) is Cause.END_OF_RANGE


def test_a_denial_counts_in_its_own_candle_only():
    denied = Denied(lists.PAIRS[0], AT + timedelta(seconds=3), "cooldown")
    later = Denied(lists.PAIRS[0], AT + timedelta(minutes=5), "cooldown")

    assert why([], denied=(denied,)) is Cause.GUARDS
    assert why([], denied=(later,)) is Cause.NOT_IN_B


def test_a_denial_of_the_other_side_is_no_cause():
    sides = [Denied(lists.PAIRS[0], AT, "cooldown", side) for side in ("short", "long")]

    assert why([], denied=sides[:1]) is Cause.NOT_IN_B
    assert why([], denied=sides[1:]) is Cause.GUARDS


def test_a_denied_addition_to_a_trade_that_holds_the_pair_is_no_cause():
    denied = Denied(lists.PAIRS[0], AT, "max_position")

    assert why([lists.trade(20.0, 150.0)], denied=(denied,)) is Cause.KNOCK_ON


def test_a_halt_counts_until_it_ended():
    begun = AT - timedelta(hours=1)

    assert why([], halted=(Halted(begun, None, "max_drawdown"),)) is Cause.GUARDS
    assert why([], halted=(Halted(begun, AT, "max_drawdown"),)) is Cause.NOT_IN_B


def test_a_lock_is_a_guard_s_or_another_s():
    def lock(by_guard, side="*"):
        return Held("*", side, AT - timedelta(hours=1), AT + timedelta(hours=1), "", by_guard)

    assert why([], locks=(lock(True),)) is Cause.GUARDS
    assert why([], locks=(lock(False),)) is Cause.LOCKS
    assert why([], locks=(lock(False, "short"),)) is Cause.NOT_IN_B


def test_an_entry_by_hand_is_told_by_its_tag():
    row = lists.trade(100.0, 200.0, enter_tag="force_entry")

    assert why([], name="A", row=row) is Cause.BY_HAND


def test_a_passive_limit_needs_prices_that_never_came_back():
    def candles(low):
        frame = pd.DataFrame({"date": [pd.Timestamp(AT)], "low": [low], "high": [110.0]})
        return {lists.PAIRS[0]: frame}

    assert why([], limit_entries=True, candles=candles(100.5)) is Cause.PASSIVE_LIMIT
    assert why([], limit_entries=True, candles=candles(99.5)) is Cause.NOT_IN_B
    assert why([], limit_entries=False, candles=candles(100.5)) is Cause.NOT_IN_B
    assert why([], limit_entries=True) is Cause.NOT_IN_B
