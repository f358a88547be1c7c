"""A strategy of single trades, each sized by the volatility of its pair.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from freqtrade.persistence import Trade
from freqtrade.strategy import DecimalParameter

from plimsoll.bridge.strategies.panel import Panel
from plimsoll.bridge.strategies.panel_strategy import PanelStrategy
from plimsoll.core import Side
from plimsoll.signals.panels import SizeRule


class SizedStrategy(PanelStrategy):
    """Gives every pair of the whitelist the same share of a volatility of the whole.

    The stake is set at the entry and never changed. Without enough daily closes of the pair it
    is zero. ``stoploss`` is the cap of a subclass's `stop_distance`.
    """

    sizing = SizeRule()
    stoploss = -sizing.widest_stop_fraction
    volatility_days = sizing.volatility_days
    least_daily_closes = sizing.least_closes

    target_volatility = DecimalParameter(
        0.04, 0.20, default=sizing.target_volatility, decimals=2, space="buy"
    )

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._sizes: tuple[Panel, float, pd.DataFrame] | None = None

    def desired_stake(self, pair: str, side: Side, proposed_stake: float, now: datetime) -> float:
        """Return the pair's share of the target volatility; 0 while it is unknown."""
        sizes, day = self.sizes(), pd.Timestamp(now).floor("D") - pd.Timedelta(days=1)
        if pair not in sizes or day not in sizes.index:
            return 0.0
        size: Any = sizes.loc[day, pair]
        return float(size) * self.equity_usd(now) if size > 0 else 0.0

    def ready(self, candles: pd.DataFrame, pair: str) -> "pd.Series[bool]":
        """Return the rows on which every feature and the pair's size are known."""
        sizes, known = self.sizes(), super().ready(candles, pair)
        if pair not in sizes:
            return known & False
        closed = (candles["date"] + self.candle_span()).dt.floor("D") - pd.Timedelta(days=1)
        return known & sizes[pair].reindex(closed).notna().to_numpy()

    def days_needed(self) -> int | None:
        """Return the days up to the first size, or those of the features where they are more."""
        return max(self.least_daily_closes + 1, super().days_needed() or 0)

    def sizes(self) -> pd.DataFrame:
        """Return the size of each pair at full strength, days × pairs; computed once a panel."""
        panel, target = self.panel(), self.target_volatility.value
        if self._sizes is None or self._sizes[0] is not panel or self._sizes[1] != target:
            rule = SizeRule(
                target_volatility=target,
                volatility_days=self.volatility_days,
                least_closes=self.least_daily_closes,
            )
            sizes = rule.sizes(panel.closes("1d"))
            self._sizes = panel, target, sizes
        return self._sizes[2]

    def held_too_long(self, trade: Trade, now: datetime, hours: float) -> bool:
        """Return whether a trade is at its time limit."""
        return bool(now - trade.open_date_utc >= timedelta(hours=hours))

    def last_candle(self, pair: str, now: datetime) -> pd.Series | None:
        """Return the newest analysed candle that has closed; ``None`` while there is none."""
        candles, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        if candles.empty:
            return None
        last_open = pd.Timestamp(now) - self.candle_span()
        row = int(candles["date"].searchsorted(last_open, side="right")) - 1
        return None if row < 0 else candles.iloc[row]
