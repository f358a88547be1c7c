"""The base of FreqAI classifiers: purged, tested, and never sure of what it did not see."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.exceptions import OperationalException
from freqtrade.freqai.base_models.BaseClassifierModel import BaseClassifierModel
from freqtrade.freqai.data_kitchen import FreqaiDataKitchen

from plimsoll.bridge.freqai.champion import ChampionModel
from plimsoll.bridge.freqtrade.tensorboard_stub import provide_quiet_logger
from plimsoll.labels import DOWN, UP, log_loss_skill, purged_rows

TRAINING = ("train_features", "train_labels", "train_weights")
MIXERS = ("shuffle_after_split", "reverse_train_test_order")


class PurgedClassifier(ChampionModel, BaseClassifierModel):
    """Trains on rows that know nothing of the rows that test it.

    Before the test rows, as many are dropped as the label looks ahead
    (``label_period_candles``), and an embargo (``buffer_train_data_candles``). FreqAI itself
    drops the newest rows, which have no label yet, and the embargo before a backtest.

    Two columns come back to the strategy, each 1 − log loss of the test rows over that of the
    class frequencies: ``holdout_skill`` of all classes, and ``holdout_side_skill`` of up against
    down where it was one of them. Only the second is about a side: the first is above 0 as soon
    as a model knows calm hours from wild ones.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        provide_quiet_logger()
        super().__init__(config)
        split = self.data_split_parameters
        mixes = split.get("shuffle", False) or any(self.ft_params.get(name) for name in MIXERS)
        if mixes or not split.get("test_size", 0.1):
            raise OperationalException(
                f"plimsoll: {type(self).__name__} needs rows in time order and some to be tested "
                "on; set test_size above 0, shuffle and shuffle_after_split to false, and no "
                "reverse_train_test_order"
            )

    def classifier(self) -> Any:
        """Return a new classifier with scikit-learn's ``fit`` and ``predict_proba``."""
        raise NotImplementedError

    def fit(self, data_dictionary: dict[str, Any], dk: FreqaiDataKitchen, **kwargs: Any) -> Any:
        """Train on purged rows, then measure on the test rows."""
        rows = purged_rows(
            len(data_dictionary["train_features"]),
            horizon_candles=self.ft_params["label_period_candles"],
            embargo_candles=self.ft_params.get("buffer_train_data_candles", 0),
        )
        features, labels, weights = (data_dictionary[name][:rows] for name in TRAINING)
        classes = labels.iloc[:, 0].to_numpy(dtype=object)
        model = self.classifier()
        model.fit(features.to_numpy(), classes, sample_weight=np.asarray(weights))
        known = [str(name) for name in model.classes_]
        dk.data["extra_returns_per_train"] = {
            "holdout_skill": self._skill(model, classes, data_dictionary, among=known),
            "holdout_side_skill": self._skill(model, classes, data_dictionary, among=[DOWN, UP]),
        }
        return model

    def predict(
        self, unfiltered_df: pd.DataFrame, dk: FreqaiDataKitchen, **kwargs: Any
    ) -> tuple[pd.DataFrame, Any]:
        """Forecast; a row with a missing feature is not trusted.

        FreqAI puts 0 in the place of a missing value, and its classifiers then forget that it
        did (`BaseClassifierModel.predict` overwrites ``do_predict``).
        """
        forecast, trusted = super().predict(unfiltered_df, dk, **kwargs)
        missing = np.asarray(dk.data["filter_drop_index_prediction"], dtype=bool)
        dk.do_predict = np.where(missing, 0, trusted).astype(np.int_)
        return forecast, dk.do_predict

    def _skill(
        self, model: Any, learned: Any, rows: dict[str, Any], *, among: Sequence[str]
    ) -> float:
        """Return the skill on the test rows of some classes; NaN when one was never learned."""
        columns = [index for index, name in enumerate(model.classes_) if name in among]
        truth = rows["test_labels"].iloc[:, 0].to_numpy(dtype=object)
        wanted = np.isin(truth, list(among))
        if len(columns) < len(among) or not wanted.any():
            return float("nan")
        said = model.predict_proba(rows["test_features"].to_numpy()[wanted])[:, columns]
        often = np.array([np.mean(learned == model.classes_[index]) for index in columns])
        return log_loss_skill(
            said / said.sum(axis=1, keepdims=True),
            np.searchsorted(model.classes_[columns], truth[wanted]),
            often / often.sum(),
        )
