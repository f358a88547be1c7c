"""The base of FreqAI regressors: purged, tested, and of a stated error."""

from typing import Any

import numpy as np
import pandas as pd
from freqtrade.freqai.base_models.BaseRegressionModel import BaseRegressionModel
from freqtrade.freqai.data_kitchen import FreqaiDataKitchen

from plimsoll.bridge.freqai.training import PurgedTraining
from plimsoll.core import PlimsollError
from plimsoll.labels import squared_error_skill
from plimsoll.modelling.files import Model
from plimsoll.modelling.fitting import Rows, fit_regressor


class PurgedRegressor(PurgedTraining, BaseRegressionModel):
    """Trains on rows that know nothing of the rows that test it, and forecasts a number.

    Three columns come back to the strategy. ``holdout_skill`` is 1 − squared error of the test
    rows over that of the training's mean; ``holdout_side_skill`` is the same over that of 0, which
    is no side at all; ``holdout_error`` is the root mean square error, in the label's unit.
    """

    def regressor(self) -> Any:
        """Return a new regressor with scikit-learn's ``fit`` and ``predict``."""
        raise NotImplementedError

    def fit(self, data_dictionary: dict[str, Any], dk: FreqaiDataKitchen, **kwargs: Any) -> Model:
        """Train on purged rows, then measure on the test rows."""
        rows, dates = self.purged(data_dictionary)
        if any(isinstance(label, str) for label in rows.labels):
            raise PlimsollError(
                f"{type(self).__name__} forecasts a number, and the target has classes; set "
                "freqai.plimsoll.target to return or interest"
            )
        numbers = rows.labels.astype(np.float64)
        rows = Rows(
            rows.features, numbers, rows.weights, rows.horizon_candles, rows.embargo_candles
        )
        make, _ = self.maker(self.regressor, rows, dk, classes=False)
        fitted = fit_regressor(make, rows, self.settings)
        said = fitted.predict(data_dictionary["test_features"])
        truth = data_dictionary["test_labels"].iloc[:, 0].to_numpy(dtype=np.float64)
        dk.data["extra_returns_per_train"] = {
            "holdout_skill": squared_error_skill(said, truth, usual=float(numbers.mean())),
            "holdout_side_skill": squared_error_skill(said, truth, usual=0.0),
            "holdout_error": float(np.sqrt(np.mean((truth - said) ** 2))),
        }
        return self.kept(fitted, dates, rows, dk)

    def predict(
        self, unfiltered_df: pd.DataFrame, dk: FreqaiDataKitchen, **kwargs: Any
    ) -> tuple[pd.DataFrame, Any]:
        """Forecast; neither a row with a missing feature nor other features are trusted."""
        nothing = self.refused(unfiltered_df, dk)
        if nothing is not None:
            return nothing
        forecast, trusted = super().predict(unfiltered_df, dk, **kwargs)
        missing = np.asarray(dk.data["filter_drop_index_prediction"], dtype=bool)
        dk.do_predict = np.where(missing, 0, trusted).astype(np.int_)
        return forecast, dk.do_predict
