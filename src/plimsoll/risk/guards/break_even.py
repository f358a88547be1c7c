"""Results that do not even pay for themselves."""

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import active, known, unknown
from plimsoll.risk.guards.divergence import latest_trades
from plimsoll.risk.profile import RiskProfile

RULE = "break_even"


def break_even(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Send an account back to paper when its latest trades together lost money.

    It needs as many trades as the profile says; a sum of exactly zero is break-even.

    Returns
    -------
    HALTED, since only a person sends an account back to money; ACTIVE otherwise.
    """
    count = profile.break_even_trades
    if count is None:
        return active(RULE)
    if account.closed_trades is None:
        return unknown(RULE, "closed trades None", account, profile, limit=0)
    latest = latest_trades(account.closed_trades, count=count, since=account.rearmed_at)
    if len(latest) < count:
        return active(RULE)
    profit_usd = sum(trade.profit_usd for trade in latest)
    if not known(profit_usd):
        return unknown(RULE, f"profit {profit_usd} USD", account, profile, limit=0)
    if profit_usd >= 0:
        return active(RULE)
    reason = (
        f"the latest {count} trades made {profit_usd:.2f} USD, "
        "below break-even, limit 0.00 USD: back to paper"
    )
    return Verdict(Mode.HALTED, RULE, reason, value=profit_usd, limit=0.0)
