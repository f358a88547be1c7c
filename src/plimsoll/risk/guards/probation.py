"""The time after a re-arming, with smaller stakes."""

from datetime import timedelta

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import active
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.rearming import probation_until

RULE = "probation"


def probation(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Shrink stakes after a re-arming, until its days have passed or equity is at a new high.

    The high is the highest ever, before the halt included; without it the days count alone.

    Returns
    -------
    REDUCING with the profile's share of a stake; ACTIVE otherwise.
    """
    rearmed_at = account.rearmed_at
    until = probation_until(rearmed_at, account.peak_at, profile)
    if rearmed_at is None or until is None or account.as_of >= until:
        return active(RULE)
    left, whole = profile.probation_stake_fraction, profile.probation_days
    days = (account.as_of - rearmed_at) / timedelta(days=1)
    return Verdict(
        Mode.REDUCING,
        RULE,
        f"re-armed at {rearmed_at:%Y-%m-%d %H:%M} UTC, day {days:.1f} of {whole:g}: stakes times "
        f"{left:g} until {until:%Y-%m-%d %H:%M} UTC or a new high",
        until,
        stake_multiplier=left,
        value=days,
        limit=whole,
    )
