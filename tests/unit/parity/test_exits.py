"""Which cause the exits of a matched pair have."""

import pytest

from plimsoll.parity import Cause, Kind, read_trades
from plimsoll.parity.exits import exit_cause
from tests.unit.parity import lists


def cause(a, b, kinds=(Kind.BACKTEST, Kind.BOT)):
    [one], [other] = read_trades([a]), read_trades([b])
    of_a, of_b = lists.record([a], kinds[0]), lists.record([b], kinds[1])
    return exit_cause(one, other, of_a, of_b)[0]


def stop(closed, level, reason="stop_loss", moved=False):
    first = level * (0.98 if moved else 1.0)
    return lists.trade(0.0, closed, reason=reason, stop_loss_abs=level, initial_stop_loss_abs=first)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (stop(60.0, 95.0), stop(61.0, 95.0), Cause.STOP_PRICE),
        (stop(60.0, 95.0), lists.trade(0.0, 200.0), Cause.STOP_PRICE),
        (
            stop(60.0, 97.0, "trailing_stop_loss", moved=True),
            stop(61.0, 96.0, "trailing_stop_loss", moved=True),
            Cause.INSIDE_CANDLE,
        ),
        (
            stop(60.0, 97.0, "trailing_stop_loss", moved=True),
            lists.trade(0.0, 300.0, reason="roi"),
            Cause.INSIDE_CANDLE,
        ),
        (lists.trade(reason="roi"), lists.trade(0.0, 61.0, reason="roi"), Cause.ROI_PRICE),
        (lists.trade(), lists.trade(0.0, 60.1), Cause.BOOK),
        (lists.trade(), lists.trade(0.0, 65.1), Cause.INDICATOR_WINDOW),
        (
            lists.trade(reason="mine"),
            lists.trade(0.0, 62.0, reason="mine"),
            Cause.EVERY_LOOP,
        ),
        (lists.trade(reason="force_exit"), lists.trade(0.0, 90.0), Cause.END_OF_RANGE),
        (lists.trade(), lists.trade(0.0, 30.0, reason="force_exit"), Cause.BY_HAND),
        (lists.trade(), lists.trade(0.0, 30.0, reason="plimsoll_max_drawdown"), Cause.GUARDS),
        (lists.trade(), lists.trade(0.0, 70.0, reason="emergency_exit"), Cause.PASSIVE_LIMIT),
        (lists.trade(), lists.trade(0.0, 30.0, reason="liquidation"), Cause.UNEXPLAINED),
        (lists.trade(0.0, 14_399.0), lists.trade(0.0, None), Cause.END_OF_RANGE),
    ],
)
def test_exits_are_told_by_reason_candle_and_level(a, b, expected):
    assert cause(a, b) is expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (lists.trade(0.0, 300.0, reason="force_exit"), stop(60.0, 95.0), Cause.UNEXPLAINED),
        (stop(60.0, 95.0), lists.trade(0.0, 300.0, reason="force_exit"), Cause.STOP_PRICE),
        (
            lists.trade(0.0, 60.0, reason="roi"),
            lists.trade(0.0, 300.0, reason="plimsoll_max_drawdown"),
            Cause.INSIDE_CANDLE,
        ),
        (
            lists.trade(0.0, 300.0, reason="force_exit"),
            lists.trade(0.0, 60.0, reason="force_exit"),
            Cause.BY_HAND,
        ),
        (lists.trade(0.0, 300.0, reason="force_exit"), lists.trade(0.0, None), Cause.END_OF_RANGE),
    ],
)
def test_what_closed_later_by_force_or_guard_is_no_cause(a, b, expected):
    assert cause(a, b) is expected


@pytest.mark.parametrize("kinds", [(Kind.BACKTEST, Kind.BACKTEST), (Kind.BACKTEST, Kind.BOT)])
@pytest.mark.parametrize("reason", ["roi", "exit_signal", "mine", "liquidation"])
def test_exits_at_one_moment_have_one_cause_whichever_record_is_a(kinds, reason):
    one, other = stop(60.0, 95.0), lists.trade(0.0, 60.0, reason=reason)

    assert cause(one, other, kinds) is cause(other, one, kinds[::-1])


def test_two_guards_are_a_cause_and_two_liquidations_have_none():
    guarded = [lists.trade(0.0, at, reason="plimsoll_max_drawdown") for at in (60.0, 62.0)]
    liquidated = [lists.trade(0.0, at, reason="liquidation") for at in (60.0, 62.0)]

    assert cause(*guarded) is Cause.GUARDS
    assert cause(*liquidated) is Cause.UNEXPLAINED


def test_a_stop_that_only_the_bot_saw_has_no_known_cause():
    assert cause(lists.trade(0.0, 300.0), stop(60.0, 95.0)) is Cause.UNEXPLAINED


def test_an_exit_order_that_stood_long_was_a_passive_limit():
    waiting = lists.trade(0.0, 60.0)
    waiting["orders"][1] |= {"order_type": "limit", "order_timestamp": lists.ms(55.0)}

    assert cause(lists.trade(), waiting) is Cause.PASSIVE_LIMIT


def test_a_price_within_a_step_is_rounding():
    stepped = {"price_precision": 0.1, "precision_mode_price": 4}
    a = lists.trade(exits=[(1.0, 101.0)], **stepped)
    b = lists.trade(exits=[(1.0, 101.04)], **stepped)

    assert cause(a, b) is Cause.PRECISION
