"""What one trade loses at its stop."""

from plimsoll.core import AccountSnapshot, EntryRequest, Verdict
from plimsoll.risk.denial import above, active, known, positive, refuse, unknown
from plimsoll.risk.exposure import entry_risk_usd, heat_usd
from plimsoll.risk.profile import RiskProfile

RULE = "risk_per_trade"


def risk_per_trade(
    request: EntryRequest, account: AccountSnapshot, profile: RiskProfile
) -> Verdict:
    """Refuse an entry that loses more at its stop, fees included, than a fraction of equity.

    What the pair already risks counts. Without a stop the whole stake is at risk. A risk
    exactly at the limit is allowed.
    """
    held, added, equity = (
        heat_usd(account, profile, request.pair),
        entry_risk_usd(request, profile),
        account.equity_usd,
    )
    limit = profile.max_risk_per_trade_fraction
    if not known(held) or not known(added) or not positive(equity):
        missing = (
            f"held risk {held} USD, entry risk {added} USD, equity {equity} USD; "
            f"price {request.price}, stop {request.stop_price} ({request.side.value})"
        )
        return unknown(RULE, missing, account, profile, pair=request.pair, limit=limit)
    fraction = (held + added) / equity
    if not above(fraction, limit):
        return active(RULE)
    reason = f"risk of {fraction:.2%} of equity at the stop is above its limit {limit:.2%}"
    return refuse(RULE, request, account, profile, reason=reason, value=fraction, limit=limit)
