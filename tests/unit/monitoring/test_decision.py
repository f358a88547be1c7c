"""From looks to alarms and acts: debounced, latched, and never blind."""

from collections.abc import Sequence
from typing import Any

import pytest

from plimsoll.monitoring.decision import Decision, decide, released
from plimsoll.monitoring.memory import Latch, Memory
from plimsoll.monitoring.profile import Act, Condition, WatchProfile
from plimsoll.monitoring.sight import Answer
from tests.unit.monitoring.sights import (
    BLIND,
    BTC,
    FLATTENS,
    NOON,
    account,
    bot,
    gone,
    later,
    sight,
)

DEAD = gone(Answer.REFUSED)


def looks(
    scenes: Sequence[tuple[float, dict[str, Any]]],
    profile: WatchProfile = FLATTENS,
    memory: Memory | None = None,
) -> list[Decision]:
    """Return what follows from looks at seconds after noon."""
    memory, decisions = memory or Memory(), []
    for seconds, changes in scenes:
        given = {"bot": bot(later(seconds)), **changes}
        decisions.append(decide(sight(later(seconds), **given), profile, memory))
        memory = decisions[-1].memory
    return decisions


def every(seconds: float, count: int, **changes: Any) -> list[tuple[float, dict[str, Any]]]:
    return [(seconds * number, changes) for number in range(count)]


def texts(decisions: Sequence[Decision]) -> list[str]:
    return [alarm.text for one in decisions for alarm in one.alarms]


def test_a_dead_bot_is_told_after_its_time_and_closed_after_its_time() -> None:
    decisions = looks(every(10, 31, bot=DEAD))
    told = [number for number, one in enumerate(decisions) if one.alarms]
    assert told == [3, 30]
    assert [one.latched for one in decisions[:30]] == [None] * 30
    latch = decisions[30].latched
    assert latch is not None
    assert (latch.act, latch.pairs) == (Act.FLATTEN, ())
    assert "bot_dead" in latch.because


def test_what_heals_in_time_leads_to_nothing_and_its_end_is_told() -> None:
    scenes = [*every(10, 6, bot=DEAD), (60, {}), (70, {}), (80, {})]
    decisions = looks(scenes)
    assert decisions[-1].is_well
    assert texts(decisions) == [
        "nothing answers at the bot's REST API",
        "over: nothing answers at the bot's REST API",
    ]
    assert texts(looks([(0, {"bot": DEAD}), (10, {}), (20, {})])) == []


@pytest.mark.parametrize(("may", "act"), [("tell", None), ("stop_entries", Act.STOP_ENTRIES)])
def test_nothing_passes_what_the_profile_may(may: str, act: Act | None) -> None:
    profile = WatchProfile.model_validate({"may": may})
    latch = looks(every(10, 60, bot=DEAD), profile)[-1].memory.latch
    assert (None if latch is None else latch.act) is act


def test_a_latch_stays_when_all_is_well_and_until_a_person_releases_it() -> None:
    after = looks(every(10, 31, bot=DEAD))[-1].memory
    decisions = looks([(400 + 10 * number, {}) for number in range(500)], memory=after)
    assert decisions[-1].memory.latch == after.latch
    assert [one.latched for one in decisions] == [None] * 500
    assert released(decisions[-1].memory).latch is None


def test_one_look_never_acts_and_a_jump_of_the_clock_does_not_either() -> None:
    profile = WatchProfile.model_validate(
        {"may": "flatten", "rules": {"bot_dead": {"tell_after_seconds": 0, "act_after_seconds": 0}}}
    )
    assert looks([(0, {"bot": DEAD})], profile)[-1].memory.latch is None
    decisions = looks([(0, {"bot": DEAD}), (36_000, {"bot": DEAD})])
    assert decisions[-1].memory.latch is None
    assert decisions[-1].memory.episodes[Condition.BOT_DEAD].seconds == 120.0


def test_what_cannot_be_seen_neither_ends_nor_ripens() -> None:
    bare = {"account": account(orders=())}
    scenes = [*every(10, 10, **bare), *((100 + 10 * n, {"account": BLIND}) for n in range(90))]
    decisions = looks(scenes)
    episode = decisions[-1].memory.episodes[Condition.MISSING_STOP]
    assert episode.seconds == 90.0
    assert Condition.BLIND in decisions[-1].memory.episodes
    latch = decisions[-1].memory.latch
    assert latch is not None
    assert latch.act is Act.STOP_ENTRIES


def test_a_missing_stop_closes_that_pair_alone() -> None:
    latch = looks(every(10, 30, account=account(orders=())))[-1].memory.latch
    assert latch is not None
    assert (latch.act, latch.pairs) == (Act.FLATTEN, (BTC,))


@pytest.mark.parametrize(
    ("held", "then", "pairs"),
    [((BTC,), {"bot": DEAD}, ()), ((), {"account": account(orders=())}, ())],
)
def test_the_wider_of_two_latches_holds(
    held: tuple[str, ...], then: dict[str, Any], pairs: tuple[str, ...]
) -> None:
    latch = Latch(act=Act.FLATTEN, since=NOON, because="before", pairs=held)
    after = looks(every(10, 40, **then), memory=Memory(latch=latch))[-1].memory.latch
    assert after is not None
    assert after.pairs == pairs


def test_an_alarm_that_lasts_is_told_again_each_half_hour() -> None:
    profile = WatchProfile.model_validate({"may": "tell"})
    decisions = looks(every(10, 721, bot=DEAD), profile)
    assert len(texts(decisions)) == 4
    assert "for 30 min" in texts(decisions)[1]


def test_a_fall_of_equity_acts_within_its_looks() -> None:
    scenes = [(0, {}), *((10 * n, {"account": account(wallet_usd=8_000.0)}) for n in range(1, 5))]
    decisions = looks(scenes)
    latched = [number for number, one in enumerate(decisions) if one.latched is not None]
    assert latched == [3]
    assert "equity_fall" in str(decisions[3].latched)
