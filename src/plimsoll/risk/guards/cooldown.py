"""The wait after a trade of a pair."""

from datetime import timedelta

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import active, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "cooldown"


def cooldown(pair: str, account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Take no entry in a pair for a while after its last trade closed.

    The wait is over exactly when its time is.

    Returns
    -------
    REDUCING of the pair until the wait is over; ACTIVE otherwise.
    """
    limit = profile.cooldown_seconds
    if account.closed_trades is None:
        return unknown(RULE, "closed trades None", account, profile, pair=pair, limit=limit)
    since = account.as_of - timedelta(seconds=limit)
    for trade in reversed(account.closed_trades):
        if trade.closed_at <= since:
            break
        if trade.pair == pair:
            passed = (account.as_of - trade.closed_at).total_seconds()
            reason = f"{pair} closed {passed:.0f} s ago, cooldown {limit:g} s"
            until = trade.closed_at + timedelta(seconds=limit)
            return Verdict(Mode.REDUCING, RULE, reason, until, pair=pair, value=passed, limit=limit)
    return active(RULE, pair)
