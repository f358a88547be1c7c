"""What the guards did in a run, as a report tells it: spans, marks, rows by rule, sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from plimsoll.performance.guard_acts import (
    CLOSED,
    ENDED,
    FLATTEN,
    HALTED,
    OFF,
    PROBATION_ENDED,
    REARMED,
    REDUCING,
    Act,
    GuardActs,
)
from plimsoll.reporting import drawing
from plimsoll.reporting.drawing import Point, Span
from plimsoll.reporting.words import counted, number, percent, time_text

NOT_RECORDED = (
    "This result does not say what the guards did: plain Freqtrade made it, or an older version. "
    "Run the backtest again with the guards' log handler loaded to see it."
)
GUARDS_WERE_OFF = "The guards were off in this run: nothing was denied, cut, closed or halted."

_POINTS = {HALTED: drawing.HALTED, FLATTEN: drawing.FLATTENED, CLOSED: drawing.CLOSED}
_POINTS |= {REARMED: drawing.REARMED}


@dataclass(frozen=True)
class RuleRow:
    """What one rule did in the run; ``first`` and ``last`` are its first and last deed.

    ``stake_usd`` is the stake that it denied or cut, ``days_halted`` how long its halts of the
    account lasted.
    """

    rule: str
    first: pd.Timestamp
    last: pd.Timestamp
    denied: int
    cut: int
    closed: int
    halts: int
    days_halted: float
    stake_usd: float


def guard_spans(acts: GuardActs, end: pd.Timestamp) -> list[tuple[str, Span]]:
    """Return rule and span of everything that held the whole account, oldest first.

    A span begins with a halt or a reduction and ends with its own end, the re-arming, the time
    that it named, or ``end``, whichever comes first. A rule that acts again while it holds does
    not begin another.
    """
    whole = [act for act in acts.acts if act.pair is None]
    made: list[tuple[str, Span]] = []
    for number_, act in enumerate(whole):
        kind = {HALTED: drawing.HALTED, REDUCING: drawing.REDUCING}.get(act.event)
        if kind is None or _holds(made, act, kind):
            continue
        until = end if act.until is None else min(pd.Timestamp(act.until), end)
        stops = (pd.Timestamp(one.at) for one in whole[number_ + 1 :] if _ends(one, act))
        stop = min(next(stops, until), until)
        made.append((act.rule, Span(pd.Timestamp(act.at), stop, kind, act.observed)))
    return made


def guard_points(acts: GuardActs) -> list[Point]:
    """Return the moments to mark on the equity curve, oldest first."""
    return [
        Point(pd.Timestamp(act.at), _POINTS[act.event], act.observed)
        for act in acts.acts
        if act.event in _POINTS and (act.pair is None or act.event == CLOSED)
    ]


def rule_rows(acts: GuardActs, end: pd.Timestamp) -> list[RuleRow]:
    """Return what each rule did: first what halted longest, then what denied most."""
    spans = guard_spans(acts, end)
    deeds = [act for act in acts.acts if act.event in (HALTED, FLATTEN, REDUCING, CLOSED)]
    rules = dict.fromkeys([*(act.rule for act in deeds), *(one.rule for one in acts.denials)])
    rows = [_rule_row(rule, acts, deeds, spans) for rule in rules]
    return sorted(rows, key=lambda row: (-row.days_halted, -row.denied - row.cut, row.rule))


def summary(acts: GuardActs) -> str:
    """Say in one line how often the guards acted."""
    total = acts.totals
    if acts.guards == OFF:
        return GUARDS_WERE_OFF
    would = "would have been " if acts.observed else ""
    asked = counted(total.entries_asked, "entry", "entries")
    denied = f"{total.entries_denied:,} {would}denied"
    if total.entries_asked:
        denied += f" ({percent(total.entries_denied / total.entries_asked, 1)})"
    parts = [
        f"{asked} asked for, {denied}",
        f"{counted(total.stakes_cut, 'stake')} {would}cut",
        f"{counted(total.positions_closed, 'position')} {would}closed",
        f"{would}halted {number(total.days_halted, 1)} of {number(total.days_of_run, 1)} days",
        f"re-armed {counted(total.rearmed, 'time')}",
    ]
    return f"{', '.join(parts)}."


def act_text(act: Act) -> str:
    """Say what one act was, in one line."""
    words = {
        HALTED: "Halt",
        FLATTEN: "Everything closed",
        REDUCING: "Smaller stakes or none",
        ENDED: "Ended",
        REARMED: "Re-armed",
        CLOSED: "Position closed",
        PROBATION_ENDED: "Probation over",
    }
    text = f"{words[act.event]} by {act.rule}" if act.rule else words[act.event]
    if act.pair is not None:
        text += f" in {act.pair}"
    if act.trade is not None:
        text += f", opened {time_text(pd.Timestamp(act.trade.open_time))}"
        text += f", stake {number(act.trade.stake_usd)}, made {number(act.trade.profit_usd)}"
    if act.reason:
        text += f": {act.reason}"
    return f"{text} (only observed)" if act.observed else text


def _rule_row(
    rule: str, acts: GuardActs, deeds: Sequence[Act], spans: Sequence[tuple[str, Span]]
) -> RuleRow:
    own = [act for act in deeds if act.rule == rule]
    denials = [one for one in acts.denials if one.rule == rule]
    firsts = [*(act.at for act in own), *(one.first for one in denials)]
    lasts = [*(act.at for act in own), *(one.last for one in denials)]
    halted = [
        (span.end - span.start) / pd.Timedelta(days=1)
        for name, span in spans
        if name == rule and span.kind == drawing.HALTED
    ]
    return RuleRow(
        rule=rule,
        first=pd.Timestamp(min(firsts)),
        last=pd.Timestamp(max(lasts)),
        denied=sum(one.count for one in denials if one.kind in ("entry", "addition")),
        cut=sum(one.count for one in denials if one.kind not in ("entry", "addition")),
        closed=sum(act.event == CLOSED for act in own),
        halts=len(halted),
        days_halted=float(sum(halted)),
        stake_usd=sum(one.stake_usd for one in denials),
    )


def _holds(made: Sequence[tuple[str, Span]], act: Act, kind: str) -> bool:
    """Return whether the rule's own span of this kind still lasts when it acts again."""
    at = pd.Timestamp(act.at)
    return any(rule == act.rule and one.kind == kind and at < one.end for rule, one in made)


def _ends(later: Act, begun: Act) -> bool:
    if later.event == REARMED:
        return True
    return later.event == ENDED and later.rule == begun.rule
