"""The same rules as most people write them: custom_stoploss and custom_exit of an IStrategy."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy, stoploss_from_absolute

from plimsoll.core import Side
from plimsoll.features import trend, volatility
from plimsoll.signals.trend import trend_ended, trend_with_regime

ATR = volatility.atr.use(period=14)
GAP = trend.ema_gap.use(fast=20, slow=80)
USED = [GAP, trend.ema_slope.use(period=80, over=12), trend.adx.use(period=14), ATR]
USED += [volatility.atr_fraction.use(period=14)]


class PlainBracketTrend(IStrategy):
    """The plain half of the benchmark's pair; the distance at the entry is kept in a dict."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = True
    use_custom_stoploss = True
    minimal_roi: dict[str, float] = {}  # noqa: RUF012 - Freqtrade's own shape
    stoploss = -0.10
    startup_candle_count = max(use.lookback_candles for use in USED) + 1
    order_types = {  # noqa: RUF012 - Freqtrade's own shape
        "entry": "market",
        "exit": "market",
        "stoploss": "market",
        "stoploss_on_exchange": True,
    }

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        self._atr: dict[int, float] = {}
        return dataframe.assign(**{use.column: use(dataframe) for use in USED})

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        gap, slope, adx, atr, atr_fraction = (dataframe[use.column] for use in USED)
        for side in Side:
            begins = trend_with_regime(
                side=side,
                gap=gap,
                slope=slope,
                strength=adx,
                atr_fraction=atr_fraction,
                min_strength=25,
                min_atr_fraction=0.0015,
            )
            dataframe.loc[begins & (atr > 0), f"enter_{side.value}"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        for side in Side:
            ended = trend_ended(side=side, gap=dataframe[GAP.column])
            dataframe.loc[ended, f"exit_{side.value}"] = 1
        return dataframe

    def custom_stoploss(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs: Any,
    ) -> float | None:
        distance = min(3.0 * self._atr_at_entry(trade), trade.open_rate * 0.10 / trade.leverage)
        price = trade.open_rate + (distance if trade.is_short else -distance)
        wanted = stoploss_from_absolute(price, current_rate, trade.is_short, trade.leverage)
        return max(wanted, 1e-9)

    def custom_exit(
        self, pair: str, trade: Trade, current_time: datetime, current_rate: float, **kwargs: Any
    ) -> str | None:
        moved = (current_rate - trade.open_rate) * (-1 if trade.is_short else 1)
        return "take_profit" if moved >= 6.0 * self._atr_at_entry(trade) else None

    def _atr_at_entry(self, trade: Trade) -> float:
        if trade.id not in self._atr:
            candles, _ = self.dp.get_analyzed_dataframe(trade.pair, self.timeframe)
            last = trade.open_date_utc - timedelta(minutes=5)
            row = candles["date"].searchsorted(pd.Timestamp(last), side="right") - 1
            self._atr[trade.id] = float(candles[ATR.column].iloc[row])
        return self._atr[trade.id]
