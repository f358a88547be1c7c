"""Alarms climb until they are seen; a halt is never silent; clocks that are set hold nothing up."""

from datetime import UTC, datetime, timedelta

import pytest

from plimsoll.monitoring.ladder import MOST_OPEN, Due, Ladder, ladder_from
from plimsoll.monitoring.phone_profile import ControlBotProfile, Rung

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVERY = tuple(Rung)
PROFILE = ControlBotProfile(mail_after_seconds=600, webhook_after_seconds=1800)
QUIET = ControlBotProfile(quiet_hours="11:00-13:00")


def one_alarm(*, loud: bool = True, lasting: bool = False) -> Ladder:
    return Ladder().raised("a", "halted", NOON, loud=loud, lasting=lasting)


def rungs(due: tuple[Due, ...]) -> list[Rung]:
    return [one.rung for one in due]


def test_an_alarm_climbs_in_its_time_and_each_rung_has_it_once() -> None:
    ladder, due = one_alarm().climbed(NOON, 0, PROFILE, EVERY)
    assert rungs(due) == [Rung.PHONE]
    told = []
    for second in range(5, 2400, 5):
        ladder, due = ladder.climbed(NOON + timedelta(seconds=second), 5, PROFILE, EVERY)
        told += [(one.rung, second) for one in due]
    assert told == [(Rung.MAIL, 600), (Rung.WEBHOOK, 1800)]


def test_a_rung_without_an_address_is_passed_over() -> None:
    ladder, due = one_alarm().climbed(NOON, 0, PROFILE, (Rung.PHONE, Rung.WEBHOOK))
    _, due = ladder.climbed(NOON + timedelta(hours=1), 3600, PROFILE, (Rung.PHONE, Rung.WEBHOOK))
    assert rungs(due) == [Rung.WEBHOOK]


def test_what_is_seen_climbs_no_further() -> None:
    ladder, _ = one_alarm().climbed(NOON, 0, PROFILE, EVERY)
    ladder, known = ladder.seen("anna", NOON)
    assert [one.number for one in known] == [1]
    assert ladder.climbed(NOON + timedelta(days=1), 86_400, PROFILE, EVERY)[1] == ()
    assert ladder.unseen == ()


def test_what_came_after_the_acknowledgement_was_typed_is_not_seen() -> None:
    ladder = one_alarm().raised("b", "later", NOON + timedelta(seconds=9), loud=True)
    ladder, known = ladder.seen("anna", NOON + timedelta(seconds=8))
    assert [one.key for one in known] == ["a"]
    assert [one.key for one in ladder.unseen] == ["b"]


def test_a_state_that_is_seen_is_not_told_anew_until_it_has_ended() -> None:
    ladder, _ = one_alarm(lasting=True).seen("anna", NOON)
    assert ladder.raised("a", "still", NOON, loud=True) is ladder
    again = ladder.ended({"a"}).raised("a", "again", NOON, loud=True)
    assert [one.number for one in again.unseen] == [2]


def test_while_the_phone_fails_the_next_rung_is_due_at_once_and_no_other() -> None:
    ladder, due = one_alarm().climbed(NOON, 0, PROFILE, EVERY, phone_fails=True)
    assert rungs(due) == [Rung.PHONE, Rung.MAIL]
    assert ladder.climbed(NOON, 5, PROFILE, EVERY, phone_fails=True)[1] == ()


def test_in_quiet_hours_a_halt_is_told_aloud_on_every_rung() -> None:
    ladder, due = one_alarm(loud=True).climbed(NOON, 0, QUIET, EVERY)
    assert [(one.rung, one.quiet) for one in due] == [(Rung.PHONE, False)]
    _, due = ladder.climbed(NOON + timedelta(seconds=1800), 1800, QUIET, EVERY)
    assert [(one.rung, one.quiet) for one in due] == [(Rung.MAIL, False), (Rung.WEBHOOK, False)]


def test_in_quiet_hours_another_alarm_makes_no_sound_and_climbs_when_they_end() -> None:
    ladder, due = one_alarm(loud=False).climbed(NOON, 0, QUIET, EVERY, phone_fails=True)
    assert [(one.rung, one.quiet) for one in due] == [(Rung.PHONE, True)]
    ladder, due = ladder.climbed(NOON + timedelta(seconds=3599), 3599, QUIET, EVERY)
    assert due == ()
    _, due = ladder.climbed(NOON + timedelta(seconds=3600), 1, QUIET, EVERY)
    assert [(one.rung, one.quiet) for one in due] == [(Rung.MAIL, False), (Rung.WEBHOOK, False)]


@pytest.mark.parametrize("jump", [timedelta(hours=-5), timedelta(0)])
def test_a_clock_that_is_set_back_keeps_nothing_down(jump: timedelta) -> None:
    ladder, _ = one_alarm().climbed(NOON, 0, PROFILE, EVERY)
    _, due = ladder.climbed(NOON + jump, 600, PROFILE, EVERY)
    assert rungs(due) == [Rung.MAIL]


def test_too_many_are_counted_and_a_halt_still_comes_through() -> None:
    ladder = Ladder()
    for number in range(MOST_OPEN + 5):
        ladder = ladder.raised(f"note {number}", "n", NOON, loud=False)
    assert (len(ladder.alarms), ladder.dropped) == (MOST_OPEN, 5)
    assert ladder.raised("halt", "halted", NOON, loud=True).alarms[-1].key == "halt"


def test_what_is_kept_is_read_back_whole() -> None:
    ladder, _ = one_alarm(lasting=True).climbed(NOON, 3, PROFILE, EVERY, phone_fails=True)
    assert ladder_from(ladder.as_record()) == ladder
    with pytest.raises((KeyError, TypeError, ValueError)):
        ladder_from({"alarms": [{"number": 1}], "last": 1, "dropped": 0})


def test_a_state_that_becomes_loud_is_told_anew() -> None:
    """Messages that wait, of which one is now about a halt: quiet hours must not hide it."""
    ladder, _ = one_alarm(loud=False, lasting=True).climbed(NOON, 0, QUIET, EVERY)
    ladder, _ = ladder.seen("anna", NOON)
    ladder = ladder.raised("a", "a halt too", NOON, loud=True, lasting=True)
    (one,) = ladder.alarms
    assert (one.number, one.loud, one.seen_by, one.told) == (2, True, "", ())
    assert ladder.raised("a", "less", NOON, loud=False, lasting=True) is ladder
