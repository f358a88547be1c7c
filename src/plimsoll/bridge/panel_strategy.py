"""A strategy that looks at all pairs at once.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

from datetime import datetime
from typing import Any, ClassVar

import pandas as pd
from freqtrade.persistence import Trade
from freqtrade.strategy import timeframe_to_minutes

from plimsoll.bridge.panel import Panel, PanelReader
from plimsoll.bridge.strategy import GuardedStrategy
from plimsoll.bridge.trade_values import open_profit_usd


class PanelStrategy(GuardedStrategy):
    """Sees the panel of all whitelisted pairs and the equity of the account.

    ``panel_timeframes`` names what the panel holds; ``panel_funding`` adds funding rates. The
    panel has a past of its own, `startup_candle_count` is of the strategy's own candles only.
    """

    panel_timeframes: ClassVar[tuple[str, ...]] = ("1d",)
    panel_funding: ClassVar[bool] = False
    least_startup_candles: ClassVar[int] = 0

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.startup_candle_count = max(self.startup_candle_count, self.least_startup_candles)
        self._reader = PanelReader(config, timeframe=self.timeframe)

    def informative_pairs(self) -> list[tuple[str, str, str]]:  # type: ignore[override]
        """Let a running bot fetch the panel's candles."""
        return self._reader.wanted(self.dp, self.panel_timeframes, with_funding=self.panel_funding)

    def panel(self) -> Panel:
        """Return the panel as it is known now."""
        return self._reader.read(self.dp, self.panel_timeframes, with_funding=self.panel_funding)

    def candle_span(self) -> pd.Timedelta:
        """Return the length of the strategy's own candles."""
        return pd.Timedelta(minutes=timeframe_to_minutes(self.timeframe))

    def parameter_values(self) -> tuple[tuple[str, Any], ...]:
        """Return every parameter with its present value."""
        return tuple((name, one.value) for name, one in self.enumerate_parameters())

    def equity_usd(self, now: datetime) -> float:
        """Return the account's worth: the balance, and open positions at the last daily close."""
        balance = float(self.wallets.get_total(self.config["stake_currency"]))
        if "available_capital" in self.config:
            balance = float(self.wallets.get_total_stake_amount())
        closes = self.panel().closes("1d")
        known = closes[closes.index < pd.Timestamp(now).floor("D")].ffill().tail(1)
        for trade in Trade.get_trades_proxy(is_open=True):
            if trade.pair in known.columns and not known.empty:
                mark = float(known[trade.pair].iloc[0])
                balance += open_profit_usd(trade, mark) if mark > 0 else 0.0
        return balance
