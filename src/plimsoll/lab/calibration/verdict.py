"""The shipped judge over what a walk-forward on a made market left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from plimsoll.gates.case import Case, Piece
from plimsoll.gates.criterion import Criterion, Gate
from plimsoll.gates.evidence.walk_forward import tested_figures
from plimsoll.gates.judging import asked_of, judge
from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import Reading
from plimsoll.gates.subject import Subject
from plimsoll.lab.calibration.walk import Walked

WALK = Kind.WALK_FORWARD.value
NOBODY = Subject("", code="", source="", parameters="", config="", freqtrade="", plimsoll="")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate said: each criterion by name, and the figures that it looked at."""

    passed: Mapping[str, bool]
    figures: Mapping[str, float]

    @property
    def go(self) -> bool:
        """Whether the gate opens."""
        return all(self.passed.values())


def criteria(limits: Mapping[str, float] | None = None) -> tuple[Criterion, ...]:
    """Return the sandbox gate's criteria that rest on the walk-forward alone.

    `data_errors` is left out: made candles have none.
    """
    asked = asked_of(Gate.SANDBOX, limits or {})
    return tuple(one for one in asked if set(one.rests_on) == {WALK})


def verdict_on(walked: Walked, limits: Mapping[str, float] | None = None) -> Verdict:
    """Judge what was tested, as ``plimsoll gate sandbox`` would."""
    figures = tested_figures(
        walked.returns, walked.trades, walked.spans, walked.starting_balance_usd
    )
    now = datetime.now(tz=UTC)
    facts: dict[str, Any] = {"parameters": {}}
    reading = Reading(kind=Kind.WALK_FORWARD, made_at=now, figures=figures, facts=facts)
    case = Case(NOBODY, now, {WALK: Piece(WALK, reading=reading)})
    judged = judge(criteria(limits), case)
    return Verdict({one.criterion.name: one.go for one in judged}, figures)
