"""Orders in a short window: a loop that runs away."""

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import active, unknown
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.recent import recent_times

RULE = "order_throttle"


def order_throttle(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Deny while so many orders were sent within the window.

    Returns
    -------
    REDUCING until enough of them are older than the window; ACTIVE otherwise.
    """
    limit, window = profile.max_orders, profile.order_window_seconds
    if account.order_times is None:
        return unknown(RULE, "order times None", account, profile, limit=limit)
    recent = recent_times(account.order_times, account.as_of, window_seconds=window, limit=limit)
    if recent.until is None:
        return active(RULE)
    reason = f"{recent.events} orders in {window:g} s reached the limit {limit}"
    return Verdict(Mode.REDUCING, RULE, reason, recent.until, value=recent.events, limit=limit)
