"""What the guards did in a backtest, in the rows of a table and in sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plimsoll.performance.guard_acts import (
    ADDITION,
    CLOSED,
    CUT,
    ENTRY,
    FLATTEN,
    HALTED,
    LEVERAGE,
    OFF,
    REARMED,
    REDUCING,
    Act,
    GuardActs,
)

RULE, TOTAL, NONE = "Rule", "TOTAL", "-"
ACTED, FIRST, LAST = "Acted", "First", "Last"
DENIED = {
    ENTRY: "Entries denied",
    ADDITION: "Additions denied",
    CUT: "Stakes cut",
    LEVERAGE: "Leverage cut",
}
"""The column of each kind of denial."""
POSITIONS_CLOSED, DAYS_HALTED = "Positions closed", "Days halted"

_ALWAYS = (ENTRY, CUT)
_ACTS = (HALTED, FLATTEN, REDUCING)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class GuardTable:
    """A table: its title, the names of its columns, and as many texts in each row."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Halt:
    act: Act
    days: float
    rearmed: datetime | None


def guard_table(acts: GuardActs, strategy: str) -> GuardTable | None:
    """Return one row for each rule that did something, and their sum; None when none did.

    Rules that halted come first, then those that closed, then those that denied most. Columns
    for additions and leverage are there where one was denied or cut.
    """
    rules = list(dict.fromkeys([*_ruled(acts), *(one.rule for one in acts.denials)]))
    if not rules:
        return None
    kinds = [
        kind for kind in DENIED if kind in _ALWAYS or any(one.kind == kind for one in acts.denials)
    ]
    days = _days_halted(acts)
    rules.sort(key=lambda rule: _weight(acts, rule, days), reverse=True)
    rows = [_row(acts, rule, kinds, days.get(rule)) for rule in rules]
    rows.append(_sum(acts, kinds))
    headers = (RULE, ACTED, FIRST, LAST, *(DENIED[kind] for kind in kinds))
    verb = "WOULD HAVE DONE" if acts.observed else "DID"
    return GuardTable(
        f"WHAT THE GUARDS {verb}: {strategy}",
        (*headers, POSITIONS_CLOSED, DAYS_HALTED),
        tuple(rows),
    )


def guard_sentences(acts: GuardActs | None, strategy: str) -> list[str]:
    """Return what a reader must not miss: no guards, halts and the days that they took."""
    if acts is None:
        line = (
            f"{strategy}: no guards on record: they were not loaded (base.json does that), could "
            "not be put around it (the log says why), or the result is older"
        )
        return [line]
    if acts.guards == OFF:
        return [f"{strategy}: no guards in this run (plimsoll.guards: off)"]
    said = [_halt_words(acts, halt) for halt in _halts(acts)]
    if not acts.acts and not acts.denials:
        asked = acts.totals.entries_asked
        said.append(
            f"{strategy}: the guards watched and had nothing to do; {asked} "
            f"{'entry was' if asked == 1 else 'entries were'} asked about, none denied or cut"
        )
    if acts.observed and not said:
        said.append(f"{strategy}: the guards only observed; nothing was refused, cut or closed")
    return said


def _weight(acts: GuardActs, rule: str, days: Mapping[str, float]) -> tuple[float, int, int]:
    """Return what a reader looks for first: days halted, closing, then the number of denials."""
    closing = sum(act.rule == rule and act.event in (HALTED, FLATTEN) for act in acts.acts)
    denied = sum(one.count for one in acts.denials if one.rule == rule)
    return days.get(rule, 0.0), closing, denied


def _ruled(acts: GuardActs) -> list[str]:
    return [act.rule for act in acts.acts if act.event in (*_ACTS, CLOSED)]


def _row(acts: GuardActs, rule: str, kinds: Sequence[str], days: float | None) -> tuple[str, ...]:
    own = [act for act in acts.acts if act.rule == rule]
    acted = [act for act in own if act.event in _ACTS]
    denials = [one for one in acts.denials if one.rule == rule]
    moments = [
        *(act.at for act in own if act.event in (*_ACTS, CLOSED)),
        *(one.first for one in denials),
        *(one.last for one in denials),
    ]
    counts = {one.kind: one.count for one in denials}
    closed = sum(act.event == CLOSED for act in own)
    return (
        rule,
        _count(len(acted)),
        f"{min(moments):%Y-%m-%d}",
        f"{max(moments):%Y-%m-%d}",
        *(_count(counts.get(kind, 0)) for kind in kinds),
        _count(closed),
        NONE if days is None else _days(days),
    )


def _sum(acts: GuardActs, kinds: Sequence[str]) -> tuple[str, ...]:
    counts = {kind: sum(one.count for one in acts.denials if one.kind == kind) for kind in kinds}
    acted = sum(act.event in _ACTS for act in acts.acts)
    totals = acts.totals
    return (
        TOTAL,
        _count(acted),
        "",
        "",
        *(_count(counts[kind]) for kind in kinds),
        _count(totals.positions_closed),
        _days(totals.days_halted) if totals.days_halted else NONE,
    )


def _halts(acts: GuardActs) -> list[_Halt]:
    """Return the spans under a halt of the account, each with the halt that began it."""
    spans: list[_Halt] = []
    began: Act | None = None
    for act in acts.acts:
        if act.event == HALTED and act.pair is None and began is None:
            began = act
        elif act.event == REARMED and began is not None:
            spans.append(_Halt(began, (act.at - began.at) / _DAY, act.at))
            began = None
    if began is not None:
        left = acts.totals.days_halted - sum(one.days for one in spans)
        spans.append(_Halt(began, left, None))
    return spans


def _days_halted(acts: GuardActs) -> Mapping[str, float]:
    """Return the days under halts by the rule that began each."""
    days: dict[str, float] = {}
    for halt in _halts(acts):
        days[halt.act.rule] = days.get(halt.act.rule, 0.0) + halt.days
    return days


def _halt_words(acts: GuardActs, halt: _Halt) -> str:
    rule, day, took = halt.act.rule, f"{halt.act.at:%Y-%m-%d}", _days(halt.days)
    of = _days(acts.totals.days_of_run)
    if halt.rearmed is not None:
        began = "Would have been HALTED" if acts.observed else "HALTED"
        return f"{began} by {rule} on {day}, re-armed on {halt.rearmed:%Y-%m-%d}: {took} days flat"
    if acts.observed:
        return (
            f"Would have been HALTED by {rule} on {day}: on these stakes, and until re-armed, "
            f"{_flat(acts, halt)}; `plimsoll backtest-compare` has the figure"
        )
    return (
        f"HALTED by {rule} on {day}: the remaining {took} of {of} days are flat; "
        "`plimsoll.guards: observe` shows them"
    )


def _flat(acts: GuardActs, halt: _Halt) -> str:
    """Return how long an observed halt would last if it were enforced."""
    after_days = acts.rearm.get("after_days")
    if after_days is not None and after_days < halt.days:
        return f"flat for {after_days:g} days (`plimsoll.backtest_rearm`)"
    return f"flat for the remaining {_days(halt.days)} of {_days(acts.totals.days_of_run)} days"


def _days(days: float) -> str:
    if 0 < days < 0.05:
        return "<0.1"
    return f"{days:.1f}" if 0 < days < 1.5 else f"{days:.0f}"


def _count(count: int) -> str:
    return f"{count:,}" if count else NONE
