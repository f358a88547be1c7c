"""Against an unusual premium of the perpetual over spot: a demonstration that earns nothing."""

from datetime import datetime

import pandas as pd
from freqtrade.persistence import Trade
from freqtrade.strategy import DecimalParameter, IntParameter

from plimsoll.signals.reversion import reverted, smoothed_deviations
from plimsoll.strategies import FeatureUse, Side, SizedStrategy


class BasisReversion(SizedStrategy):
    """Buy while the perpetual is unusually cheap against spot, sell while it is dear.

    The signal is real and smaller than its costs. Where the premium is unknown it stands aside.
    """

    timeframe = "1h"
    least_startup_candles = 1025
    use_custom_stoploss = False
    use_custom_roi = False

    smooth_hours = IntParameter(1, 24, default=8, space="buy")
    window_hours = IntParameter(168, 1000, default=720, space="buy")
    entry_z = DecimalParameter(0.75, 3.0, default=1.0, decimals=2, space="buy")
    max_hold_hours = IntParameter(24, 168, default=72, space="sell")

    def features(self) -> list[FeatureUse]:
        return []

    def informative_pairs(self) -> list[tuple[str, str, str]]:
        return [*super().informative_pairs(), *self.other_pairs("1h", "premiumIndex")]

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        return self.with_premium(dataframe, metadata["pair"])

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return self._deviations(candles) * side.sign < -self.entry_z.value

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return reverted(side=side, deviations=self._deviations(candles))

    def exit_reason(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> str | None:
        return "time_limit" if self.held_too_long(trade, now, self.max_hold_hours.value) else None

    def _deviations(self, candles: pd.DataFrame) -> pd.Series:
        return smoothed_deviations(
            candles["premium"], smooth=self.smooth_hours.value, window=self.window_hours.value
        )
