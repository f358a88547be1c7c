"""From what is seen to what is told and done: pure, latched, debounced."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plimsoll.monitoring.conditions import Fault, judge
from plimsoll.monitoring.memory import Episode, Latch, Memory
from plimsoll.monitoring.profile import Act, Condition, WatchProfile
from plimsoll.monitoring.sight import Sight

LOOKS_TO_ACT = 2
"""One report without something may be a report that lacks it."""
LOOKS_TO_END = 2
LONGEST_GAP_SECONDS = 120.0
"""At most so much of the time between two looks counts."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is to be told; ``key`` is the same for all that is told of one condition."""

    key: str
    text: str
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a look: what to keep, what to tell, and what to record first."""

    memory: Memory
    alarms: tuple[Alarm, ...] = ()
    begun: tuple[Episode, ...] = ()
    ended: tuple[Episode, ...] = ()
    latched: Latch | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong and nothing is held."""
        return not self.memory.episodes and self.memory.latch is None


def decide(sight: Sight, profile: WatchProfile, memory: Memory) -> Decision:
    """Return what follows from a look.

    A condition counts its own seconds, and nothing that could not be judged begins or ends. What
    is latched stays until a person releases it, whatever is seen later.
    """
    judgement = judge(sight, profile, memory.high)
    passed = _passed(memory.looked_at, sight.at)
    faults = {one.condition: one for one in reversed(judgement.faults)}
    episodes: dict[Condition, Episode] = {}
    begun, ended = [], []
    for condition, fault in faults.items():
        before = memory.episodes.get(condition)
        episodes[condition] = _going_on(before, fault, sight.at, passed)
        if before is None:
            begun.append(episodes[condition])
    for condition, before in memory.episodes.items():
        if condition in faults:
            continue
        after = (
            before if condition in judgement.unseen else replace(before, unseen=before.unseen + 1)
        )
        if after.unseen < LOOKS_TO_END:
            episodes[condition] = after
        else:
            ended.append(after)
    alarms = [_over(one) for one in ended if one.told_at is not None]
    told, said = _tell(episodes, profile, sight.at)
    latch = _latch(told, profile, memory.latch, sight.at)
    equity = None if sight.account is None else sight.account.equity_usd
    kept = replace(memory, looked_at=sight.at, episodes=told, latch=latch)
    is_new = latch is not None and (memory.latch is None or _is_more(latch, memory.latch))
    if latch is not None and is_new:
        said.append(Alarm("latch", _latch_words(latch)))
    return Decision(
        memory=kept.with_equity(sight.at, equity),
        alarms=(*alarms, *said),
        begun=tuple(begun),
        ended=tuple(ended),
        latched=latch if is_new else None,
    )


def released(memory: Memory) -> Memory:
    """Return the memory after a person's release: nothing is held, equity counts anew."""
    return replace(memory, latch=None, episodes={}, highs=())


def _passed(before: datetime | None, now: datetime) -> float:
    if before is None:
        return 0.0
    return min(max((now - before).total_seconds(), 0.0), LONGEST_GAP_SECONDS)


def _going_on(before: Episode | None, fault: Fault, at: datetime, passed: float) -> Episode:
    if before is None:
        return Episode(condition=fault.condition, text=fault.text, since=at, pairs=fault.pairs)
    return replace(
        before,
        text=fault.text,
        pairs=fault.pairs,
        looks=before.looks + 1,
        seconds=before.seconds + passed,
        unseen=0,
    )


def _over(episode: Episode) -> Alarm:
    return Alarm(episode.condition.value, f"over: {episode.text}", is_over=True)


def _tell(
    episodes: Mapping[Condition, Episode], profile: WatchProfile, now: datetime
) -> tuple[dict[Condition, Episode], list[Alarm]]:
    """Return the episodes with who was told, and what is said now: once, then now and then."""
    repeat = timedelta(minutes=profile.repeat_alarm_minutes)
    after: dict[Condition, Episode] = {}
    alarms = []
    for condition, one in episodes.items():
        after[condition] = one
        if one.unseen or one.seconds < profile.rules[condition].tell_after_seconds:
            continue
        if one.told_at is None or now - one.told_at >= repeat:
            again = "" if one.told_at is None else f", for {one.seconds / 60:.0f} min"
            alarms.append(Alarm(condition.value, f"{one.text}{again}"))
            after[condition] = replace(one, told_at=now)
    return after, alarms


def _latch(
    episodes: Mapping[Condition, Episode], profile: WatchProfile, latch: Latch | None, at: datetime
) -> Latch | None:
    """Return what is held from now on: what was held, or more."""
    for condition, one in episodes.items():
        rule, act = profile.rules[condition], profile.act_of(condition)
        is_ripe = one.looks >= LOOKS_TO_ACT and one.seconds >= rule.act_after_seconds
        if act is Act.TELL or one.unseen or not is_ripe:
            continue
        pairs = one.pairs if act is Act.FLATTEN else ()
        wanted = Latch(act=act, since=at, because=f"{condition}: {one.text}", pairs=pairs)
        latch = wanted if latch is None else _joined(latch, wanted)
    return latch


def _joined(held: Latch, wanted: Latch) -> Latch:
    """Return the stricter of two latches; of two that close some pairs, one that closes both."""
    if wanted.act.strength != held.act.strength:
        return wanted if wanted.act.strength > held.act.strength else held
    if not held.pairs or (wanted.pairs and set(wanted.pairs) <= set(held.pairs)):
        return held
    pairs = tuple(sorted({*held.pairs, *wanted.pairs})) if wanted.pairs else ()
    return replace(held, because=wanted.because, pairs=pairs, asked_at=None, flat_looks=0)


def _is_more(latch: Latch, before: Latch) -> bool:
    return (latch.act, latch.pairs) != (before.act, before.pairs)


def _latch_words(latch: Latch) -> str:
    what = "no entries" if latch.act is Act.STOP_ENTRIES else "closing everything"
    if latch.act is Act.FLATTEN and latch.pairs:
        what = f"closing {', '.join(latch.pairs)}"
    return f'{what}, because of {latch.because}. It is held until "plimsoll watch --release"'
