"""A long short-term memory that forecasts a return, or the change of open interest."""

from collections.abc import Mapping
from typing import Any

from plimsoll.models import PurgedSequence, Range, lstm_regressor


class LSTMForecaster(PurgedSequence):
    """One layer on windows of candles; PyTorch (extra `deep`) trains it on one thread, by a seed.

    Forecasts need no PyTorch. Width, epochs and so on are the config's
    ``model_training_parameters``, the length of a window ``window_candles``.
    """

    def regressor(self) -> Any:
        """Return the regressor."""
        return lstm_regressor(
            self.model_training_parameters, window_candles=self.settings.window_candles
        )

    def search_space(self) -> Mapping[str, Range]:
        """Return what ``freqai.plimsoll.tuning`` may change."""
        return {
            "hidden": Range(4, 48, log=True),
            "learning_rate": Range(0.0005, 0.02, log=True),
            "dropout": Range(0.0, 0.5),
        }
