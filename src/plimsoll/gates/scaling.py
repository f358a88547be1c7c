"""Steps of live capital, and the review that leads from one to another, or back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from plimsoll.core import UsageError
from plimsoll.gates.criteria import STEPS_USD
from plimsoll.gates.judging import Judged


class Decision(StrEnum):
    """What a review comes to."""

    INCREASE = "increase"
    KEEP = "keep"
    DECREASE = "decrease"
    WITHDRAW = "withdraw"


SAFETY = frozenset({"step_drawdown", "live_difference", "position_breaks", "log_faults"})
"""Criteria of which a measured failure asks for less capital, not for the same."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a person decided of the capital, by name and with a reason.

    ``began`` is when the step that follows begins; a review that keeps the capital keeps it.
    ``recommended`` is what the evidence spoke for.
    """

    decision: Decision
    from_usd: float
    to_usd: float
    by: str
    reason: str
    began: datetime
    recommended: Decision

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "decision": self.decision.value,
            "from_usd": self.from_usd,
            "to_usd": self.to_usd,
            "by": self.by,
            "reason": self.reason,
            "recommended": self.recommended.value,
            "step_began": self.began.isoformat(timespec="seconds"),
        }


def next_step(capital_usd: float) -> float:
    """Return the most that the step after a capital may have; the last step has none after it."""
    return next((step for step in STEPS_USD if step > capital_usd), STEPS_USD[-1])


def step_below(capital_usd: float) -> float:
    """Return the step below a capital; 0 below the first."""
    return max((step for step in STEPS_USD if step < capital_usd), default=0.0)


def recommended(judged: Sequence[Judged], capital_usd: float) -> Decision:
    """Return what the evidence speaks for.

    All criteria pass: increase. One of safety was measured and fails: decrease, or withdraw at the
    first step. Anything else, evidence that is missing included: keep.
    """
    if judged and all(one.go for one in judged if one.criterion.name != "attested"):
        return Decision.INCREASE
    unsafe = [one for one in judged if one.criterion.name in SAFETY]
    if any(not one.go and one.value is not None for one in unsafe):
        return Decision.DECREASE if step_below(capital_usd) > 0 else Decision.WITHDRAW
    return Decision.KEEP


def decision_of(to_usd: float, capital_usd: float) -> Decision:
    """Return what a change of capital is.

    Raises
    ------
    UsageError
        When it is no step, or skips one.
    """
    if not 0.0 <= to_usd <= STEPS_USD[-1]:
        raise UsageError(f"expected --to between 0 and {STEPS_USD[-1]:,.0f} USD, found {to_usd:g}")
    if to_usd > next_step(capital_usd):
        raise UsageError(
            f"expected --to at most {next_step(capital_usd):,.0f} USD, the step after "
            f"{capital_usd:,.0f}; found {to_usd:,.0f}"
        )
    if to_usd == 0.0:
        return Decision.WITHDRAW
    if to_usd == capital_usd:
        return Decision.KEEP
    return Decision.INCREASE if to_usd > capital_usd else Decision.DECREASE
