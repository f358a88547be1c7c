"""The price of crossing the market."""

from plimsoll.core import AccountSnapshot, EntryRequest, Verdict
from plimsoll.risk.denial import above, active, known, refuse, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "spread"


def spread(request: EntryRequest, account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Refuse an entry into a spread wider than the limit; exactly as wide is allowed.

    A negative spread is a crossed, that is a broken, book.
    """
    limit, width = profile.max_spread_fraction, request.spread_fraction
    if limit is None:
        return active(RULE)
    if not known(width) or width < 0:
        missing = f"spread {width}"
        return unknown(RULE, missing, account, profile, pair=request.pair, limit=limit)
    if not above(width, limit):
        return active(RULE)
    reason = f"spread of {width:.4%} is above its limit {limit:.4%}"
    return refuse(RULE, request, account, profile, reason=reason, value=width, limit=limit)
