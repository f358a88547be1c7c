"""Trades opened since the trading day began."""

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import active, unknown
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.trading_day import day_end, day_start

RULE = "trades_per_day"


def trades_per_day(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Deny until the day ends once so many trades were opened, closed ones and open ones.

    Returns
    -------
    REDUCING until the trading day ends; ACTIVE otherwise.
    """
    trades, positions, limit = account.closed_trades, account.positions, profile.max_trades_per_day
    if trades is None or positions is None:
        missing = "closed trades None" if trades is None else "open positions None"
        return unknown(RULE, missing, account, profile, limit=limit)
    hour = profile.day_starts_at_hour_utc
    begin = day_start(account.as_of, starts_at_hour_utc=hour)
    opened = sum(position.opened_at >= begin for position in positions)
    for trade in reversed(trades):
        if trade.closed_at < begin:
            break
        opened += trade.opened_at >= begin
    if opened < limit:
        return active(RULE)
    reason = f"{opened} trades opened since {begin:%Y-%m-%d %H:%M} UTC reached the limit {limit}"
    until = day_end(account.as_of, starts_at_hour_utc=hour)
    return Verdict(Mode.REDUCING, RULE, reason, until, value=opened, limit=limit)
