"""The same bet twice."""

from plimsoll.core import AccountSnapshot, EntryRequest, Verdict
from plimsoll.risk.denial import above, active, known, refuse, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "correlation"


def correlation(request: EntryRequest, account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Refuse an entry whose returns move too much like those of an open position.

    Signed by the sides: a long and a short of the same market are opposite bets. An addition
    to the pair's own position is not compared with itself. A correlation exactly at the limit
    is allowed.
    """
    limit = profile.max_correlation
    if account.positions is None:
        missing = "open positions None"
        return unknown(RULE, missing, account, profile, pair=request.pair, limit=limit)
    worst, other = limit, None
    for position in account.positions:
        if position.pair == request.pair:
            continue
        measured = None if request.correlations is None else request.correlations.get(position.pair)
        if not known(measured) or above(abs(measured), 1):
            missing = f"{measured} between {request.pair} and {position.pair}"
            return unknown(RULE, missing, account, profile, pair=request.pair, limit=limit)
        signed = measured * request.side.sign * position.side.sign
        if above(signed, worst):
            worst, other = signed, position.pair
    if other is None:
        return active(RULE)
    reason = f"correlation {worst:.3f} with open {other} is above its limit {limit:.3f}"
    return refuse(RULE, request, account, profile, reason=reason, value=worst, limit=limit)
