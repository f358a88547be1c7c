"""What a person may decide at a review, by what was measured: the rules, without any file."""

from collections.abc import Sequence

from plimsoll.core import PlimsollError, UsageError
from plimsoll.gates.judging import Judged
from plimsoll.gates.kinds import Kind
from plimsoll.gates.scaling import Decision, decision_of, next_step, recommended, step_below


def measured(judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """Return the criteria that something other than a person's word answers."""
    word = Kind.ATTESTATION.value
    return tuple(one for one in judged if word not in one.criterion.rests_on)


def spoken_for(judged: Sequence[Judged], capital_usd: float | None) -> Decision:
    """Return what the evidence speaks for; without capital at stake it speaks for no more."""
    if capital_usd is None:
        return Decision.KEEP
    return recommended(measured(judged), capital_usd)


def capital_after(
    decision: Decision, judged: Sequence[Judged], capital_usd: float | None, closed: str
) -> float | None:
    """Return the capital that follows from a decision; ``None`` where no gate gave any.

    ``closed`` is why the verdict that lets the bot trade does not count; empty where it does.

    Raises
    ------
    PlimsollError
        When more capital is asked for, and a criterion is not met or no verdict counts.
    UsageError
        When there is no such step.
    """
    if decision is Decision.INCREASE:
        _require_all(judged, capital_usd, closed)
    if capital_usd is None or closed:
        return None
    to_usd = {
        Decision.INCREASE: next_step(capital_usd),
        Decision.KEEP: capital_usd,
        Decision.DECREASE: step_below(capital_usd),
        Decision.WITHDRAW: 0.0,
    }[decision]
    if decision_of(to_usd, capital_usd) is not decision:
        instead = Decision.WITHDRAW if decision is Decision.DECREASE else Decision.KEEP
        raise UsageError(
            f"there is no step to {decision.value} to from {capital_usd:,.0f} USD; decide "
            f"{instead.value}"
        )
    return to_usd


def _require_all(judged: Sequence[Judged], capital_usd: float | None, closed: str) -> None:
    if capital_usd is None or closed:
        why = closed or "no gate has given it any"
        raise PlimsollError(f"expected a verdict that gives capital before an increase: {why}")
    asked = measured(judged)
    missing = [one for one in asked if not one.go]
    if missing or not asked:
        told = "; ".join(f"{one.criterion.name}: {one.reason}" for one in missing)
        raise PlimsollError(
            f"no increase: {len(missing)} of {len(asked)} criteria are not met ({told})"
        )
