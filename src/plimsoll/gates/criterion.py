"""One condition of a gate: what is measured, on which evidence, and where the limit is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from plimsoll.gates.kinds import Kind


class Gate(StrEnum):
    """The gates, in the order in which they are passed; `SCALE` again at each step of capital."""

    SANDBOX = "sandbox"
    LAB = "lab"
    PAPER = "paper"
    LIVE = "live"
    SCALE = "scale"


BEFORE = {
    Gate.LAB: (Gate.SANDBOX,),
    Gate.PAPER: (Gate.LAB,),
    Gate.LIVE: (Gate.PAPER,),
    Gate.SCALE: (Gate.LIVE, Gate.SCALE),
}
"""The gates of which one must have been passed before."""


class Sense(StrEnum):
    """How a value stands to its limit where it passes."""

    ABOVE = "above"
    AT_LEAST = "at least"
    BELOW = "below"
    AT_MOST = "at most"

    def passes(self, value: float, limit: float) -> bool:
        """Return whether a value passes; one that is not finite never does."""
        if not (math.isfinite(value) and math.isfinite(limit)):
            return False
        match self:
            case Sense.ABOVE:
                return value > limit
            case Sense.AT_LEAST:
                return value >= limit
            case Sense.BELOW:
                return value < limit
            case Sense.AT_MOST:
                return value <= limit

    def is_looser(self, limit: float, than: float) -> bool:
        """Return whether one limit lets pass what the other does not."""
        if self in (Sense.ABOVE, Sense.AT_LEAST):
            return limit < than
        return limit > than


class Unit(StrEnum):
    """How a value is written."""

    NUMBER = "number"
    FRACTION = "fraction"
    COUNT = "count"
    DAYS = "days"
    HOURS = "hours"
    MINUTES = "minutes"
    USD = "USD"

    def words(self, value: float | None) -> str:
        """Write a value."""
        if value is None or not math.isfinite(value):
            return "not known"
        match self:
            case Unit.NUMBER:
                return f"{value:.2f}"
            case Unit.FRACTION:
                return f"{value:.1%}"
            case Unit.COUNT:
                return f"{value:,.0f}"
            case Unit.USD:
                return f"{value:,.0f} USD"
            case _:
                return f"{value:,.1f} {self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A condition that recorded evidence must meet for a gate to open.

    Attributes
    ----------
    name
        The key by which a config sets another limit.
    gates
        The gates that it belongs to.
    says
        What is measured, in words.
    rests_on
        The evidence that must be there, whole and fresh; a baseline's result is named
        ``result BuyAndHold``.
    source
        Whether the limit comes from the ``plan`` of the project, a paper, or is ``ours``.
    why
        Where exactly, or the reason.
    models_only
        Whether it is asked only of a strategy whose config trains a model.
    """

    name: str
    gates: tuple[Gate, ...]
    says: str
    sense: Sense
    limit: float
    unit: Unit
    rests_on: tuple[str, ...]
    source: str
    why: str
    models_only: bool = False

    def with_limit(self, limit: float) -> "Criterion":
        """Return the criterion with another limit."""
        return replace(self, limit=limit)

    @property
    def main_kind(self) -> Kind:
        """The kind of evidence that it measures."""
        return kind_of(self.rests_on[0])


def kind_of(evidence: str) -> Kind:
    """Return the kind of evidence that a criterion names."""
    return Kind(evidence.split()[0])


def strategy_of(evidence: str, subject: str) -> str:
    """Return whose evidence a criterion names: a baseline's, or the subject's own."""
    _, _, baseline = evidence.partition(" ")
    return baseline or subject


def with_limits(
    criteria: tuple[Criterion, ...], limits: Mapping[str, float]
) -> tuple[Criterion, ...]:
    """Return the criteria with the limits that a config sets in place of the shipped ones."""
    return tuple(
        one.with_limit(limits[one.name]) if one.name in limits else one for one in criteria
    )
