"""The account as a native protection sees it: closed trades only."""

from datetime import datetime

from freqtrade.persistence import Trade

from plimsoll.bridge.account.closed_trades import ClosedTrades
from plimsoll.bridge.account.freqtrade_trades import position_of
from plimsoll.bridge.state.locks import last_rearm
from plimsoll.core import AccountSnapshot, DataHealth, Expectation, PairData
from plimsoll.risk.trading_day import day_start

NO_CANDLES = PairData(newest_candle_closed_at=None, candle_seconds=0.0)


class RealisedAccount:
    """What guards read of closed trades, in the stake currency, kept from one close to the next.

    Each closed trade is read once, so the cost of a look does not grow with their number. A
    trade whose profit was not recorded makes the equity NaN, which no guard passes. The high
    is of realised equity, since the account began or a person last re-armed it.
    """

    def __init__(
        self, *, day_starts_at_hour_utc: int, expectation: Expectation | None = None
    ) -> None:
        self._hour, self._expectation = day_starts_at_hour_utc, expectation
        self._closed = ClosedTrades()
        self._rearmed_at: datetime | None = None
        self._profit_usd = self._high_usd = 0.0

    def snapshot(
        self, as_of: datetime, *, starting_balance: float, pair: str | None = None
    ) -> AccountSnapshot:
        """Return the account at a close; ``pair`` is the one that closed, to be asked about.

        Open positions are counted, but not marked: their loss is not in the equity.
        """
        self._update(last_rearm(as_of) if Trade.use_db else None)
        begin = day_start(as_of, starts_at_hour_utc=self._hour)
        equity = starting_balance + self._profit_usd
        asked = {} if pair is None else {pair: NO_CANDLES}
        return AccountSnapshot(
            as_of=as_of,
            equity_usd=equity,
            day_start_equity_usd=equity - self._since(begin),
            high_water_equity_usd=starting_balance + self._high_usd,
            starting_balance_usd=starting_balance,
            sees_open_positions=False,
            positions=[position_of(trade, None) for trade in Trade.get_trades_proxy(is_open=True)],
            closed_trades=self._closed.trades,
            data_health=DataHealth(pairs=asked),
            expectation=self._expectation,
            rearmed_at=self._rearmed_at,
        )

    def _since(self, moment: datetime) -> float:
        profit_usd = 0.0
        for trade in reversed(self._closed.trades):
            if trade.closed_at < moment:
                break
            profit_usd += trade.profit_usd
        return profit_usd

    def _update(self, rearmed_at: datetime | None) -> None:
        new = self._closed.read()
        if rearmed_at != self._rearmed_at:
            self._rearmed_at = rearmed_at
            self._profit_usd = self._high_usd = 0.0
            new = self._closed.trades
        for trade in new:
            self._profit_usd += trade.profit_usd
            past = rearmed_at is not None and trade.closed_at <= rearmed_at
            self._high_usd = self._profit_usd if past else max(self._high_usd, self._profit_usd)
