"""The account as a native protection sees it: closed trades only."""

from datetime import UTC, datetime

from freqtrade.persistence import LocalTrade, Trade

from plimsoll.core import AccountSnapshot
from plimsoll.risk.trading_day import day_start


def realised_account(
    as_of: datetime, *, starting_balance: float, day_starts_at_hour_utc: int
) -> AccountSnapshot:
    """Return the account without its open positions, in the stake currency.

    Its cost does not grow with the number of trades closed before the day. A closed trade
    without a recorded profit makes the equity unknown.
    """
    begin = day_start(as_of, starts_at_hour_utc=day_starts_at_hour_utc)
    profits = [trade.close_profit_abs for trade in closed_since(begin)]
    if any(profit is None for profit in profits):
        return AccountSnapshot(as_of=as_of)
    today = sum(profit for profit in profits if profit is not None)
    equity = starting_balance + total_closed_profit()
    return AccountSnapshot(
        as_of=as_of,
        equity_usd=equity,
        day_start_equity_usd=equity - today,
        starting_balance_usd=starting_balance,
        sees_open_positions=False,
    )


def closed_since(moment: datetime) -> list[LocalTrade]:
    """Return the trades that closed at ``moment`` or later, in no particular order.

    A backtest keeps its closed trades in the order of their closing, so the walk from the end
    stops at the first that is older.
    """
    if Trade.use_db:
        naive = moment.astimezone(UTC).replace(tzinfo=None)
        query = Trade.get_trades([Trade.is_open.is_(False), Trade.close_date >= naive])
        return list(query.all())
    trades = []
    for trade in reversed(LocalTrade.bt_trades):
        if trade.close_date_utc is None or trade.close_date_utc < moment:
            break
        trades.append(trade)
    return trades


def total_closed_profit() -> float:
    """Return the realised profit of all closed trades, kept as a running sum in a backtest."""
    if Trade.use_db:
        return float(Trade.get_total_closed_profit())
    return float(LocalTrade.bt_total_profit)
