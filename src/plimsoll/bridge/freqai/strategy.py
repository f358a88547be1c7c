"""A strategy that trades what a FreqAI model foresees.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

import hashlib
import json
from datetime import datetime
from math import ceil
from typing import Any, ClassVar

import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import OperationalException

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.freqai.arms import bind_model, champion_of, of_open_trade, tagged, with_arms
from plimsoll.bridge.freqai.forecast_record import ForecastRecord
from plimsoll.bridge.strategies.volatility_sized import SizedStrategy
from plimsoll.core import PlimsollError
from plimsoll.core.health import ModelHealth
from plimsoll.features import FeatureUse, table
from plimsoll.features.sequences import with_past
from plimsoll.labels import (
    DOWN,
    UP,
    barrier_direction,
    direction,
    future_interest_change,
    future_return,
)
from plimsoll.modelling.settings import TrainingSettings, training_settings
from plimsoll.signals.model import call_results, lean, lean_of_return, recent_calls


class ModelStrategy(SizedStrategy):
    """Gives FreqAI registered features and a target, and reads the forecast back.

    A subclass implements `model_features` and `least_lean`, and finds in its candles:

    - ``model_lean``: probability of up less that of down, 0 without a forecast to trust;
    - ``model_right`` and ``model_calls``: the calls that fell due lately, for `model_accuracy`.

    A forecast is trusted when FreqAI says ``do_predict`` and the model could tell up from down
    on the candles it was tested on (``holdout_side_skill`` above 0). What is forecast is the
    ``target`` of the section ``plimsoll`` under ``freqai``: a class (``direction``, ``barriers``),
    a ``return``, or the change of open ``interest``.
    """

    target_move: ClassVar[float] = 0.005
    """A move over the horizon beyond this fraction is ``up`` or ``down``, else ``flat``."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._record: ForecastRecord | None = None
        longest = max(use.lookback_candles for use in self.model_features())
        longest += self._training.window_candles if self.has_model else 1
        self.startup_candle_count = max(self.startup_candle_count, longest)
        if config.get("runmode") in (RunMode.BACKTEST, RunMode.HYPEROPT):
            self._name_predictions_by_what_made_them(config)

    def model_features(self) -> list[FeatureUse]:
        """Name the features that the model learns from and forecasts with."""
        raise NotImplementedError

    def least_lean(self) -> float:
        """Return from which lean on a forecast is a call."""
        raise NotImplementedError

    def interest_side(self, candles: pd.DataFrame) -> pd.Series:
        """Return the side to lean to where open interest is forecast to grow: 1, −1 or 0.

        Such a forecast has no side of its own, so by default it leans to neither.
        """
        return pd.Series(0.0, index=candles.index)

    @property
    def has_model(self) -> bool:
        """Whether the config switches FreqAI on."""
        return bool(self.config.get("freqai", {}).get("enabled", False))

    @property
    def forecast_target(self) -> str:
        """What the model forecasts: ``direction``, ``barriers``, ``return`` or ``interest``."""
        return self._training.target

    @property
    def horizon_candles(self) -> int:
        """How far the target looks ahead; the model purges as many rows."""
        return int(self.config["freqai"]["feature_parameters"]["label_period_candles"])

    # What FreqAI calls

    def feature_engineering_standard(
        self, dataframe: pd.DataFrame, metadata: dict, **kwargs: Any
    ) -> pd.DataFrame:
        """Add the model's features; FreqAI takes columns that begin with ``%-``."""
        candles = self.with_sources(dataframe, metadata["pair"], self.model_features())
        columns = with_past(
            table(candles, self.model_features()).add_prefix("%-"),
            candles["date"],
            candles=self._training.window_candles,
            span=self.candle_span(),
        )
        return dataframe.join(columns)

    def set_freqai_targets(
        self, dataframe: pd.DataFrame, metadata: dict, **kwargs: Any
    ) -> pd.DataFrame:
        """Add the target; rows without a known future have none, and FreqAI drops them."""
        kind, horizon = self.forecast_target, self.horizon_candles
        close = dataframe["close"]
        if kind == "return":
            target = future_return(close, horizon_candles=horizon)
        elif kind == "interest":
            known = self.with_open_interest(dataframe, metadata["pair"])["open_interest"]
            target = future_interest_change(known, horizon_candles=horizon)
        elif kind == "barriers":
            target = barrier_direction(
                dataframe, horizon_candles=horizon, distance=self.target_move
            )
        else:
            target = direction(close, horizon_candles=horizon, threshold=self.target_move)
        return dataframe.assign(**{f"&-{kind}": target})

    # What Freqtrade calls

    def informative_pairs(self) -> list[tuple[str, str, str]]:
        """Let a running bot fetch what the features need beside the pair's own candles."""
        kinds = self.source_kinds([*self.model_features(), *self.features()])
        if self.has_model and self.forecast_target == "interest":
            kinds = sorted({*kinds, str(CandleType.OPEN_INTEREST)})
        wanted = [one for kind in kinds for one in self.other_pairs("1h", kind)]
        return [*super().informative_pairs(), *wanted]

    def advise_all_indicators(self, data: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Begin a backtest: refuse one of which a training and the warm-up leave nothing."""
        known = [frame for frame in data.values() if not frame.empty]
        if self.has_model and known:
            begins = min(frame["date"].iloc[0] for frame in known)
            until = TimeRange.parse_timerange(self.config.get("timerange")).stopdt
            ends = max(frame["date"].iloc[-1] for frame in known) if until is None else until
            trained, needed = self._training_days()
            found = (ends - begins) / pd.Timedelta(days=1)
            if found <= needed:
                raise OperationalException(
                    f"plimsoll: {type(self).__name__}: a first forecast needs {needed:,} days of "
                    f"candles, {trained:,} of them of training, and the timerange has "
                    f"{found:,.0f} up to its end; download more, or lower train_period_days"
                )
        return super().advise_all_indicators(data)

    def days_needed(self) -> int:
        """Return the days of candles up to the first forecast and the first size."""
        return max(super().days_needed() or 0, self._training_days()[1])

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
        candles = self.with_sources(dataframe, metadata["pair"], self.features())
        forecast = self.freqai.start(candles, metadata, self) if self.has_model else candles
        candles = super().populate_indicators(forecast, metadata)
        return self._with_forecast(candles)

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Mark entries; what counts as a call is a parameter, which hyperopt may have changed."""
        pair = metadata["pair"] if metadata else ""
        candles = self._with_forecast(dataframe)
        if self.has_model and self.config["runmode"] == RunMode.BACKTEST:
            if self._record is None:
                self._record = ForecastRecord(
                    self, horizon_candles=self.horizon_candles, threshold=self.target_move
                )
            self._record.take(pair, candles, least_lean=self.least_lean())
        known = with_arms(candles, self._model, pair)
        return tagged(super().populate_entry_trend(known, metadata), self._model, pair)

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Mark exits, by the forecasts of the model that decided on the open trade's entry."""
        pair = metadata["pair"] if metadata else ""
        return super().populate_exit_trend(of_open_trade(dataframe, self._model, pair), metadata)

    def on_loop(self, now: datetime) -> None:
        """Tell the guards how often the model was right of late, over all pairs together."""
        if (seated := champion_of(self._model)) is not None:
            seated.hear(self.dp.current_whitelist(), now)
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

    def _training_days(self) -> tuple[int, int]:
        """Return the days of a training, and those with the warm-up before it."""
        trained = int(self.config["freqai"]["train_period_days"]) if self.has_model else 0
        warm_up = self.startup_candle_count * self.candle_span() / pd.Timedelta(days=1)
        return trained, trained + ceil(warm_up)

    @property
    def _training(self) -> TrainingSettings:
        """What the config asks of a training."""
        try:
            return training_settings(self.config["freqai"].get("plimsoll"))
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None

    @property
    def _model(self) -> Any:
        """FreqAI's model, ``None`` before it was loaded or without one."""
        return getattr(self, "freqai", None) if self.has_model else None

    def _with_forecast(self, candles: pd.DataFrame) -> pd.DataFrame:
        if not self.has_model:
            return candles.assign(model_lean=0.0, model_right=0.0, model_calls=0.0)
        nothing = pd.Series(0.0, index=candles.index)
        skilled = candles.get("holdout_side_skill", nothing) > 0
        trusted = (candles["do_predict"] == 1) & skilled
        if self.forecast_target in ("return", "interest"):
            leaning = lean_of_return(
                candles.get(f"&-{self.forecast_target}", nothing),
                error=candles.get("holdout_error", nothing),
                threshold=self.target_move,
                trusted=trusted,
            )
            if self.forecast_target == "interest":
                leaning = (leaning.clip(lower=0.0) * self.interest_side(candles)).fillna(0.0)
        else:
            leaning = lean(
                up=candles.get(UP, nothing), down=candles.get(DOWN, nothing), trusted=trusted
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
