"""A price that is far from the market's: a fat finger, or a wrong tick."""

from plimsoll.core import AccountSnapshot, EntryRequest, Verdict
from plimsoll.risk.denial import above, active, positive, refuse, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "price_collar"


def price_collar(request: EntryRequest, account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Refuse an order whose price is further from the mark than the limit, on either side.

    Exactly as far is allowed. Too low a long and too high a short are refused as well: the price
    sizes the order, and one that is wrong in its owner's favour is still wrong.
    """
    limit, mark = profile.max_price_deviation_fraction, request.mark_price
    if limit is None:
        return active(RULE)
    if not positive(mark) or not positive(request.price):
        missing = f"price {request.price}, mark {mark}"
        return unknown(RULE, missing, account, profile, pair=request.pair, limit=limit)
    away = abs(request.price / mark - 1)
    if not above(away, limit):
        return active(RULE)
    reason = f"{request.price:g} is {away:.2%} from the mark {mark:g}, above its limit {limit:.2%}"
    return refuse(RULE, request, account, profile, reason=reason, value=away, limit=limit)
