"""A market too thin for the order."""

from plimsoll.core import AccountSnapshot, EntryRequest, Verdict
from plimsoll.risk.denial import above, active, positive, refuse, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "liquidity"


def liquidity(request: EntryRequest, account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Refuse an entry that is more than a share of what the market offers; exactly it is fine."""
    limit, offered, asked = (
        profile.max_liquidity_share_fraction,
        request.liquidity_usd,
        request.notional_usd,
    )
    if limit is None:
        return active(RULE)
    if not positive(offered) or not positive(asked):
        missing = f"asked {asked} USD, offered {offered} USD"
        return unknown(RULE, missing, account, profile, pair=request.pair, limit=limit)
    share = asked / offered
    if not above(share, limit):
        return active(RULE)
    reason = f"{share:.2%} of the {offered:.0f} USD offered is above its limit {limit:.2%}"
    return refuse(RULE, request, account, profile, reason=reason, value=share, limit=limit)
