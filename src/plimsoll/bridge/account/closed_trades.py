"""The trades that are closed, as Freqtrade knows them: a bot's database, a backtest's memory."""

from typing import Any

from freqtrade.persistence import LocalTrade, Trade
from sqlalchemy import func, select

from plimsoll.bridge.account.freqtrade_trades import closed_trade_of, fees_paid_elsewhere_usd
from plimsoll.core import ClosedTrade

CLOSED = Trade.is_open.is_(False), Trade.close_date.is_not(None)


class ClosedTrades:
    """Closed trades in the order of their closing; each is read once.

    A bot may hear of a close after that of a later one: Freqtrade dates it by its last fill, which
    may have been on the exchange while a request failed.

    Attributes
    ----------
    trades
        Those that were read, ascending.
    fees_paid_elsewhere_usd
        The fees in their profit that were paid in another currency; of a bot's database only.
    """

    def __init__(self) -> None:
        self.trades: list[ClosedTrade] = []
        self.fees_paid_elsewhere_usd = 0.0
        self._ids: set[int] = set()
        self._count_and_sum: Any = None

    @property
    def earned_usd(self) -> float:
        """What they have put into the wallet, fees included that were paid out of it."""
        return sum(trade.profit_usd for trade in self.trades) + self.fees_paid_elsewhere_usd

    def read(self) -> list[ClosedTrade]:
        """Take in the trades that have closed since the last look and return them, ascending."""
        if Trade.use_db:
            return self._read_database()
        trades, known = LocalTrade.bt_trades, len(self.trades)
        if len(trades) == known:
            return []
        new = [closed_trade_of(trade) for trade in trades[known:]]
        self.trades += new  # a backtest keeps them in the order of their closing
        return new

    def _read_database(self) -> list[ClosedTrade]:
        """Read what is new by its id; one quick question says that nothing is."""
        count_and_sum = Trade.session.execute(
            select(func.count(Trade.id), func.sum(Trade.id)).where(*CLOSED)
        ).one()
        if count_and_sum == self._count_and_sum:
            return []
        filters = list(CLOSED)
        ids = set(Trade.session.scalars(select(Trade.id).where(*CLOSED))) - self._ids
        if self._ids:  # else all are new, and may be more than a query takes ids
            filters.append(Trade.id.in_(ids))
        trades = Trade.get_trades(filters).all()
        for trade in trades:
            if trade.is_open:  # this thread's copy of it, from before another thread closed it
                Trade.session.refresh(trade)
        new = sorted(map(closed_trade_of, trades), key=_closed_at)
        self.trades += new
        self.trades.sort(key=_closed_at)
        self.fees_paid_elsewhere_usd += sum(map(fees_paid_elsewhere_usd, trades))
        self._ids |= {trade.id for trade in trades}  # one may have closed since `ids` was read
        self._count_and_sum = count_and_sum
        return new


def _closed_at(trade: ClosedTrade) -> Any:
    return trade.closed_at
