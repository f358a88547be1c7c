"""Hours of the week in which entries are allowed."""

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import active
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.trading_hours import is_open, next_opening

RULE = "trading_hours"


def trading_hours(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Deny outside the profile's hours; open positions run on.

    Returns
    -------
    REDUCING until the next window opens; ACTIVE within a window, and always without hours.
    """
    hours, now = profile.trading_hours_utc, account.as_of
    if hours is None or is_open(hours, now):
        return active(RULE)
    until = next_opening(hours, now)
    reason = f"{now:%A %H:%M} UTC is outside the trading hours, the next begin {until:%A %H:%M} UTC"
    return Verdict(Mode.REDUCING, RULE, reason, until)
