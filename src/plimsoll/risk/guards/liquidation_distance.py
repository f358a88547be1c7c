"""How far a position is from being closed by the exchange."""

from plimsoll.core import AccountSnapshot, Mode, Position, Verdict
from plimsoll.risk.denial import above, active, known, positive, recheck_at, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "liquidation_distance"


def liquidation_distance(pair: str, account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Close a position whose mark comes too close to its liquidation price.

    The distance is a fraction of the mark; one exactly at the limit is far enough. A position
    without leverage and without a liquidation price cannot be liquidated.

    Returns
    -------
    FLATTEN of the pair; ACTIVE otherwise.
    """
    limit = profile.min_liquidation_distance_fraction
    if account.positions is None:
        return unknown(RULE, "open positions None", account, profile, pair=pair, limit=limit)
    verdicts = [
        _of_one(position, account, profile)
        for position in account.positions
        if position.pair == pair
    ]
    return max(verdicts, key=lambda verdict: verdict.mode, default=active(RULE, pair))


def _of_one(position: Position, account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    pair, limit = position.pair, profile.min_liquidation_distance_fraction
    mark, liquidation = position.mark_price, position.liquidation_price
    if liquidation is None and position.leverage <= 1:
        return active(RULE, pair)
    if not positive(mark) or not known(liquidation):
        missing = f"mark {mark}, liquidation price {liquidation}"
        return unknown(RULE, missing, account, profile, pair=pair, limit=limit)
    distance = (mark - liquidation) * position.side.sign / mark
    if distance >= limit:
        return active(RULE, pair)
    data = account.data_health.pairs.get(pair) if account.data_health is not None else None
    doubtful = data is not None and data.implausible is not None
    return Verdict(
        Mode.FLATTEN,
        RULE,
        f"{pair} at {mark:g} is {distance:.2%} from its liquidation at {liquidation:g}, "
        f"limit {limit:.2%}",
        recheck_at(account, profile),
        pair=pair,
        value=distance,
        limit=limit,
        debounced=doubtful or above(distance * profile.hard_breach_multiple, limit),
    )
