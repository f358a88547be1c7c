"""Results that do not even pay for themselves."""

from collections.abc import Sequence
from math import sqrt

from plimsoll.core import AccountSnapshot, ClosedTrade, Mode, Verdict
from plimsoll.risk.denial import active, known, unknown
from plimsoll.risk.guards.divergence import latest_trades
from plimsoll.risk.profile import RiskProfile

RULE = "break_even"


def break_even(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Send an account back to paper when its latest trades together lost money.

    It needs as many trades as the profile says; a sum of exactly zero is break-even. A loss
    counts when it is more than ``break_even_z`` standard errors of the sum, by the spread of
    those trades: less may be chance. With 0 any loss counts.

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
    limit_usd = -profile.break_even_z * _standard_error_usd(latest)
    if profit_usd >= min(limit_usd, 0.0):
        return active(RULE)
    reason = (
        f"the latest {count} trades made {profit_usd:.2f} USD, "
        f"below break-even, limit {limit_usd + 0.0:.2f} USD: back to paper"
    )
    return Verdict(Mode.HALTED, RULE, reason, value=profit_usd, limit=limit_usd + 0.0)


def _standard_error_usd(trades: Sequence[ClosedTrade]) -> float:
    """Return the standard error of the sum of the trades' profits, by their sample deviation."""
    count = len(trades)
    mean = sum(trade.profit_usd for trade in trades) / count
    variance = sum((trade.profit_usd - mean) ** 2 for trade in trades) / (count - 1)
    return sqrt(count * variance)
