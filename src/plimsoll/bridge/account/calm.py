"""Open trades of a backtest while nothing can happen to them: one comparison a candle each."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Self

from freqtrade.persistence import LocalTrade

from plimsoll.bridge.account.closes import Series
from plimsoll.bridge.account.freqtrade_trades import open_profit_usd
from plimsoll.risk import RiskProfile
from plimsoll.risk.quiet import calm_marks


class HeldTrade:
    """A trade as it was when it was marked, and between which marks the guards stay silent."""

    __slots__ = (
        "amount",
        "fee_close",
        "fee_open",
        "funding_fees",
        "highest",
        "is_short",
        "liquidation_price",
        "lowest",
        "open_rate",
        "realized_profit",
        "series",
        "trade",
    )

    def __init__(self, trade: LocalTrade, series: Series, calm: tuple[float, float]) -> None:
        self.trade, self.series = trade, series
        self.lowest, self.highest = calm
        self.is_short, self.open_rate, self.amount = trade.is_short, trade.open_rate, trade.amount
        self.fee_open, self.fee_close = trade.fee_open, trade.fee_close
        self.funding_fees, self.realized_profit = trade.funding_fees, trade.realized_profit
        self.liquidation_price = trade.liquidation_price

    def is_calm(self, opened_s: int) -> bool:
        """Return whether the trade is as it was, and its newest candle between the marks."""
        series = self.series
        row = series.row_at(opened_s)
        return (
            row >= 0
            and series.opened_s[row] == opened_s
            and self.lowest < series.close[row] < self.highest
            and self.is_same
        )

    @property
    def is_same(self) -> bool:
        """Whether the trade is as it was."""
        trade = self.trade
        return (
            trade.amount == self.amount
            and trade.open_rate == self.open_rate
            and trade.funding_fees == self.funding_fees
            and trade.realized_profit == self.realized_profit
            and trade.liquidation_price == self.liquidation_price
            and trade.fee_open == self.fee_open
            and trade.fee_close == self.fee_close
        )

    def profit_usd(self, opened_s: int) -> float:
        """Return realised and open profit at the close of a candle."""
        mark = self.series.close[self.series.row_at(opened_s)]
        return self.realized_profit + open_profit_usd(self, mark)


class Bounds(NamedTuple):
    """Until when, and between which marks, the guards surely have nothing to say.

    ``marks`` has of each open trade, in the order in which Freqtrade lists them, the lowest and the
    highest mark, both excluded, and the funding that was booked when they were worked out; ``None``
    when no mark matters. They hold for as long as trades, amounts and that funding stay.
    """

    until: datetime
    marks: list[tuple[float, float, float]] | None


class Calm:
    """An account whose guards were asked of late, with room on all sides."""

    def __init__(self, held: list[HeldTrade], *, closed: int, realised_usd: float) -> None:
        self._held, self._closed, self._realised_usd = held, closed, realised_usd

    @classmethod
    def of(
        cls,
        marked: Iterable[tuple[LocalTrade, Series, float]],
        *,
        equity_usd: float,
        floor_usd: float,
        high_water_usd: float | None,
        realised_usd: float,
        profile: RiskProfile,
    ) -> Self | None:
        """Return how far the marks of open trades may move; ``None`` when there is no room.

        Each of ``marked`` is a trade, its candles and its mark.
        """
        marked = list(marked)
        held = []
        for trade, series, mark in marked:
            calm = calm_marks(
                mark,
                trade.liquidation_price,
                sign=-1 if trade.is_short else 1,
                leverage=trade.leverage,
                usd_a_point=trade.amount * (1 + (trade.fee_close or 0.0)),
                fall_usd=(equity_usd - floor_usd) / len(marked),
                rise_usd=((high_water_usd or 0.0) - equity_usd) / len(marked),
                profile=profile,
            )
            if calm is None:
                return None
            held.append(HeldTrade(trade, series, calm))
        return cls(held, closed=len(LocalTrade.bt_trades), realised_usd=realised_usd)

    @property
    def marks(self) -> list[tuple[float, float, float]]:
        """The lowest and the highest calm mark of each trade, both excluded, and its funding."""
        return [(one.lowest, one.highest, one.funding_fees or 0.0) for one in self._held]

    def lasts(self, opened_s: int) -> bool:
        """Return whether the same trades are open, each with its mark where nothing happens."""
        return self._holds_same() and all(one.is_calm(opened_s) for one in self._held)

    @property
    def is_same(self) -> bool:
        """Whether the same trades are open, each as it was."""
        return self._holds_same() and all(one.is_same for one in self._held)

    def _holds_same(self) -> bool:
        trades, held = LocalTrade.bt_trades_open, self._held
        if len(trades) != len(held) or len(LocalTrade.bt_trades) != self._closed:
            return False
        return all(trade is one.trade for trade, one in zip(trades, held, strict=True))

    def equity_usd(self, opened_s: int) -> float:
        """Return the equity at the close of a candle, in the order in which an update adds."""
        equity = self._realised_usd
        for one in self._held:
            equity += one.profit_usd(opened_s)
        return equity
