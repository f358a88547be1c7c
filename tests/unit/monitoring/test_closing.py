"""The order of acts: the bot first, then directly, and nothing without seeing."""

from dataclasses import replace
from typing import Any

import pytest

from plimsoll.monitoring.closing import Plan, StepKind, plan
from plimsoll.monitoring.memory import Latch
from plimsoll.monitoring.profile import Act
from plimsoll.monitoring.sight import Answer, BotSight
from tests.unit.monitoring.sights import (
    BLIND,
    BTC,
    ENTRY,
    ETH,
    FLAT,
    FLATTENS,
    LONG,
    NOON,
    STOP,
    account,
    bot,
    gone,
    later,
    sight,
)

CLOSE = Latch(act=Act.FLATTEN, since=NOON, because="bot_dead")
NO_ENTRIES = Latch(act=Act.STOP_ENTRIES, since=NOON, because="database_gone")
DEAD = gone(Answer.REFUSED)


def planned(latch: Latch = CLOSE, *, flag_up: bool | None = None, **changes: Any) -> Plan:
    return plan(latch, sight(**changes), FLATTENS, flag_up=flag_up)


def kinds(made: Plan) -> list[StepKind]:
    return [one.kind for one in made.steps]


def test_a_bot_that_lives_is_told_first_and_has_its_time() -> None:
    first = planned()
    assert kinds(first) == [StepKind.PAUSE, StepKind.FORCE_EXIT]
    assert first.steps[1].trade == "all"
    assert first.latch.asked_at == NOON
    paused = bot(later(10), state="paused")
    second = plan(first.latch, sight(later(10), bot=paused), FLATTENS, flag_up=None)
    assert second.steps == ()
    late = bot(later(46), state="paused")
    third = plan(first.latch, sight(later(46), bot=late), FLATTENS, flag_up=None)
    assert kinds(third) == [StepKind.CLOSE_POSITION]


@pytest.mark.parametrize(
    "seen",
    [DEAD, gone(Answer.TIMEOUT), bot(looped_at=later(-500), state="paused"), gone(Answer.DENIED)],
)
def test_a_bot_that_shows_no_loop_is_not_waited_for(seen: BotSight) -> None:
    assert kinds(planned(bot=seen)) == [StepKind.CLOSE_POSITION]


def test_a_stopped_bot_cannot_close_and_is_not_asked() -> None:
    assert kinds(planned(bot=bot(state="stopped"))) == [StepKind.CLOSE_POSITION]


def test_a_bot_that_dies_while_it_is_waited_for_is_not_waited_for() -> None:
    asked = replace(CLOSE, asked_at=NOON)
    assert kinds(planned(asked, bot=DEAD)) == [StepKind.CLOSE_POSITION]


def test_the_flag_is_raised_once_and_waited_for_where_the_bot_loops_without_an_api() -> None:
    seen = gone(Answer.REFUSED, traced_at=later(-3))
    first = planned(bot=seen, flag_up=False)
    assert kinds(first) == [StepKind.RAISE_FLAG]
    again = plan(first.latch, sight(bot=seen), FLATTENS, flag_up=True)
    assert again.steps == ()
    late = gone(Answer.REFUSED, traced_at=later(43))
    third = plan(first.latch, sight(later(46), bot=late), FLATTENS, flag_up=True)
    assert kinds(third) == [StepKind.CLOSE_POSITION]


def test_entries_are_cancelled_before_positions_are_closed() -> None:
    made = planned(bot=DEAD, account=account(orders=(STOP, ENTRY)))
    assert kinds(made) == [StepKind.CANCEL_ORDER, StepKind.CLOSE_POSITION]
    assert made.steps[0].order == ENTRY


def test_nothing_is_sent_to_an_account_that_cannot_be_read() -> None:
    assert planned(bot=DEAD, account=BLIND).steps == ()
    assert planned(NO_ENTRIES, bot=DEAD, account=BLIND).steps == ()


def test_stops_go_only_after_two_looks_without_a_position() -> None:
    left = account(positions=(), orders=(STOP,), margin_usd=0.0)
    first = planned(bot=DEAD, account=left)
    assert (first.steps, first.latch.flat_at) == ((), None)
    second = plan(first.latch, sight(later(2), bot=DEAD, account=left), FLATTENS, flag_up=None)
    assert kinds(second) == [StepKind.CANCEL_ORDER]
    assert second.latch.flat_at == later(2)


def test_margin_that_no_position_explains_is_not_flat() -> None:
    lacking = account(positions=(), orders=(STOP,), margin_usd=120.0)
    latch = replace(CLOSE, flat_looks=1)
    made = planned(latch, bot=DEAD, account=lacking)
    assert (made.steps, made.latch.flat_looks, made.latch.flat_at) == ((), 0, None)


def test_what_opens_again_under_a_latch_is_closed_again() -> None:
    flat = replace(CLOSE, flat_looks=5, flat_at=NOON, asked_at=NOON)
    made = plan(flat, sight(later(100), bot=DEAD), FLATTENS, flag_up=None)
    assert kinds(made) == [StepKind.CLOSE_POSITION]
    assert made.latch.flat_at is None


def test_a_latch_on_one_pair_closes_that_pair_by_its_trade() -> None:
    latch = replace(CLOSE, pairs=(BTC,))
    first = planned(latch, flag_up=False, account=account(orders=(ENTRY,)))
    assert kinds(first) == [StepKind.PAUSE, StepKind.FORCE_EXIT]
    assert first.steps[1].trade == "3"
    unknown = planned(replace(CLOSE, pairs=(ETH,)))
    assert kinds(unknown) == [StepKind.PAUSE]
    other = replace(LONG, pair=ETH)
    made = planned(replace(CLOSE, pairs=(ETH,)), account=account(positions=(LONG, other)))
    assert [one.position for one in made.steps if one.position] == [other]


def test_entries_are_stopped_through_the_bot_or_by_cancelling_them() -> None:
    assert kinds(planned(NO_ENTRIES)) == [StepKind.PAUSE]
    assert kinds(planned(NO_ENTRIES, bot=bot(state="paused"))) == []
    made = planned(NO_ENTRIES, bot=DEAD, account=account(orders=(STOP, ENTRY)))
    assert [one.order for one in made.steps] == [ENTRY]


def test_a_pair_of_somebody_else_is_left_alone() -> None:
    profile = FLATTENS.model_copy(update={"ignore_pairs": (BTC,)})
    made = plan(CLOSE, sight(bot=DEAD), profile, flag_up=None)
    assert made.steps == ()


def test_without_an_account_the_bots_own_word_counts() -> None:
    assert kinds(planned(account=None)) == [StepKind.PAUSE, StepKind.FORCE_EXIT]
    flat = planned(account=None, bot=bot(state="paused", trades=()))
    assert (flat.steps, flat.latch.flat_looks) == ((), 1)
    assert planned(account=FLAT, bot=DEAD).latch.flat_looks == 1
