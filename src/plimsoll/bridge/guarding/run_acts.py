"""What the guards do in one run of a backtest, counted where it happens."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from plimsoll.core import Mode
from plimsoll.journal.kind import Kind
from plimsoll.performance.guard_acts import (
    CLOSED,
    ENDED,
    ENTRY,
    FLATTEN,
    HALTED,
    LEVERAGE,
    OBSERVE,
    PROBATION_ENDED,
    REARMED,
    REDUCING,
    Act,
    ClosedPosition,
    Denials,
    GuardActs,
    Totals,
)

OWN_VETO = "strategy"
"""The rule of a veto of the strategy's own: no guard has denied that."""

_EVENTS = {Mode.REDUCING.name: REDUCING, Mode.FLATTEN.name: FLATTEN, Mode.HALTED.name: HALTED}
_DAY = timedelta(days=1)

Closing = tuple[datetime, str, str, ClosedPosition]
"""When, by which rule, in which pair, and what."""


@dataclass(slots=True)
class _Tally:
    first: datetime
    last: datetime
    count: int = 0
    stake_usd: float = 0.0
    by_day: dict[date, int] = field(default_factory=dict)

    def add(self, at: datetime, stake_usd: float) -> None:
        day = at.date()
        self.last, self.count = at, self.count + 1
        self.stake_usd += stake_usd
        self.by_day[day] = self.by_day.get(day, 0) + 1


class RunActs:
    """Takes what happens in one run; nothing is asked of it on a candle where nothing does.

    Parameters
    ----------
    guards
        ``enforce``, ``observe`` or ``off``.
    profile, rearm
        The risk profile and the policy of re-arming, as the config has them.
    """

    def __init__(self, *, guards: str, profile: Mapping[str, Any], rearm: Mapping[str, Any]):
        self.guards = guards
        self.kind = ENTRY
        """What the guards are being asked about: an entry, or an addition."""
        self._profile, self._rearm = profile, rearm
        self._acts: list[Act] = []
        self._tallies: dict[tuple[str, str], _Tally] = {}
        self._asked = 0
        self._halted_since: datetime | None = None
        self._halted = timedelta()
        self._reducing: str | None = None
        self._would_close: set[tuple[str, datetime]] = set()

    @property
    def observes(self) -> bool:
        """Whether the guards only note what they would do."""
        return self.guards == OBSERVE

    def record(self, kind: str, at: datetime, fields: Mapping[str, Any]) -> None:
        """Take one decision of the supervisor, as it writes it to a decision log."""
        event = fields.get("event")
        if kind == Kind.DENIAL:
            self.denied(fields["rule"], self.kind, at, fields.get("stake_usd"))
        elif kind == Kind.REARM or event == REARMED:
            self._rearmed(at, fields)
        elif event == "acted":
            self._acted(at, fields)
        elif event in (ENDED, PROBATION_ENDED):
            self._add(event, at, fields)
        elif event == "mode":
            self._mode(at, fields)

    def asked(self) -> None:
        """Count an entry that the strategy wants."""
        self._asked += 1

    def denied(self, rule: str, kind: str, at: datetime, stake_usd: float | None = None) -> None:
        """Count what a rule denies, or the part of it that was cut off."""
        if rule == OWN_VETO:
            return
        tally = self._tallies.get((rule, kind))
        if tally is None:
            tally = self._tallies[rule, kind] = _Tally(at, at)
        tally.add(at, stake_usd or 0.0)

    def would_close(self, rule: str, at: datetime, pair: str, trade: ClosedPosition) -> None:
        """Take a position that would be closed now, once: while observing it stays open."""
        if (key := (pair, trade.open_time)) not in self._would_close:
            self._would_close.add(key)
            self._acts.append(self._closing(at, rule, pair, trade))

    def result(self, closed: Iterable[Closing], start: datetime, end: datetime) -> GuardActs:
        """Return what the guards did from ``start`` to ``end``.

        ``closed`` are the positions that guards have closed.
        """
        closings = [self._closing(at, rule, pair, trade) for at, rule, pair, trade in closed]
        acts = sorted([*self._acts, *closings], key=lambda act: act.at)
        denials = [
            Denials(
                rule=rule,
                kind=kind,
                count=one.count,
                first=one.first,
                last=one.last,
                stake_usd=one.stake_usd,
                by_day=one.by_day,
            )
            for (rule, kind), one in self._tallies.items()
        ]
        return GuardActs(
            guards=self.guards,
            profile=self._profile,
            rearm=self._rearm,
            acts=acts,
            denials=denials,
            totals=self._totals(acts, denials, start, end),
        )

    def _totals(
        self, acts: list[Act], denials: list[Denials], start: datetime, end: datetime
    ) -> Totals:
        halted = self._halted
        if self._halted_since is not None:
            halted += max(timedelta(), end - self._halted_since)
        counts = dict.fromkeys((ENTRY, "cut", LEVERAGE), 0)
        for one in denials:
            counts[one.kind] = counts.get(one.kind, 0) + one.count
        return Totals(
            days_halted=halted / _DAY,
            days_of_run=(end - start) / _DAY,
            rearmed=sum(act.event == REARMED for act in acts),
            entries_asked=self._asked,
            entries_denied=counts[ENTRY],
            stakes_cut=counts["cut"],
            positions_closed=sum(act.event == CLOSED for act in acts),
        )

    def _acted(self, at: datetime, fields: Mapping[str, Any]) -> None:
        event = _EVENTS.get(str(fields.get("mode")), REDUCING)
        self._add(event, at, fields)
        if event == HALTED and fields.get("pair") is None and self._halted_since is None:
            self._halted_since = at

    def _rearmed(self, at: datetime, fields: Mapping[str, Any]) -> None:
        rules = ", ".join(fields.get("rules") or [str(fields.get("rule", ""))])
        said = f"by {fields.get('by', 'a person')}: {fields.get('reason', '')}".rstrip(": ")
        self._acts.append(
            Act(at=at, event=REARMED, rule=rules, reason=said, observed=self.observes)
        )
        if self._halted_since is not None:
            self._halted += at - self._halted_since
            self._halted_since = None

    def _mode(self, at: datetime, fields: Mapping[str, Any]) -> None:
        """Keep when the account may only take smaller stakes, or none, and when that ends."""
        if fields.get("mode") == Mode.REDUCING.name:
            if self._reducing is None:
                self._reducing = str(fields.get("rule"))
                self._add(REDUCING, at, fields)
            return
        if self._reducing is not None and fields.get("mode") == Mode.ACTIVE.name:
            self._add(ENDED, at, {"rule": self._reducing, "reason": "stakes are whole again"})
        self._reducing = None

    def _add(self, event: str, at: datetime, fields: Mapping[str, Any]) -> None:
        self._acts.append(
            Act(
                at=at,
                event=event,
                rule=str(fields.get("rule", "")),
                pair=fields.get("pair"),
                until=fields.get("until"),
                value=fields.get("value"),
                limit=fields.get("limit"),
                reason=str(fields.get("reason", "")),
                observed=bool(fields.get("observed", self.observes)),
            )
        )

    def _closing(self, at: datetime, rule: str, pair: str, trade: ClosedPosition) -> Act:
        closed = Act(at=at, event=CLOSED, rule=rule, pair=pair, trade=trade)
        return replace(closed, observed=self.observes)
