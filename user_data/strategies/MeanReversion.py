"""Back to the middle of the band while no trend is under way: a demonstration that loses."""

import pandas as pd
from freqtrade.strategy import DecimalParameter, IntParameter

from plimsoll.features import bands, trend, volatility
from plimsoll.signals.reversion import reverted, stretched
from plimsoll.strategies import FeatureUse, Side, SizedStrategy


class MeanReversion(SizedStrategy):
    """Enter beyond a Bollinger band in a range; leave at the moving average.

    Kept to be measured against: it lost in every form that was tried.
    """

    timeframe = "4h"

    window = IntParameter(15, 60, default=20, space="buy")
    deviations = DecimalParameter(1.5, 3.5, default=2.5, decimals=1, space="buy")
    max_adx = IntParameter(15, 30, default=20, space="buy")
    stop_atr = DecimalParameter(2.0, 6.0, default=3.0, decimals=1, space="sell")

    def features(self) -> list[FeatureUse]:
        return [
            bands.bollinger_position.use(period=self.window.value),
            trend.adx.use(period=14),
            volatility.atr.use(period=14),
        ]

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        position, adx, _ = (candles[use.column] for use in self.features())
        return stretched(
            side=side,
            deviations=position,
            strength=adx,
            least=self.deviations.value,
            max_strength=self.max_adx.value,
        )

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return reverted(side=side, deviations=candles[self.features()[0].column])

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), self.stop_atr.value
