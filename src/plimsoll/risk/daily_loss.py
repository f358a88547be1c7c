"""The daily loss limit."""

from math import isfinite

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.trading_day import day_end

RULE = "daily_loss"


def daily_loss(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Deny until the day ends when the day's loss reaches its limit.

    The limit is the tighter of a fraction of the day's starting equity and an amount in USD;
    a loss exactly at the limit denies. A missing or non-finite number denies as well.

    Returns
    -------
    FLATTEN until the trading day ends when the caller sees open positions, REDUCING (no new
    risk) when it sees only closed trades; ACTIVE otherwise.
    """
    until = day_end(account.as_of, starts_at_hour_utc=profile.day_starts_at_hour_utc)
    denial = Mode.FLATTEN if account.sees_open_positions else Mode.REDUCING
    start, now = account.day_start_equity_usd, account.equity_usd
    if start is None or now is None or not (isfinite(start) and isfinite(now)) or start <= 0:
        reason = f"daily loss cannot be known: equity {now} USD, at day start {start} USD"
        return Verdict(Mode.REDUCING, RULE, reason, until)
    limit_usd = start * profile.max_daily_loss_fraction
    if profile.max_daily_loss_usd is not None:
        limit_usd = min(limit_usd, profile.max_daily_loss_usd)
    loss_usd = start - now
    if loss_usd < limit_usd:
        return Verdict(Mode.ACTIVE, RULE)
    kind = "realised and open" if account.sees_open_positions else "realised"
    reason = (
        f"daily loss {loss_usd:.2f} USD ({loss_usd / start:.2%}, {kind}) "
        f"reached its limit {limit_usd:.2f} USD ({limit_usd / start:.2%})"
    )
    return Verdict(denial, RULE, reason, until)
