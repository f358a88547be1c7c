"""The verdict over a case: each criterion, its value, and the command that mends a no-go."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plimsoll.gates.case import Case
from plimsoll.gates.criteria import criteria_of
from plimsoll.gates.criterion import Criterion, Gate, kind_of, strategy_of, with_limits
from plimsoll.gates.kinds import Kind, command_for
from plimsoll.gates.measures import measure
from plimsoll.gates.reading import EvidenceError, Reading
from plimsoll.gates.subject import Subject


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion, judged.

    ``value`` is ``None`` where nothing could be measured. ``command`` mends a no-go; empty where
    it is a go.
    """

    criterion: Criterion
    go: bool
    value: float | None
    reason: str
    evidence: tuple[str, ...]
    command: str

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        one = self.criterion
        return {
            "name": one.name,
            "says": one.says,
            "value": self.value,
            "sense": one.sense.value,
            "limit": one.limit,
            "unit": one.unit.value,
            "go": self.go,
            "reason": self.reason,
            "evidence": list(self.evidence),
            "command": self.command,
            "source": one.source,
            "why": one.why,
        }


def asked_of(
    gate: Gate, limits: Mapping[str, float], *, has_model: bool = False
) -> tuple[Criterion, ...]:
    """Return the criteria of a gate with the limits of a config in place of the shipped ones."""
    return with_limits(criteria_of(gate, has_model=has_model), limits)


def judge(criteria: Sequence[Criterion], case: Case) -> tuple[Judged, ...]:
    """Judge every criterion. Whatever is missing, stale, doctored or not a number is no-go."""
    return tuple(_judged(one, case) for one in criteria)


def _judged(criterion: Criterion, case: Case) -> Judged:
    strategy = case.subject.strategy
    rests_on = tuple(criterion.rests_on)
    for name in rests_on:
        piece = case.pieces.get(name)
        faults = ("there is none",) if piece is None else _faults(piece.reading, piece.faults, case)
        if faults:
            owner = strategy_of(name, strategy)
            reason = f"{name}: {'; '.join(faults)}"
            command = command_for(kind_of(name), owner)
            return _no_go(criterion, reason, command)
    command = command_for(criterion.main_kind, strategy_of(rests_on[0], strategy))
    try:
        value = measure(criterion.name, case)
    except EvidenceError as error:
        return _no_go(criterion, str(error), command)
    if not math.isfinite(value):
        return _no_go(criterion, "it cannot be measured", command)
    go = criterion.sense.passes(value, criterion.limit)
    words = _words(criterion, value)
    return Judged(criterion, go, value, words, rests_on, "" if go else command)


def _no_go(criterion: Criterion, reason: str, command: str) -> Judged:
    """Return a criterion of which nothing could be measured."""
    return Judged(
        criterion, go=False, value=None, reason=reason, evidence=criterion.rests_on, command=command
    )


def _faults(reading: Reading | None, faults: tuple[str, ...], case: Case) -> tuple[str, ...]:
    if faults or reading is None or reading.kind is not Kind.WALK_FORWARD:
        return faults
    return tuple(parameter_faults(reading, case.subject))


def parameter_faults(reading: Reading, subject: Subject) -> list[str]:
    """Return why the parameters in force are not those that the last window found.

    A walk-forward tests a procedure: search, then trade what was found. What is traded next is
    what the last window found.
    """
    short = {name.rpartition(".")[2]: value for name, value in subject.values.items()}
    wrong = []
    for name, value in reading.facts["parameters"].items():
        own = name.rpartition(".")[2]
        now = subject.values.get(name, short.get(own))
        if not _same(now, value):
            wrong.append(f"{own} is {'not set' if now is None else now}, not {value}")
    if not wrong:
        return []
    told = f"other parameters than those that its last window found: {', '.join(wrong[:3])}"
    return [f"{told}; write those into the parameter file, or walk forward again"]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9)
    return bool(one == other)


def _words(criterion: Criterion, value: float) -> str:
    unit = criterion.unit
    return f"{unit.words(value)}, asked for {criterion.sense.value} {unit.words(criterion.limit)}"
