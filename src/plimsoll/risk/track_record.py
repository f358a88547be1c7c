"""What an account has shown: the figures that leverage and sizing rest on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import isfinite, sqrt

from plimsoll.core import ClosedTrade, TrackRecord
from plimsoll.risk.trading_day import day_start

DAYS_PER_YEAR = 365


def track_record(
    trades: Sequence[ClosedTrade], *, starting_balance_usd: float, as_of: datetime
) -> TrackRecord:
    """Measure closed trades, ascending by ``closed_at``: realised results only.

    The Sharpe ratio is that of daily realised returns from the day of the first trade's opening
    to ``as_of``, idle days included, times the square root of 365, at a risk-free rate of 0;
    the drawdown is that of realised equity. A figure that is not defined (no trades, fewer than
    two days, no spread, an equity at or below 0, a number that is not finite) is ``None``.

    Its cost grows with the number of trades: a caller keeps the result until a trade closes or
    the day ends.
    """
    if not trades:
        return TrackRecord(
            trades=0, win_rate_fraction=None, sharpe=None, max_drawdown_fraction=None
        )
    profits = [trade.profit_usd for trade in trades]
    if not all(map(isfinite, [*profits, starting_balance_usd])) or starting_balance_usd <= 0:
        return TrackRecord(
            trades=len(trades), win_rate_fraction=None, sharpe=None, max_drawdown_fraction=None
        )
    return TrackRecord(
        trades=len(trades),
        win_rate_fraction=sum(profit > 0 for profit in profits) / len(profits),
        sharpe=_sharpe(trades, starting_balance_usd, as_of),
        max_drawdown_fraction=_deepest_fall(profits, starting_balance_usd),
    )


def _deepest_fall(profits: Sequence[float], starting_balance_usd: float) -> float:
    equity = peak = starting_balance_usd
    deepest = 0.0
    for profit in profits:
        equity += profit
        peak = max(peak, equity)
        deepest = max(deepest, (peak - equity) / peak)
    return deepest


def _sharpe(
    trades: Sequence[ClosedTrade], starting_balance_usd: float, as_of: datetime
) -> float | None:
    first = day_start(trades[0].opened_at, starts_at_hour_utc=0)
    days = (as_of - first) // timedelta(days=1) + 1
    daily = [0.0] * days
    for trade in trades:
        day = (trade.closed_at - first) // timedelta(days=1)
        if not 0 <= day < days:
            return None
        daily[day] += trade.profit_usd
    equity, returns = starting_balance_usd, []
    for profit in daily:
        if equity <= 0:
            return None
        returns.append(profit / equity)
        equity += profit
    if len(returns) < 2:
        return None
    mean = sum(returns) / len(returns)
    spread = sqrt(sum((one - mean) ** 2 for one in returns) / (len(returns) - 1))
    return mean / spread * sqrt(DAYS_PER_YEAR) if spread > 0 else None
