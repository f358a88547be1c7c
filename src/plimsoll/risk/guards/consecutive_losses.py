"""Losing trades in a row."""

from datetime import timedelta

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import active, known, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "consecutive_losses"


def consecutive_losses(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Pause after so many losses in a row, from the last of them.

    A trade that closed at exactly zero is no loss. The streak goes on after a pause, so that
    the next loss pauses again; a person's re-arming ends it.

    Returns
    -------
    REDUCING, or FLATTEN where the profile says so, until the pause is over; ACTIVE otherwise.
    """
    trades, limit = account.closed_trades, profile.max_consecutive_losses
    if trades is None:
        return unknown(RULE, "closed trades None", account, profile, limit=limit)
    losses = 0
    for trade in reversed(trades):
        if account.rearmed_at is not None and trade.closed_at <= account.rearmed_at:
            break
        if not known(trade.profit_usd):
            missing = f"profit {trade.profit_usd} USD of {trade.pair}"
            return unknown(RULE, missing, account, profile, limit=limit)
        if trade.profit_usd >= 0:
            break
        losses += 1
        if losses == limit:
            break
    if losses < limit:
        return active(RULE)
    until = trades[-1].closed_at + timedelta(hours=profile.consecutive_losses_pause_hours)
    if until <= account.as_of:
        return active(RULE)
    return Verdict(
        Mode.FLATTEN if profile.flatten_on_consecutive_losses else Mode.REDUCING,
        RULE,
        f"{losses} losses in a row reached the limit {limit}: "
        f"pause of {profile.consecutive_losses_pause_hours:g} h",
        until,
        value=losses,
        limit=limit,
    )
