"""A strategy that trades what a FreqAI model foresees.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, ClassVar

import pandas as pd
from freqtrade.enums import RunMode

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.freqai.arms import bind_model, of_open_trade, tagged, with_arms
from plimsoll.bridge.freqai.champion import ChampionModel
from plimsoll.bridge.strategies.volatility_sized import SizedStrategy
from plimsoll.core import PlimsollError
from plimsoll.core.health import ModelHealth
from plimsoll.features import FeatureUse, table
from plimsoll.labels import DOWN, UP, direction
from plimsoll.signals.model import call_results, lean, recent_calls


class ModelStrategy(SizedStrategy):
    """Gives FreqAI registered features and a target, and reads the forecast back.

    A subclass implements `model_features` and `least_lean`, and finds in its candles:

    - ``model_lean``: probability of up less that of down, 0 without a forecast to trust;
    - ``model_right`` and ``model_calls``: the calls that fell due lately, for `model_accuracy`.

    A forecast is trusted when FreqAI says ``do_predict`` and the model could tell up from down
    on the candles it was tested on (``holdout_side_skill`` above 0).
    """

    target_move: ClassVar[float] = 0.005
    """A move over the horizon beyond this fraction is ``up`` or ``down``, else ``flat``."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        longest = max(use.lookback_candles for use in self.model_features()) + 1
        self.startup_candle_count = max(self.startup_candle_count, longest)
        if config.get("runmode") in (RunMode.BACKTEST, RunMode.HYPEROPT):
            self._name_predictions_by_what_made_them(config)

    def model_features(self) -> list[FeatureUse]:
        """Name the features that the model learns from and forecasts with."""
        raise NotImplementedError

    def least_lean(self) -> float:
        """Return from which lean on a forecast is a call."""
        raise NotImplementedError

    @property
    def has_model(self) -> bool:
        """Whether the config switches FreqAI on."""
        return bool(self.config.get("freqai", {}).get("enabled", False))

    @property
    def horizon_candles(self) -> int:
        """How far the target looks ahead; the model purges as many rows."""
        return int(self.config["freqai"]["feature_parameters"]["label_period_candles"])

    # What FreqAI calls

    def feature_engineering_standard(
        self, dataframe: pd.DataFrame, metadata: dict, **kwargs: Any
    ) -> pd.DataFrame:
        """Add the model's features; FreqAI takes columns that begin with ``%-``."""
        return dataframe.join(table(dataframe, self.model_features()).add_prefix("%-"))

    def set_freqai_targets(
        self, dataframe: pd.DataFrame, metadata: dict, **kwargs: Any
    ) -> pd.DataFrame:
        """Add the target; rows without a known future have none, and FreqAI drops them."""
        target = direction(
            dataframe["close"], horizon_candles=self.horizon_candles, threshold=self.target_move
        )
        return dataframe.assign(**{"&-direction": target})

    # What Freqtrade calls

    def require_startable(self) -> None:
        """Refuse to start without a model."""
        if not self.has_model:
            raise PlimsollError(
                f"{type(self).__name__} trades a model's forecasts and found no FreqAI "
                "in the config; add --config freqai-direction.json"
            )
        super().require_startable()

    def ft_bot_start(self, **kwargs: Any) -> None:
        """Start; a running bot's model takes its seats, where the config asks for them."""
        super().ft_bot_start(**kwargs)
        if self.has_model:
            bind_model(self, self._session, self._settings)

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Add the forecast, the strategy's own features, and how recent calls came out.

        Where no FreqAI is configured there is no forecast, and nothing is entered.
        """
        forecast = self.freqai.start(dataframe, metadata, self) if self.has_model else dataframe
        candles = super().populate_indicators(forecast, metadata)
        return self._with_forecast(candles)

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Mark entries; what counts as a call is a parameter, which hyperopt may have changed."""
        pair = metadata["pair"] if metadata else ""
        known = with_arms(self._with_forecast(dataframe), self._model, pair)
        return tagged(super().populate_entry_trend(known, metadata), self._model, pair)

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Mark exits, by the forecasts of the model that decided on the open trade's entry."""
        pair = metadata["pair"] if metadata else ""
        return super().populate_exit_trend(of_open_trade(dataframe, self._model, pair), metadata)

    def on_loop(self, now: datetime) -> None:
        """Tell the guards how often the model was right of late, over all pairs together."""
        if isinstance(self._model, ChampionModel):
            self._model.hear(self.dp.current_whitelist(), now)
        if self._session is None or self._session.supervisor is None:
            return
        right = calls = 0.0
        for pair in self.dp.current_whitelist():
            candle = self.last_candle(pair, now)
            if candle is not None and "model_calls" in candle:
                right, calls = right + candle["model_right"], calls + candle["model_calls"]
        health = ModelHealth(
            name=type(self).__name__,
            accuracy_fraction=right / calls if calls else None,
            predictions=int(calls),
        )
        self._session.set_models((health,))

    # How

    @property
    def _model(self) -> Any:
        """FreqAI's model, ``None`` before it was loaded or without one."""
        return getattr(self, "freqai", None) if self.has_model else None

    def _with_forecast(self, candles: pd.DataFrame) -> pd.DataFrame:
        if not self.has_model:
            return candles.assign(model_lean=0.0, model_right=0.0, model_calls=0.0)
        nothing = pd.Series(0.0, index=candles.index)
        skilled = candles.get("holdout_side_skill", nothing) > 0
        leaning = lean(
            up=candles.get(UP, nothing),
            down=candles.get(DOWN, nothing),
            trusted=(candles["do_predict"] == 1) & skilled,
        )
        results = call_results(
            lean=leaning,
            close=candles["close"],
            horizon_candles=self.horizon_candles,
            least=self.least_lean(),
        )
        recent = recent_calls(results, latest=self._settings.risk.model_accuracy_predictions)
        return candles.assign(
            model_lean=leaning, model_right=recent["right"], model_calls=recent["calls"]
        )

    def _name_predictions_by_what_made_them(self, config: dict[str, Any]) -> None:
        """Put a hash of code and settings in the identifier of a backtest.

        FreqAI finds predictions of an earlier backtest by identifier, pair and date alone, and
        would serve those of other features, labels or model parameters without a word.
        """
        if not self.has_model:
            return
        section = config["freqai"]
        made_by = [
            code_fingerprint(),
            *(str(config.get(key)) for key in ("freqaimodel", "timeframe", "datadir")),
            self.target_move,
            [use.column for use in self.model_features()],
            {key: value for key, value in section.items() if key != "identifier"},
        ]
        digest = hashlib.sha256(json.dumps(made_by, default=str, sort_keys=True).encode())
        name, mark = str(section.get("identifier", "")), f"-{digest.hexdigest()[:10]}"
        if not name.endswith(mark):
            config["freqai"] = {**section, "identifier": name + mark}
