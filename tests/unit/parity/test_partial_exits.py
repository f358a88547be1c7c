"""Partial exits that a backtest sends and a bot refuses."""

from plimsoll.parity import Cause, Kind, read_trades
from plimsoll.parity.matched import matched_pieces
from plimsoll.parity.partial_exits import least_left
from tests.unit.parity import lists


def sold(minutes, part, price, *, stop=70.0, bought=3.0):
    """A trade that sells a part some minutes after it bought, and the rest after an hour."""
    row = lists.trade(
        0.0,
        60.0,
        entries=[(bought, 100.0)],
        exits=[(part, price), (bought - part, 103.0)],
        reason="roi",
        stop_loss_abs=stop,
    )
    row["orders"][1] |= {
        name: lists.ms(minutes) for name in row["orders"][1] if "timestamp" in name
    }
    return row


def given(a, b, kinds=(Kind.BACKTEST, Kind.BOT)):
    [one], [other] = read_trades([a]), read_trades([b])
    return least_left(one, other, lists.record([a], kinds[0]), lists.record([b], kinds[1]))


def test_a_part_that_left_less_than_the_bot_ever_did_was_refused_there():
    backtest, bot = sold(10.0, 1.0, 101.0), sold(40.0, 0.5, 102.0)
    cause, told = given(backtest, bot)
    assert cause is Cause.LEAST_LEFT
    assert "left 202.00 in A, never so little in B" in told
    assert given(bot, backtest, (Kind.BOT, Kind.BACKTEST))[0] is Cause.LEAST_LEFT
    [one], [other] = read_trades([backtest]), read_trades([bot])
    of_a, of_b = lists.record([backtest], Kind.BACKTEST), lists.record([bot], Kind.BOT)
    causes = {cause for _, _, cause, _ in matched_pieces(one, other, of_a, of_b)}
    assert causes == {Cause.LEAST_LEFT}


def test_it_is_not_said_without_each_part_of_the_evidence():
    backtest = sold(10.0, 1.0, 101.0)
    assert given(backtest, sold(12.0, 1.0, 101.0)) is None, "in one candle"
    assert given(backtest, sold(40.0, 1.5, 102.0)) is None, "the bot left less"
    assert given(sold(10.0, 1.0, 101.0, stop=95.0), sold(40.0, 0.5, 102.0)) is None, "a near stop"
    assert given(backtest, sold(40.0, 0.5, 102.0), (Kind.BOT, Kind.BOT)) is None
