"""How many positions are open."""

from plimsoll.core import AccountSnapshot, EntryRequest, Verdict
from plimsoll.risk.denial import active, refuse, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "open_positions"


def open_positions(
    request: EntryRequest, account: AccountSnapshot, profile: RiskProfile
) -> Verdict:
    """Refuse a position more than the limit; an addition to an open one is none."""
    limit = profile.max_open_positions
    if account.positions is None:
        missing = "open positions None"
        return unknown(RULE, missing, account, profile, pair=request.pair, limit=limit)
    count = len(account.positions)
    if count < limit or (count == limit and account.position(request.pair) is not None):
        return active(RULE)
    reason = f"{count} open positions reached the limit {limit}"
    return refuse(RULE, request, account, profile, reason=reason, value=count, limit=limit)
