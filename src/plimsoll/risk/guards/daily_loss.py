"""The daily loss limit."""

from datetime import datetime

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import active, implausible_mark, known, positive, rests_on_marks
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
    start, now = account.day_start_equity_usd, account.equity_usd
    if not positive(start) or not known(now):
        reason = (
            f"daily loss cannot be known: equity {now} USD, at day start {start} USD "
            f"(limit {profile.max_daily_loss_fraction:.2%})"
        )
        return Verdict(Mode.REDUCING, RULE, reason, _day_end(account, profile))
    limit_usd = start * profile.max_daily_loss_fraction
    if profile.max_daily_loss_usd is not None:
        limit_usd = min(limit_usd, profile.max_daily_loss_usd)
    loss_usd = start - now
    if loss_usd < limit_usd:
        return active(RULE)
    sees = account.sees_open_positions
    reason = (
        f"daily loss {loss_usd:.2f} USD ({loss_usd / start:.2%}, "
        f"{'realised and open' if sees else 'realised'}) "
        f"reached its limit {limit_usd:.2f} USD ({limit_usd / start:.2%})"
    )
    within = loss_usd < limit_usd * profile.hard_breach_multiple or implausible_mark(account)
    return Verdict(
        Mode.FLATTEN if sees else Mode.REDUCING,
        RULE,
        reason,
        _day_end(account, profile),
        value=loss_usd,
        limit=limit_usd,
        debounced=within and rests_on_marks(account, now, start - limit_usd),
    )


def _day_end(account: AccountSnapshot, profile: RiskProfile) -> datetime:
    return day_end(account.as_of, starts_at_hour_utc=profile.day_starts_at_hour_utc)
