"""What all stops together would cost."""

from plimsoll.core import AccountSnapshot, EntryRequest, Verdict
from plimsoll.risk.denial import above, active, known, positive, refuse, unknown
from plimsoll.risk.exposure import entry_risk_usd, heat_usd
from plimsoll.risk.profile import RiskProfile

RULE = "portfolio_heat"


def portfolio_heat(
    request: EntryRequest, account: AccountSnapshot, profile: RiskProfile
) -> Verdict:
    """Refuse an entry that takes the loss at all stops above a fraction of equity.

    A position without a stop counts with its whole margin. Heat exactly at the limit is
    allowed.
    """
    heat, added, equity = (
        heat_usd(account, profile),
        entry_risk_usd(request, profile),
        account.equity_usd,
    )
    limit = profile.max_portfolio_heat_fraction
    if not known(heat) or not known(added) or not positive(equity):
        missing = f"open heat {heat} USD, entry risk {added} USD, equity {equity} USD"
        return unknown(RULE, missing, account, profile, pair=request.pair, limit=limit)
    fraction = (heat + added) / equity
    if not above(fraction, limit):
        return active(RULE)
    reason = f"portfolio heat {fraction:.2%} of equity is above its limit {limit:.2%}"
    return refuse(RULE, request, account, profile, reason=reason, value=fraction, limit=limit)
