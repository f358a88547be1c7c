"""Repeated errors of the exchange's API: the circuit breaker."""

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import active, unknown
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.recent import recent_times

RULE = "api_errors"


def api_errors(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Open the circuit when errors repeat: no entries first, then no positions.

    Returns
    -------
    REDUCING at the first limit and FLATTEN at the second, until enough errors are older than
    the window; ACTIVE otherwise.
    """
    window = profile.api_error_window_seconds
    if account.api_health is None:
        missing = "API health None"
        return unknown(RULE, missing, account, profile, limit=profile.max_api_errors)
    times = account.api_health.error_times
    for mode, limit in (
        (Mode.FLATTEN, profile.flatten_api_errors),
        (Mode.REDUCING, profile.max_api_errors),
    ):
        recent = recent_times(times, account.as_of, window_seconds=window, limit=limit)
        if recent.until is not None:
            reason = f"{recent.events} API errors in {window:g} s reached the limit {limit}"
            return Verdict(mode, RULE, reason, recent.until, value=recent.events, limit=limit)
    return active(RULE)
