"""How a guard says yes, no, and that it cannot know."""

from datetime import datetime, timedelta
from functools import cache
from math import isfinite
from typing import TypeGuard

from plimsoll.core import AccountSnapshot, EntryRequest, Mode, Verdict
from plimsoll.risk.profile import RiskProfile

ROUNDING = 1e-9
"""Relative error of a sum of floats: a stake sized to a limit is not above it."""


@cache
def active(rule: str, pair: str | None = None) -> Verdict:
    """Return the guard's yes."""
    return Verdict(Mode.ACTIVE, rule, pair=pair)


def known(number: float | None) -> TypeGuard[float]:
    """Return whether a number is there and finite."""
    return number is not None and isfinite(number)


def positive(number: float | None) -> TypeGuard[float]:
    """Return whether a number is there, finite and above zero."""
    return known(number) and number > 0


def above(value: float, limit: float) -> bool:
    """Return whether a value is above its limit by more than rounding."""
    return value > limit + abs(limit) * ROUNDING


def recheck_at(account: AccountSnapshot, profile: RiskProfile) -> datetime:
    """Return when a verdict without an end of its own is looked at again."""
    return account.as_of + timedelta(seconds=profile.recheck_seconds)


def unknown(
    rule: str,
    missing: str,
    account: AccountSnapshot,
    profile: RiskProfile,
    *,
    pair: str | None = None,
    limit: float | None = None,
) -> Verdict:
    """Deny new risk because ``missing`` cannot be known: a gap is never a go."""
    reason = f"{rule.replace('_', ' ')} cannot be known: {missing}"
    if limit is not None:
        reason += f" (limit {limit:g})"
    return Verdict(
        Mode.REDUCING, rule, reason, recheck_at(account, profile), pair=pair, limit=limit
    )


def unrealised_usd(account: AccountSnapshot) -> float | None:
    """Return what the open positions are worth above their entries; ``None`` when unknown."""
    if account.positions is None:
        return None
    total = 0.0
    for position in account.positions:
        profit = position.unrealised_usd
        if profit is None:
            return None
        total += profit
    return total


def rests_on_marks(account: AccountSnapshot, equity_usd: float, level_usd: float) -> bool:
    """Return whether equity is at or below a level only because of mark prices.

    With the unrealised losses taken out, the account would be above the level: one wrong tick
    can be the cause. A loss that is realised, or that cannot be split, does not rest on marks.
    """
    unrealised = unrealised_usd(account) if account.sees_open_positions else None
    return known(unrealised) and equity_usd - unrealised > level_usd


def implausible_mark(account: AccountSnapshot) -> bool:
    """Return whether the data of a held pair is flagged as implausible."""
    if account.data_health is None:
        return False
    watched = account.data_health.pairs
    held = (watched.get(position.pair) for position in account.positions or ())
    return any(data is not None and data.implausible is not None for data in held)


def refuse(
    rule: str,
    request: EntryRequest,
    account: AccountSnapshot,
    profile: RiskProfile,
    *,
    reason: str,
    value: float,
    limit: float,
) -> Verdict:
    """Deny one entry; its pair may ask again after the recheck."""
    return Verdict(
        Mode.REDUCING,
        rule,
        f"{request.pair}: {reason}",
        recheck_at(account, profile),
        pair=request.pair,
        value=value,
        limit=limit,
    )
