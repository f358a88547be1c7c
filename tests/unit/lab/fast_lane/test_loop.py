"""The order of things: what is played first, and where the loop stops to ask."""

from plimsoll.lab.fast_lane.loop import ASK_ENTRY, ASK_LOOK, DONE, FULL, run
from plimsoll.lab.fast_lane.records import (
    EXIT_LONG_IS_1,
    EXIT_LONG_SET,
    FORCED,
    LONG_IS_1,
    LONG_SET,
    SHORT_IS_1,
    SHORT_SET,
    SIGNAL,
)
from tests.unit.lab.fast_lane.desk import STEP_S, books, market

CANDLE = (100.0, 101.0, 99.0, 100.5)
ENTER_LONG, LEAVE_LONG = LONG_IS_1 | LONG_SET, EXIT_LONG_IS_1 | EXIT_LONG_SET
ENTER_SHORT = SHORT_IS_1 | SHORT_SET


def test_a_trade_begins_at_the_open_and_is_forced_out_at_the_last_open():
    asked = market([CANDLE] * 4, signals={(0, 1): ENTER_LONG})
    kept = books(asked)

    assert run(asked, kept) == DONE
    trade = kept.closed[0]
    assert kept.state[0]["closed_trades"] == 1
    assert (trade["open_s"], trade["close_s"]) == (2 * STEP_S, 4 * STEP_S)
    assert (trade["open_rate"], trade["close_rate"]) == (100.0, 100.0)
    assert trade["exit_kind"] == FORCED


def test_nothing_is_entered_on_the_last_candle():
    asked = market([CANDLE] * 3, signals={(0, 2): ENTER_LONG})
    kept = books(asked)

    assert run(asked, kept) == DONE
    assert kept.state[0]["numbers"] == 0


def test_the_pair_that_holds_is_played_before_the_one_that_is_listed_first():
    # Pair 1 leaves on the candle on which pair 0 calls: its slot is free for pair 0 at that open.
    signals = {(1, 0): ENTER_LONG, (1, 2): LEAVE_LONG, (0, 2): ENTER_LONG}
    asked = market([CANDLE] * 4, [CANDLE] * 4, signals=signals, max_open_trades=1)
    kept = books(asked)

    assert run(asked, kept) == DONE
    closed = kept.closed[: kept.state[0]["closed_trades"]]
    assert closed["pair"].tolist() == [1, 0]
    assert closed["open_s"].tolist() == [STEP_S, 3 * STEP_S]
    assert kept.state[0]["rejected"] == 0


def test_a_full_account_rejects_and_counts():
    signals = {(0, 0): ENTER_LONG, (1, 0): ENTER_LONG}
    asked = market([CANDLE] * 3, [CANDLE] * 3, signals=signals, max_open_trades=1)
    kept = books(asked)

    assert run(asked, kept) == DONE
    assert kept.state[0]["rejected"] == 1


def test_a_position_turns_round_at_one_open():
    signals = {(0, 0): ENTER_LONG, (0, 2): ENTER_SHORT | LEAVE_LONG}
    asked = market([CANDLE] * 4, signals=signals)
    kept = books(asked)

    assert run(asked, kept) == DONE
    closed = kept.closed[: kept.state[0]["closed_trades"]]
    assert closed["is_short"].tolist() == [0, 1]
    assert closed["exit_kind"].tolist() == [SIGNAL, FORCED]
    assert closed["close_s"][0] == closed["open_s"][1] == 3 * STEP_S


def test_the_guards_are_asked_before_a_candle_and_the_loop_goes_on_after_it():
    asked = market([CANDLE] * 3, guarded=1)
    kept = books(asked)

    for candle in (1, 2, 3):
        assert run(asked, kept) == ASK_LOOK
        assert kept.state[0]["now_s"] == candle * STEP_S
    assert run(asked, kept) == DONE


def test_an_account_at_rest_is_not_looked_at_until_the_rest_ends():
    asked = market([CANDLE] * 4, guarded=1)
    kept = books(asked)
    assert run(asked, kept) == ASK_LOOK
    kept.state["rests_until_s"] = 3 * STEP_S

    assert run(asked, kept) == ASK_LOOK
    assert kept.state[0]["now_s"] == 3 * STEP_S


def test_a_mark_at_its_bound_ends_the_rest():
    asked = market([CANDLE] * 4, guarded=1, signals={(0, 0): ENTER_LONG})
    kept = books(asked)
    assert run(asked, kept) == ASK_LOOK
    assert run(asked, kept) == ASK_LOOK
    kept.state["rests_until_s"] = 100 * STEP_S
    kept.state["rests_changes"] = kept.state["changes"]
    kept.lowest_mark[0], kept.highest_mark[0] = 100.5, 102.0

    assert run(asked, kept) == ASK_LOOK
    assert kept.state[0]["now_s"] == 3 * STEP_S


def test_an_entry_that_is_asked_about_is_booked_as_it_was_answered():
    asked = market([CANDLE] * 3, asks_entry=1, signals={(0, 0): ENTER_LONG})
    kept = books(asked)
    assert run(asked, kept) == ASK_ENTRY
    kept.state["answered"], kept.state["answer_rate"] = 1, 100.0
    kept.state["answer_amount"], kept.state["answer_leverage"] = 2.0, 4.0

    assert run(asked, kept) == DONE
    trade = kept.closed[0]
    assert (trade["amount"], trade["leverage"], trade["stake"]) == (2.0, 4.0, 50.0)


def test_an_entry_that_is_denied_leaves_no_trade():
    asked = market([CANDLE] * 3, asks_entry=1, signals={(0, 0): ENTER_LONG})
    kept = books(asked)
    assert run(asked, kept) == ASK_ENTRY

    assert run(asked, kept) == DONE
    assert kept.state[0]["numbers"] == 0


def test_a_locked_pair_is_not_entered_before_its_lock_ends():
    signals = {(0, candle): ENTER_LONG for candle in range(3)}
    asked = market([CANDLE] * 4, signals=signals)
    kept = books(asked)
    kept.locked_until_s[0] = 3 * STEP_S

    assert run(asked, kept) == DONE
    assert kept.closed[0]["open_s"] == 3 * STEP_S


def test_the_loop_asks_for_room_before_it_has_none():
    asked = market([CANDLE] * 3, signals={(0, 0): ENTER_LONG})
    kept = books(asked)
    small = kept._replace(closed=kept.closed[:1])

    assert run(asked, small) == FULL
