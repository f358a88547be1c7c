"""What a bot's guards did, from its decision log: in the shape that a backtest's result has.

The section is that of ``plimsoll.performance.guard_acts``, which a report reads from either.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from plimsoll.core import Mode
from plimsoll.journal.history import moment
from plimsoll.journal.kind import Kind

Record = Mapping[str, Any]

_DAY = timedelta(days=1)
_BY_GUARD = "plimsoll_"
"""How the reason of an exit begins that a guard has ordered; the rule follows."""
_OWN_VETO = "strategy"
"""The rule of a denial that was the strategy's own: no act of a guard."""
_BY_HAND = "manual_halt"


@dataclass(slots=True)
class ActsReader:
    """Takes a log's records, oldest first, and sums up what the guards did in a span.

    Records before ``since`` count only for what holds when it begins; ``None`` is no bound.
    """

    since: datetime | None = None
    until: datetime | None = None
    guards: str = "enforce"
    profile: Mapping[str, Any] = field(default_factory=dict)
    _acts: list[dict[str, Any]] = field(default_factory=list)
    _denials: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _halts: dict[str, datetime] = field(default_factory=dict)
    _mode: str = Mode.ACTIVE.name
    _mode_rule: str = ""
    _halted: timedelta = timedelta()
    _entries: int = 0
    _denied: int = 0
    _passed: int = 0
    _first: datetime | None = None
    _last: datetime | None = None

    def take(self, record: Record) -> None:
        """Take the next record."""
        at = moment(record)
        if self.until is not None and at > self.until:
            return
        inside = self.since is None or at >= self.since
        if inside:
            self._first = self._first or at
            self._last = at
        match record["kind"]:
            case Kind.START:
                self._take_start(record)
            case Kind.DENIAL if inside:
                self._take_denial(record, at)
            case Kind.ORDER if inside and not str(record.get("side")).startswith("close"):
                self._entries += 1
            case Kind.EXIT if inside:
                self._take_exit(record, at)
            case Kind.HALT | Kind.VERDICT:
                self._take_verdict(record, at, inside=inside)
            case Kind.REARM:
                self._take_rearm(record, at, inside=inside)

    def section(self, positions: Mapping[int, Mapping[str, Any]] | None = None) -> dict[str, Any]:
        """Return the section; ``positions`` adds open time and stake of closed ones by trade."""
        acts = []
        for noted in self._acts:
            act = {name: value for name, value in noted.items() if not name.startswith("_")}
            known = (positions or {}).get(noted.get("_trade", -1))
            if known is not None:
                act["trade"] = {**known, "profit_usd": noted.get("_profit") or 0.0}
            acts.append(act)
        return {
            "guards": self.guards,
            "profile": dict(self.profile),
            "rearm": {"by": "a person"},
            "acts": acts,
            "denials": [self._denials[key] for key in sorted(self._denials)],
            "totals": self._totals(),
        }

    def _totals(self) -> dict[str, Any]:
        events = [act["event"] for act in self._acts]
        halted = self._halted
        if self._halts and self._last is not None:
            halted += self._last - self._clipped(min(self._halts.values()))
        span = timedelta()
        if self._first is not None and self._last is not None:
            span = self._last - self._first
        return {
            "days_halted": halted / _DAY,
            "days_of_run": span / _DAY,
            "rearmed": events.count("rearmed"),
            "entries_asked": self._entries + self._denied - self._passed,
            "entries_denied": self._denied,
            "stakes_cut": 0,
            "positions_closed": events.count("closed"),
        }

    def _take_start(self, record: Record) -> None:
        config = record.get("config")
        told = config.get("plimsoll.guards") if isinstance(config, Mapping) else None
        self.guards = str(record.get("guards") or told or "enforce")
        profile = record.get("profile")
        self.profile = profile if isinstance(profile, Mapping) else self.profile
        for one in record.get("held") or ():
            if one.get("pair") is None and str(one.get("mode")).upper() == Mode.HALTED.name:
                self._halts.setdefault(str(one.get("rule")), moment(record))

    def _take_verdict(self, record: Record, at: datetime, *, inside: bool) -> None:
        event, mode = record.get("event"), str(record.get("mode")).upper()
        rule, pair = str(record.get("rule") or "unknown"), record.get("pair")
        if record["kind"] == Kind.HALT and pair is None:
            self._halts.setdefault(rule, at)
        if event in (None, "acted") and (record["kind"] == Kind.HALT or event == "acted"):
            name = "halted" if mode == Mode.HALTED.name else "flatten"
            self._note(record, at, name, inside=inside)
        elif event == "ended":
            self._note(record, at, "ended", inside=inside)
        elif event == "mode":
            self._take_mode(record, at, mode, inside=inside)
        elif event == "probation_ended":
            self._note(record, at, "probation_ended", inside=inside)

    def _take_mode(self, record: Record, at: datetime, mode: str, *, inside: bool) -> None:
        """Note a change to or from REDUCING: all stricter modes have verdicts of their own."""
        if mode == Mode.REDUCING.name:
            self._note(record, at, "reducing", inside=inside)
            self._mode_rule = str(record.get("rule") or "unknown")
        elif self._mode == Mode.REDUCING.name and mode == Mode.ACTIVE.name:
            ended = {**record, "rule": self._mode_rule, "reason": "entries are allowed again"}
            self._note(ended, at, "ended", inside=inside)
        self._mode = mode

    def _take_rearm(self, record: Record, at: datetime, *, inside: bool) -> None:
        rules = [str(rule) for rule in record.get("rules") or ()]
        was = min((self._halts[rule] for rule in rules if rule in self._halts), default=None)
        for rule in rules:
            self._halts.pop(rule, None)
        if was is not None and not self._halts and inside:
            self._halted += at - self._clipped(was)
        by, why = record.get("by") or "unknown", record.get("reason") or "no reason given"
        told = {**record, "rule": ", ".join(rules) or "none", "reason": f"by {by}: {why}"}
        self._note(told, at, "rearmed", inside=inside)

    def _take_exit(self, record: Record, at: datetime) -> None:
        reason = str(record.get("reason") or "")
        if not reason.startswith(_BY_GUARD):
            return
        told = {**record, "rule": reason.removeprefix(_BY_GUARD), "reason": reason, "until": None}
        self._note(told, at, "closed", inside=True)
        number = record.get("trade")
        profit = record.get("profit_usd")
        self._acts[-1] |= {
            "_trade": number if isinstance(number, int) else -1,
            "_profit": profit if isinstance(profit, int | float) else None,
        }

    def _take_denial(self, record: Record, at: datetime) -> None:
        rule = str(record.get("rule") or "unknown")
        if rule == _OWN_VETO:
            return
        self._denied += 1
        self._passed += _was_observed(record)
        row = self._denials.setdefault(
            (rule, "entry"),
            {"rule": rule, "kind": "entry", "count": 0, "stake_usd": 0.0, "by_day": {}}
            | {"first": text_of(at), "last": text_of(at)},
        )
        row["count"] += 1
        row["last"] = text_of(at)
        stake = record.get("stake_usd")
        row["stake_usd"] += float(stake) if isinstance(stake, int | float) else 0.0
        day = at.date().isoformat()
        row["by_day"][day] = row["by_day"].get(day, 0) + 1

    def _note(self, record: Record, at: datetime, event: str, *, inside: bool) -> None:
        if not inside:
            return
        self._acts.append(
            {
                "at": text_of(at),
                "event": event,
                "rule": str(record.get("rule") or "unknown"),
                "pair": record.get("pair"),
                "until": _time_or_none(record.get("until")),
                "value": _number(record.get("value")),
                "limit": _number(record.get("limit")),
                "reason": str(record.get("reason") or ""),
                "observed": _was_observed(record),
            }
        )

    def _clipped(self, at: datetime) -> datetime:
        return at if self.since is None else max(at, self.since)


def _was_observed(record: Record) -> bool:
    """Return whether nothing was done: guards that observe obey a person's halt."""
    return bool(record.get("observed", False)) and record.get("rule") != _BY_HAND


def acts_of(
    records: Iterable[Record],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[str, Any]:
    """Return what the guards did according to some records, oldest first."""
    reader = ActsReader(since, until)
    for record in records:
        reader.take(record)
    return reader.section()


def text_of(at: datetime) -> str:
    """Write a moment in ISO 8601, in UTC; one without a zone is UTC already."""
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]


def _time_or_none(value: object) -> str | None:
    """Return a time that can be read back; what cannot is left out."""
    if not isinstance(value, str):
        return None
    try:
        return text_of(datetime.fromisoformat(value))
    except ValueError:
        return None
