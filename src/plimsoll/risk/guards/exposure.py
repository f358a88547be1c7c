"""The notional of all positions together."""

from plimsoll.core import AccountSnapshot, EntryRequest, Verdict
from plimsoll.risk.denial import above, active, known, positive, refuse, unknown
from plimsoll.risk.exposure import exposure_usd
from plimsoll.risk.profile import RiskProfile

RULE = "exposure"


def exposure(request: EntryRequest, account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Refuse an entry that takes total exposure above a fraction of equity or USD.

    An exposure exactly at the limit is allowed.
    """
    held, added, equity = exposure_usd(account), request.notional_usd, account.equity_usd
    if not known(held) or not positive(added) or not positive(equity):
        missing = f"held {held} USD, asked {added} USD, equity {equity} USD"
        fraction = profile.max_exposure_fraction
        return unknown(RULE, missing, account, profile, pair=request.pair, limit=fraction)
    limit = exposure_limit_usd(equity, profile)
    if not above(held + added, limit):
        return active(RULE)
    reason = f"total exposure of {held + added:.2f} USD is above its limit {limit:.2f} USD"
    return refuse(RULE, request, account, profile, reason=reason, value=held + added, limit=limit)


def exposure_limit_usd(equity_usd: float, profile: RiskProfile) -> float:
    """Return the tighter of the limits of all positions."""
    limit = equity_usd * profile.max_exposure_fraction
    return limit if profile.max_exposure_usd is None else min(limit, profile.max_exposure_usd)
