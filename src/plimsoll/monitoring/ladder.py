"""Alarms that climb until a person has seen them: phone, then mail, then webhook."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from plimsoll.monitoring.phone_profile import ControlBotProfile, Rung

MOST_OPEN = 100
"""Alarms that are open at once; those that come after them are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm that is open.

    Attributes
    ----------
    key
        What it is about: a second one of that key is the same alarm.
    loud
        Whether it is told in quiet hours too: of a halt, and of a bot that is silent.
    lasting
        Whether it is a state that ends by itself, and not something that happened.
    waited_seconds
        How long it has waited for a person, by a clock that is not set.
    told
        The rungs that have it.
    seen_by
        Who acknowledged it; empty while nobody has.
    """

    number: int
    key: str
    text: str
    at: datetime
    loud: bool
    lasting: bool
    waited_seconds: float = 0.0
    told: tuple[Rung, ...] = ()
    seen_by: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """One alarm that is to be told on one rung now; ``quiet`` without a sound."""

    rung: Rung
    alarm: Alarm
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The alarms that are open, oldest first. Every method returns a new one.

    Attributes
    ----------
    last
        Number of the newest alarm ever.
    dropped
        How many came while too many were open; they are in no ladder.
    """

    alarms: tuple[Alarm, ...] = ()
    last: int = 0
    dropped: int = 0

    def raised(
        self, key: str, text: str, at: datetime, *, loud: bool, lasting: bool = False
    ) -> "Ladder":
        """Return it with an alarm more, unless one of that key is open.

        One that has become loud is told anew: what was seen, or told without a sound, was less.
        """
        if any(one.key == key and (one.loud or not loud) for one in self.alarms):
            return self
        if any(one.key == key for one in self.alarms):
            return self.ended({key}).raised(key, text, at, loud=loud, lasting=lasting)
        if len(self.alarms) >= MOST_OPEN and not loud:
            return replace(self, dropped=self.dropped + 1)
        number = self.last + 1
        alarm = Alarm(number=number, key=key, text=text, at=at, loud=loud, lasting=lasting)
        return replace(self, alarms=(*self.alarms, alarm), last=number)

    def ended(self, keys: Collection[str]) -> "Ladder":
        """Return it without the alarms of these keys: their state is over."""
        return replace(self, alarms=tuple(one for one in self.alarms if one.key not in keys))

    def seen(self, by: str, until: datetime) -> tuple["Ladder", tuple[Alarm, ...]]:
        """Return it as a person leaves it who has seen all of until then, and what that was.

        What happened is done with. A state stays, so that it is not told anew, until it ends.
        """
        known = tuple(one for one in self.alarms if not one.seen_by and one.at <= until)
        left = (replace(one, seen_by=by) if one in known else one for one in self.alarms)
        return replace(self, alarms=tuple(o for o in left if o.lasting or not o.seen_by)), known

    @property
    def unseen(self) -> tuple[Alarm, ...]:
        """What nobody has acknowledged, oldest first."""
        return tuple(one for one in self.alarms if not one.seen_by)

    def climbed(
        self,
        now: datetime,
        passed_seconds: float,
        profile: ControlBotProfile,
        rungs: Collection[Rung],
        *,
        phone_fails: bool = False,
    ) -> tuple["Ladder", tuple[Due, ...]]:
        """Return it some seconds later, and what is to be told on which of the rungs there are.

        An alarm waits as long as it was open by the clock or by the seconds that passed here,
        whichever is longer: a clock that was set back keeps nothing down. While the phone fails,
        the next rung is due at once: nobody can acknowledge what was not delivered. In quiet
        hours what is not loud is told on the phone alone, without a sound, and climbs afterwards.
        """
        quiet, due, left = profile.is_quiet(now), list[Due](), list[Alarm]()
        for one in self.alarms:
            alarm = replace(one, waited_seconds=one.waited_seconds + max(passed_seconds, 0.0))
            if not alarm.seen_by:
                steps = _steps(alarm, now, profile.waits, rungs, quiet=quiet, fails=phone_fails)
                due += [Due(rung, alarm, quiet and not alarm.loud) for rung in steps]
                alarm = replace(alarm, told=(*alarm.told, *steps))
            left.append(alarm)
        return replace(self, alarms=tuple(left)), tuple(due)

    def as_record(self) -> dict[str, Any]:
        """Return plain values for a file."""
        return {
            "last": self.last,
            "dropped": self.dropped,
            "alarms": [{**asdict(one), "at": one.at.isoformat()} for one in self.alarms],
        }


def _steps(
    alarm: Alarm,
    now: datetime,
    waits: Mapping[Rung, float],
    rungs: Collection[Rung],
    *,
    quiet: bool,
    fails: bool,
) -> list[Rung]:
    waited = max(alarm.waited_seconds, (now - alarm.at).total_seconds())
    there = [rung for rung in waits if rung in rungs]
    next_up = next((rung for rung in there if rung is not Rung.PHONE), None)
    taken = []
    for rung in there:
        if rung in alarm.told or (quiet and not alarm.loud and rung is not Rung.PHONE):
            continue
        if waited >= waits[rung] or rung is Rung.PHONE or (fails and rung is next_up):
            taken.append(rung)
    return taken


def ladder_from(record: Mapping[str, Any]) -> Ladder:
    """Return what :meth:`Ladder.as_record` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it is no such record.
    """
    alarms: Sequence[Mapping[str, Any]] = record["alarms"]
    return Ladder(
        alarms=tuple(
            Alarm(
                **{
                    **one,
                    "at": datetime.fromisoformat(one["at"]),
                    "told": tuple(map(Rung, one["told"])),
                }
            )
            for one in alarms
        ),
        last=int(record["last"]),
        dropped=int(record["dropped"]),
    )
