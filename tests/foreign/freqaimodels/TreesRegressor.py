from typing import Any

from lightgbm import LGBMRegressor

from freqtrade.freqai.base_models.BaseRegressionModel import BaseRegressionModel
from freqtrade.freqai.data_kitchen import FreqaiDataKitchen

from plimsoll.bridge.freqtrade.tensorboard_stub import provide_quiet_logger

provide_quiet_logger()  # without XGBoost FreqAI trains no model of any kind


class TreesRegressor(BaseRegressionModel):
    """A user's own model: Freqtrade's with LightGBM wants XGBoost beside it."""

    def fit(self, data_dictionary: dict, dk: FreqaiDataKitchen, **kwargs) -> Any:
        model = LGBMRegressor(**self.model_training_parameters)
        model.fit(data_dictionary["train_features"], data_dictionary["train_labels"])
        return model
