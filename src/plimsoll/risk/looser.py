"""Which change of a limit is looser, and what of a looser profile may be in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from plimsoll.risk.limit import ORDERED
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.trading_hours import minutes


class Direction(StrEnum):
    """Which way a limit grows looser; ``None``, where a limit may be off, is the loosest."""

    HIGHER = "higher"
    LOWER = "lower"
    WIDER = "wider"
    ANY = "any"
    """No order: whatever it is changed to may be looser."""


PREFIXES = {"max_": Direction.HIGHER, "min_": Direction.LOWER, "flatten_on_": Direction.LOWER}
"""What the name of a limit says itself."""

DIRECTIONS = {
    "day_starts_at_hour_utc": Direction.ANY,
    "drawdown_reduce_fraction": Direction.HIGHER,
    "drawdown_stake_multiplier": Direction.HIGHER,
    "drawdown_halt_fraction": Direction.HIGHER,
    "terminal_drawdown_fraction": Direction.HIGHER,
    "probation_days": Direction.LOWER,
    "probation_stake_fraction": Direction.HIGHER,
    "consecutive_losses_pause_hours": Direction.LOWER,
    "cooldown_seconds": Direction.LOWER,
    "breaker_stop_fraction": Direction.LOWER,
    "order_window_seconds": Direction.LOWER,
    "trading_hours_utc": Direction.WIDER,
    "correlation_candles": Direction.ANY,
    "proven_max_leverage": Direction.HIGHER,
    "proven_trades": Direction.LOWER,
    "proven_win_rate_fraction": Direction.LOWER,
    "proven_sharpe": Direction.LOWER,
    "proven_drawdown_fraction": Direction.HIGHER,
    "flatten_api_errors": Direction.HIGHER,
    "api_error_window_seconds": Direction.LOWER,
    "divergence_trades": Direction.ANY,
    "divergence_z": Direction.HIGHER,
    "require_expectation": Direction.LOWER,
    "break_even_trades": Direction.ANY,
    "break_even_z": Direction.HIGHER,
    "model_accuracy_predictions": Direction.HIGHER,
    "sizing": Direction.ANY,
    "fixed_risk_fraction": Direction.HIGHER,
    "kelly_multiple": Direction.HIGHER,
    "kelly_trades": Direction.LOWER,
    "target_volatility_fraction": Direction.HIGHER,
    "live_breach_observations": Direction.HIGHER,
    "backtest_breach_observations": Direction.HIGHER,
    "hard_breach_multiple": Direction.HIGHER,
    "recheck_seconds": Direction.LOWER,
    "reconcile_seconds": Direction.HIGHER,
    "break_settling_seconds": Direction.HIGHER,
    "flatten_alarm_seconds": Direction.HIGHER,
    "flatten_repeat_seconds": Direction.HIGHER,
    "flatten_halt_seconds": Direction.HIGHER,
}
"""The limits whose names do not say it. A test holds that every limit has a direction."""


@dataclass(frozen=True, slots=True)
class Change:
    """One limit before and after."""

    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class LimitsInForce:
    """The profile that holds, and what of the one asked for is looser.

    Attributes
    ----------
    profile
        What the guards are asked with.
    looser
        By limit: what was in force, and the looser value that is asked for.
    held_back
        Those of them that are not in force until a person accepts them.
    """

    profile: RiskProfile
    looser: Mapping[str, Change] = field(default_factory=dict)
    held_back: frozenset[str] = frozenset()


def direction_of(name: str) -> Direction:
    """Return which way a limit grows looser.

    Raises
    ------
    KeyError
        When neither its name nor `DIRECTIONS` says it.
    """
    for prefix, direction in PREFIXES.items():
        if name.startswith(prefix):
            return direction
    return DIRECTIONS[name]


def is_looser(name: str, before: Any, after: Any) -> bool:
    """Return whether a limit is looser after a change; values as in a profile or its JSON."""
    if before == after or before is None:
        return False
    if after is None:
        return True
    match direction_of(name):
        case Direction.HIGHER:
            return bool(after > before)
        case Direction.LOWER:
            return bool(after < before)
        case Direction.WIDER:
            return not _open_minutes(after) <= _open_minutes(before)
        case Direction.ANY:
            return True


def limits_in_force(
    asked: RiskProfile,
    *,
    earlier: RiskProfile | None,
    layers: Mapping[str, Any] | None = None,
    accepted: Mapping[str, Any] | None = None,
    needs_acceptance: bool,
) -> LimitsInForce:
    """Return what holds when a bot starts, or reloads its config, with a profile.

    Parameters
    ----------
    asked
        What the config says, after all its layers.
    earlier
        What was in force before; ``None`` at the first start.
    layers
        By limit, the strictest value that an earlier layer of the same config set: it counts
        where nothing was in force before.
    accepted
        By limit, the value that a person has accepted since; one that is looser still is not.
    needs_acceptance
        Whether a looser limit waits for a person, as where money is at stake.
    """
    before = (layers or {}) if earlier is None else dict(earlier)
    looser = {
        name: Change(before[name], value)
        for name, value in asked
        if name in before and is_looser(name, before[name], value)
    }
    taken = accepted or {}
    held_back = [
        name
        for name, change in looser.items()
        if name not in taken or is_looser(name, taken[name], change.after)
    ]
    if not needs_acceptance:
        held_back = []
    strict = asked.model_copy(update={name: looser[name].before for name in held_back})
    return LimitsInForce(_in_order(strict), looser, frozenset(held_back))


def recorded_profile(recorded: Mapping[str, Any], asked: RiskProfile) -> RiskProfile:
    """Return the profile of a record; a limit that it lacks, or that is none now, as ``asked``.

    A limit that was added since, or whose bounds have been narrowed, was never in force as it is
    now: nothing can be said of it.
    """
    known = {name: value for name, value in recorded.items() if name in RiskProfile.model_fields}
    while True:
        try:
            return RiskProfile.model_validate({**asked.model_dump(mode="json"), **known})
        except ValidationError as error:
            faulty = {str(fault["loc"][0]) for fault in error.errors()} & known.keys()
            if not faulty:
                return asked
            known = {name: value for name, value in known.items() if name not in faulty}


def _in_order(profile: RiskProfile) -> RiskProfile:
    """Return the profile without contradictions: of two limits in order, the first is lowered."""
    lowered = {
        low: getattr(profile, high)
        for low, high in ORDERED
        if None not in (getattr(profile, low), getattr(profile, high))
        and getattr(profile, low) > getattr(profile, high)
    }
    return profile.model_copy(update=lowered)


def _open_minutes(hours: Mapping[Any, Any]) -> set[tuple[str, int]]:
    return {
        (str(day), minute)
        for day, windows in hours.items()
        for window in windows
        for minute in range(*minutes(window))
    }
