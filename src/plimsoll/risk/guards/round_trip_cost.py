"""A target thinner than the cost of getting there and back."""

from plimsoll.core import AccountSnapshot, EntryRequest, Verdict
from plimsoll.risk.denial import ROUNDING, active, known, positive, refuse, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "round_trip_cost"


def round_trip_cost(
    request: EntryRequest, account: AccountSnapshot, profile: RiskProfile
) -> Verdict:
    """Refuse an entry whose profit at the target is below a multiple of both fills' cost.

    A profit exactly at the limit is allowed; an entry without a target is not held to it. A
    target on the losing side has a negative profit.
    """
    price, target, cost = request.price, request.target_price, request.fill_cost_fraction
    limit = profile.min_target_to_cost
    if target is None:
        return active(RULE)
    if not positive(price) or not positive(target) or not known(cost) or cost < 0:
        missing = f"price {price}, target {target}, cost of a fill {cost}"
        return unknown(RULE, missing, account, profile, pair=request.pair, limit=limit)
    gain = (target - price) * request.side.sign
    round_trip = cost * (price + target)
    if gain > 0 and gain >= round_trip * limit * (1 - ROUNDING):
        return active(RULE)
    multiple = gain / round_trip if round_trip > 0 else 0.0
    reason = (
        f"profit of {gain / price:.3%} at the target is {multiple:.2f} times the round trip of "
        f"{round_trip / price:.3%}, limit {limit:.2f}"
    )
    return refuse(RULE, request, account, profile, reason=reason, value=multiple, limit=limit)
