"""How much of each limit of an account is used: what people look at before a guard acts."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from plimsoll.core import AccountSnapshot
from plimsoll.risk.denial import known, positive
from plimsoll.risk.exposure import exposure_usd, heat_usd
from plimsoll.risk.guards.exposure import exposure_limit_usd
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.recent import recent_times
from plimsoll.risk.trading_day import day_start


@dataclass(frozen=True, slots=True)
class LimitUse:
    """One limit and what of it is used.

    Attributes
    ----------
    rule
        The guard that holds it.
    value, limit
        In the guard's own unit: USD, a fraction of equity, or a count; ``None`` is not known.
    """

    rule: str
    value: float | None
    limit: float | None

    @property
    def used_fraction(self) -> float | None:
        """Value over limit, never below 0; ``None`` when a part is not known or not finite."""
        if not known(self.value) or not positive(self.limit):
            return None
        return max(self.value, 0.0) / self.limit


def limit_uses(account: AccountSnapshot, profile: RiskProfile) -> tuple[LimitUse, ...]:
    """Return what is used of every limit of the account that can be used in part.

    Values are those that the guards of these names judge. Limits of a single entry (spread,
    leverage, price collar …) have no use between two entries and are not among them.
    """
    return tuple(_uses(account, profile))


def _uses(account: AccountSnapshot, profile: RiskProfile) -> Iterator[LimitUse]:
    equity, start = account.equity_usd, account.day_start_equity_usd
    yield LimitUse("daily_loss", _less(start, equity), _daily_limit_usd(start, profile))
    fall = _fall(account.high_water_equity_usd, equity)
    yield LimitUse("drawdown", fall, profile.drawdown_halt_fraction)
    if profile.terminal_drawdown_fraction is not None:
        fall = _fall(account.peak_equity_usd, equity)
        yield LimitUse("terminal_drawdown", fall, profile.terminal_drawdown_fraction)
    limit = exposure_limit_usd(equity, profile) if positive(equity) else None
    yield LimitUse("exposure", exposure_usd(account), limit)
    heat = heat_usd(account, profile)
    share = heat / equity if known(heat) and positive(equity) else None
    yield LimitUse("portfolio_heat", share, profile.max_portfolio_heat_fraction)
    positions = None if account.positions is None else len(account.positions)
    yield LimitUse("open_positions", positions, profile.max_open_positions)
    yield LimitUse("trades_per_day", _opened_today(account, profile), profile.max_trades_per_day)
    losses = _losses_in_a_row(account)
    yield LimitUse("consecutive_losses", losses, profile.max_consecutive_losses)
    orders = None
    if account.order_times is not None:
        orders = recent_times(
            account.order_times,
            account.as_of,
            window_seconds=profile.order_window_seconds,
            limit=profile.max_orders,
        ).events
    yield LimitUse("order_throttle", orders, profile.max_orders)
    yield LimitUse("api_errors", recent_api_errors(account, profile), profile.max_api_errors)


def recent_api_errors(account: AccountSnapshot, profile: RiskProfile) -> int | None:
    """Return how many requests failed within the window of the guard; ``None`` when unknown."""
    if account.api_health is None:
        return None
    return recent_times(
        account.api_health.error_times,
        account.as_of,
        window_seconds=profile.api_error_window_seconds,
        limit=profile.max_api_errors,
    ).events


def _less(before: float | None, now: float | None) -> float | None:
    return before - now if known(before) and known(now) else None


def _fall(peak: float | None, now: float | None) -> float | None:
    return (peak - now) / peak if positive(peak) and known(now) else None


def _daily_limit_usd(start: float | None, profile: RiskProfile) -> float | None:
    if not positive(start):
        return None
    limit = start * profile.max_daily_loss_fraction
    return limit if profile.max_daily_loss_usd is None else min(limit, profile.max_daily_loss_usd)


def _opened_today(account: AccountSnapshot, profile: RiskProfile) -> int | None:
    if account.closed_trades is None or account.positions is None:
        return None
    begin = day_start(account.as_of, starts_at_hour_utc=profile.day_starts_at_hour_utc)
    today = takewhile(lambda one: one.closed_at >= begin, reversed(account.closed_trades))
    closed = sum(one.opened_at >= begin for one in today)
    return closed + sum(one.opened_at >= begin for one in account.positions)


def _losses_in_a_row(account: AccountSnapshot) -> int | None:
    if account.closed_trades is None:
        return None
    losses, since = 0, account.rearmed_at
    for trade in reversed(account.closed_trades):
        if since is not None and trade.closed_at <= since:
            break
        if not known(trade.profit_usd):
            return None
        if trade.profit_usd >= 0:
            break
        losses += 1
    return losses
