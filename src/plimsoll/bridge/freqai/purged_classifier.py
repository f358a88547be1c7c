"""The base of FreqAI classifiers: purged, tested, and never sure of what it did not see."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.freqai.base_models.BaseClassifierModel import BaseClassifierModel
from freqtrade.freqai.data_kitchen import FreqaiDataKitchen

from plimsoll.bridge.freqai.champion import ChampionModel
from plimsoll.bridge.freqai.training import PurgedTraining
from plimsoll.core import PlimsollError
from plimsoll.labels import DOWN, UP, log_loss_skill
from plimsoll.modelling.files import Model
from plimsoll.modelling.fitting import Fitted, Rows, fit_classifier


class PurgedClassifier(ChampionModel, PurgedTraining, BaseClassifierModel):
    """Trains on rows that know nothing of the rows that test it, and forecasts probabilities.

    Two columns come back to the strategy, each 1 − log loss of the test rows over that of the
    class frequencies: ``holdout_skill`` of all classes, and ``holdout_side_skill`` of up against
    down where it was one of them. Only the second is about a side: the first is above 0 as soon
    as a model knows calm hours from wild ones.
    """

    def classifier(self) -> Any:
        """Return a new classifier with scikit-learn's ``fit`` and ``predict_proba``."""
        raise NotImplementedError

    def fitted(self, rows: Rows, dk: FreqaiDataKitchen) -> Fitted:
        """Fit on purged rows, with what the config asks of a training."""
        make, _ = self.maker(self.classifier, rows, dk, classes=True)
        return fit_classifier(make, rows, self.settings)

    def fit(self, data_dictionary: dict[str, Any], dk: FreqaiDataKitchen, **kwargs: Any) -> Model:
        """Train on purged rows, then measure on the test rows."""
        rows, dates = self.purged(data_dictionary)
        if not all(isinstance(label, str) for label in rows.labels):
            raise PlimsollError(
                f"{type(self).__name__} forecasts classes, and the target is a number; set "
                "freqai.plimsoll.target to direction or barriers"
            )
        model = self.kept(self.fitted(rows, dk), dates, rows, dk)
        known = [str(name) for name in model.classes_]
        dk.data["extra_returns_per_train"] = {
            "holdout_skill": self._skill(model, rows.labels, data_dictionary, among=known),
            "holdout_side_skill": self._skill(
                model, rows.labels, data_dictionary, among=[DOWN, UP]
            ),
        }
        return model

    def predict(
        self, unfiltered_df: pd.DataFrame, dk: FreqaiDataKitchen, **kwargs: Any
    ) -> tuple[pd.DataFrame, Any]:
        """Forecast; a row with a missing feature is not trusted.

        FreqAI puts 0 in the place of a missing value, and its classifiers then forget that it
        did (`BaseClassifierModel.predict` overwrites ``do_predict``). A model that learned from
        other features forecasts nothing.
        """
        nothing = self.refused(unfiltered_df, dk)
        if nothing is not None:
            return nothing
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
