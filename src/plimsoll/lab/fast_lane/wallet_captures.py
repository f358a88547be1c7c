"""What Freqtrade's backtest notes of the wallet at each candle, without going through each."""

from typing import Any

import numpy as np
import pandas as pd
from freqtrade.optimize.optimize_reports.optimize_reports import convert_bt_wallet_collection
from freqtrade.persistence import LocalTrade

from plimsoll.lab.fast_lane.candle_rows import Grid, PairRows


class WalletCaptures:
    """The balances of a run: of the stake currency at each candle, of coins held at each open.

    Parameters
    ----------
    backtesting
        Whose wallet it is; nothing is noted where its run mode notes nothing.
    pairs
        All pairs, in the backtest's order.
    """

    def __init__(self, backtesting: Any, grid: Grid, pairs: dict[str, PairRows]) -> None:
        self._wallets, self._grid, self._pairs = backtesting.wallets, grid, pairs
        self._stake = backtesting.strategy.config["stake_currency"]
        self._is_on = backtesting._is_backtest_runmode  # noqa: SLF001 - Freqtrade tells nobody else
        self._spans: list[tuple[int, int, float]] = []
        self._coins: list[tuple[int, int, list[tuple[Any, str, float, float]]]] = []

    def stake(self, step: int) -> None:
        """Note the stake currency as a candle begins."""
        if self._is_on:
            self._spans.append((step, step + 1, self._wallets.get_total(self._stake)))

    def coin(self, rows: PairRows, row: int, step: int) -> None:
        """Note a pair's coin as its turn comes in a candle."""
        if self._is_on and (total := self._wallets.get_total(rows.base)):
            noted = [(self._grid.time(step), rows.base, float(rows.open[row]), total)]
            self._coins.append((step, len(self._spans), noted))

    def passed_by(self, first: int, last: int) -> None:
        """Note the candles ``[first, last)`` on which nothing changed."""
        if not self._is_on or first >= last:
            return
        held = [
            (rows, total)
            for rows in self._in_order()
            if (total := self._wallets.get_total(rows.base))
        ]
        total = self._wallets.get_total(self._stake)
        if not held:
            self._spans.append((first, last, total))
            return
        for step in range(first, last):
            self._spans.append((step, step + 1, total))
            for rows, _ in held:
                if (row := int(rows.row_of[step])) >= 0:
                    self.coin(rows, row, step)

    def summary(self) -> pd.DataFrame:
        """Return what Freqtrade makes of its notes."""
        if self._coins or not self._is_on:
            return convert_bt_wallet_collection(self._as_tuples())
        spans = [one for one in self._spans if one[2]]
        if not spans:
            return convert_bt_wallet_collection([])
        lengths = [last - first for first, last, _ in spans]
        steps = np.concatenate([np.arange(first, last) for first, last, _ in spans])
        first = pd.Timestamp(self._grid.time(0)).as_unit("us")
        dates = first + pd.to_timedelta(steps * pd.Timedelta(self._grid.span).as_unit("us"))
        return pd.DataFrame(
            {
                "date": dates.as_unit("us"),
                "currency": self._stake,
                "rate": 1,
                "balance": np.repeat(np.array([total for *_, total in spans]), lengths),
            }
        )

    def _in_order(self) -> list[PairRows]:
        opened = [trade.pair for trade in LocalTrade.bt_trades_open]
        return [self._pairs[pair] for pair in dict.fromkeys([*opened, *self._pairs])]

    def _as_tuples(self) -> list[tuple[Any, str, float, float]]:
        noted: list[tuple[Any, str, float, float]] = []
        coins = iter([*self._coins, None])
        next_coin = next(coins)
        for index, (first, last, total) in enumerate(self._spans, start=1):
            if total:
                noted += [
                    (self._grid.time(one), self._stake, 1, total) for one in range(first, last)
                ]
            while next_coin is not None and next_coin[1] == index:
                noted += next_coin[2]
                next_coin = next(coins)
        return noted
