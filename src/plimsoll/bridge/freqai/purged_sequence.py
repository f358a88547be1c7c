"""The base of FreqAI models of sequences: a row is a window of candles."""

from typing import Any

from datasieve.pipeline import Pipeline
from datasieve.transforms import SKLearnWrapper
from freqtrade.exceptions import OperationalException
from sklearn.preprocessing import MinMaxScaler

from plimsoll.bridge.freqai.purged_regressor import PurgedRegressor


class PurgedSequence(PurgedRegressor):
    """Forecasts a number from rows that hold the features of several candles, the oldest first.

    The strategy base makes such rows where ``window_candles`` is 2 or more: a
    window that a hole or a missing value crosses is no row, and is neither learned from nor
    forecast. A forecast depends on its own row alone, so that a running bot, which asks for one
    row, hears what a backtest did.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        if self.settings.window_candles < 2:
            raise OperationalException(
                f"plimsoll: {type(self).__name__} forecasts from windows of candles; set "
                "freqai.window_candles to 2 or more"
            )

    def define_data_pipeline(self, threads: int = -1) -> Pipeline:
        """Scale, and keep features that are constant: a window has all of them."""
        return Pipeline([("scaler", SKLearnWrapper(MinMaxScaler(feature_range=(-1, 1))))])
