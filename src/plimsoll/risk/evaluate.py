"""One function for every caller: all guards, the strictest verdict wins."""

from collections.abc import Callable, Sequence

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.daily_loss import daily_loss
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.trading_day import day_end

Guard = Callable[[AccountSnapshot, RiskProfile], Verdict]

GUARDS: tuple[Guard, ...] = (daily_loss,)


def evaluate(
    account: AccountSnapshot, profile: RiskProfile, guards: Sequence[Guard] = GUARDS
) -> Verdict:
    """Return the strictest verdict of all guards.

    A guard that raises counts as REDUCING until the trading day ends: a fault is never a go.

    Raises
    ------
    ValueError
        When ``guards`` is empty: an account without a guard is an error, not a go.
    """
    if not guards:
        message = "expected at least one guard, found none"
        raise ValueError(message)
    return max((_safely(guard, account, profile) for guard in guards), key=lambda v: v.mode)


def _safely(guard: Guard, account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    try:
        return guard(account, profile)
    except Exception as error:  # noqa: BLE001 - whatever a guard raises, the answer is no
        until = day_end(account.as_of, starts_at_hour_utc=profile.day_starts_at_hour_utc)
        reason = f"guard failed with {type(error).__name__}: {error}"
        return Verdict(Mode.REDUCING, getattr(guard, "__name__", repr(guard)), reason, until)
