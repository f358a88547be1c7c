"""What every model of ours does around FreqAI's training: purge, refuse, keep."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from datasieve.pipeline import Pipeline
from freqtrade.exceptions import OperationalException
from freqtrade.freqai.data_kitchen import FreqaiDataKitchen
from freqtrade.freqai.freqai_interface import IFreqaiModel
from threadpoolctl import threadpool_limits

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.freqai.drawer import NativeDrawer
from plimsoll.bridge.freqtrade.tensorboard_stub import provide_quiet_logger
from plimsoll.core import PlimsollError
from plimsoll.labels import average_uniqueness, purged_rows
from plimsoll.modelling.files import About, Model, require_features
from plimsoll.modelling.fitting import Fitted, Make, Rows
from plimsoll.modelling.settings import TrainingSettings, training_settings
from plimsoll.modelling.tuning import Range, tuned

logger = logging.getLogger(__name__)

MIXERS = ("shuffle_after_split", "reverse_train_test_order")
REMOVERS = (
    "principal_component_analysis",
    "use_SVM_to_remove_outliers",
    "DI_threshold",
    "use_DBSCAN_to_remove_outliers",
    "noise_standard_deviation",
)


class PurgedTraining(IFreqaiModel):
    """Trains on rows that know nothing of the rows that test it, and says in one line why not.

    Before the test rows, as many are dropped as the label looks ahead
    (``label_period_candles``), and an embargo (``buffer_train_data_candles``). FreqAI itself
    drops the newest rows, which have no label yet, and the embargo before a backtest.
    """

    dd: Any
    model_training_parameters: dict[str, Any]

    def __init__(self, config: dict[str, Any]) -> None:
        provide_quiet_logger()
        super().__init__(config)
        name = type(self).__name__
        split = self.data_split_parameters
        mixes = split.get("shuffle", False) or any(self.ft_params.get(one) for one in MIXERS)
        if mixes or not split.get("test_size", 0.1):
            raise OperationalException(
                f"plimsoll: {name} needs rows in time order and some to be tested "
                "on; set test_size above 0, shuffle and shuffle_after_split to false, and no "
                "reverse_train_test_order"
            )
        removing = [one for one in REMOVERS if self.ft_params.get(one)]
        if removing:
            raise OperationalException(
                f"plimsoll: {name} needs every row and feature as it is; switch off "
                f"{', '.join(removing)}"
            )
        self.model_training_parameters = own_parameters(name, self.model_training_parameters)
        try:
            self.settings: TrainingSettings = training_settings(self.freqai_info.get("plimsoll"))
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        if self.settings.tuning and not self.search_space():
            raise OperationalException(
                f"plimsoll: {name} has no search_space; take freqai.plimsoll.tuning out"
            )
        current = self.dd.current_candle
        self.dd = NativeDrawer(
            Path(self.full_path), config, scaling=self.define_data_pipeline, name=name
        )
        self.dd.current_candle = current
        self._failed_on: dict[str, Any] = {}
        self._trained: dict[str, bool] = {}

    # What a model's author may say

    def search_space(self) -> Mapping[str, Range]:
        """Return the parameters that a search may change; none by default."""
        return {}

    # What FreqAI calls

    def train(
        self, unfiltered_df: pd.DataFrame, pair: str, dk: FreqaiDataKitchen, **kwargs: Any
    ) -> Model | None:
        """Train; ``None``, after one line, where no model can be made of the rows."""
        try:
            require_values(unfiltered_df, dk, self.settings.least_rows)
            with threadpool_limits(1):  # linear algebra's threads, beside those of the libraries
                model: Model = super().train(unfiltered_df, pair, dk, **kwargs)  # type: ignore[safe-super]
        except PlimsollError as error:
            logger.error("plimsoll: %s: no model, so no trade: %s", pair, error)  # noqa: TRY400
            return None
        self._trained[pair] = True
        return model

    def extract_data_and_train_model(
        self,
        new_trained_timerange: Any,
        pair: str,
        strategy: Any,
        dk: Any,
        data_load_timerange: Any,
    ) -> None:
        """Train in a running bot: after a failure again with the next candle, not at once.

        A training that failed leaves the model of before in its place, as old as it is.
        """
        candle = self.dd.current_candle
        if self._failed_on.get(pair) == candle:
            return
        before, done = self.dd.pair_dict[pair]["trained_timestamp"], False
        try:
            super().extract_data_and_train_model(
                new_trained_timerange, pair, strategy, dk, data_load_timerange
            )
            done = self._trained.pop(pair, False)
        finally:
            if not done:
                self._failed_on[pair] = candle
                self.dd.pair_dict[pair]["trained_timestamp"] = before

    def model_exists(self, dk: FreqaiDataKitchen) -> bool:
        """Return whether a model is there that may be loaded."""
        return self.dd.has_model(dk)

    def define_label_pipeline(self, threads: int = -1) -> Pipeline:
        """Leave labels as they are: a forecast has the label's own unit."""
        return Pipeline([])

    # How

    def purged(self, data: Mapping[str, Any]) -> tuple[Rows, pd.Series]:
        """Return the rows to learn from and the dates of their candles.

        Raises
        ------
        PlimsollError
            For fewer rows than the settings ask for.
        """
        horizon = self.ft_params["label_period_candles"]
        embargo = self.ft_params.get("buffer_train_data_candles", 0)
        count = purged_rows(
            len(data["train_features"]), horizon_candles=horizon, embargo_candles=embargo
        )
        if count < self.settings.least_rows:
            raise PlimsollError(
                f"expected {self.settings.least_rows} purged rows of training or more, found "
                f"{count}; lengthen train_period_days, or download more"
            )
        dates = data["train_dates"].iloc[:count]
        weights = np.asarray(data["train_weights"], dtype=np.float64)[:count]
        if self.settings.overlap_weights:
            seconds = (dates - dates.iloc[0]).dt.total_seconds().to_numpy()
            candles = (seconds // self.base_tf_seconds).astype(np.int64)
            unique = average_uniqueness(candles, horizon_candles=horizon)
            weights = weights * unique / unique.mean()
        labels = data["train_labels"].iloc[:count, 0].to_numpy(dtype=object)
        features = data["train_features"].iloc[:count].to_numpy(dtype=np.float64)
        return Rows(features, labels, weights, horizon, embargo), dates

    def maker(
        self, new: Callable[[], Any], rows: Rows, dk: FreqaiDataKitchen, *, classes: bool
    ) -> tuple[Make, Mapping[str, Any]]:
        """Return what makes estimators, and the parameters that a search found for them."""
        if self.settings.tuning is None:
            return new, {}
        found = tuned(
            lambda chosen: new().set_params(**chosen),
            rows,
            self.search_space(),
            self.settings.tuning,
            storage=Path(self.full_path) / "tuning" / f"{dk.data_path.name}.journal",
            asked=f"{type(self).__name__} {self.model_training_parameters} {code_fingerprint()}",
            classes=classes,
        )
        return lambda: new().set_params(**found), found

    def kept(self, fitted: Fitted, dates: pd.Series, rows: Rows, dk: FreqaiDataKitchen) -> Model:
        """Return a fitted model with what made it."""
        about = About(
            model=type(self).__name__,
            code=code_fingerprint(),
            label={
                "columns": list(dk.label_list),
                "target": self.settings.target,
                "horizon_candles": rows.horizon_candles,
                "timeframe": self.config["timeframe"],
            },
            features=learned_ranges(dk.training_features_list, dk.feature_pipeline),
            span=(dates.iloc[0].isoformat(), dates.iloc[-1].isoformat()),
            rows=len(rows),
            settings={
                "model_training_parameters": self.model_training_parameters,
                "training": self.settings.model_dump(),
            },
        )
        return Model(fitted, about)

    def refused(
        self, candles: pd.DataFrame, dk: FreqaiDataKitchen
    ) -> tuple[pd.DataFrame, Any] | None:
        """Return forecasts of nothing where a model learned from other features; else ``None``."""
        asked = [name for name in candles.columns if "%" in name]
        try:
            require_features(asked, self.model.about)
        except PlimsollError as error:
            self.dd.refuse(dk.pair, error)
            columns = [*dk.label_list, *self.model.classes_]
            nothing = pd.DataFrame(0.0, range(len(candles)), columns)
            dk.DI_values = np.zeros(len(candles))
            dk.do_predict = np.zeros(len(candles), dtype=np.int_)
            return nothing, dk.do_predict
        return None


def own_parameters(model: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return a model's parameters of a config that may have a section for each of several models.

    Raises
    ------
    OperationalException
        When there are sections, and none for this model.
    """
    sections = [name for name, value in parameters.items() if isinstance(value, dict)]
    if model in sections:
        return dict(parameters[model])
    if any(name.endswith(("Direction", "Return", "Forecaster")) for name in sections):
        raise OperationalException(
            f"plimsoll: expected a section {model} in model_training_parameters, found "
            f"{', '.join(sections)}"
        )
    return parameters


def require_values(candles: pd.DataFrame, dk: FreqaiDataKitchen, least: int) -> None:
    """Refuse rows of which too few have every feature and a label.

    Raises
    ------
    PlimsollError
        The message names the features without a value, or the one that misses most.
    """
    wanted = candles[[*dk.training_features_list, *dk.label_list]]
    missing = wanted.isna() | wanted.isin([np.inf, -np.inf])
    empty = [str(name) for name in wanted.columns[missing.all()]]
    if empty:
        raise PlimsollError(
            f"expected values in every feature, found none in {len(candles)} candles of "
            f"{', '.join(empty[:5])}; download what it is made of, or leave it out"
        )
    whole = int((~missing.any(axis=1)).sum())
    if whole < least:
        worst = str(missing.sum().idxmax())
        raise PlimsollError(
            f"expected {least} candles with every feature or more, found {whole} of "
            f"{len(candles)}; {worst} is missing most often, on {int(missing[worst].sum())}; "
            "lengthen train_period_days, or download more"
        )


def learned_ranges(features: list[str], pipeline: Pipeline) -> dict[str, tuple[float, float]]:
    """Return each feature's lowest and highest value in training; 0 of one that is constant."""
    scaler = pipeline["scaler"]._skl  # noqa: SLF001 - datasieve has no other way to it
    names = features if "const" not in pipeline else map(str, pipeline["const"].feature_list)
    known = dict(zip(names, zip(scaler.data_min_, scaler.data_max_, strict=True), strict=True))
    return {
        name: (float(known[name][0]), float(known[name][1])) if name in known else (0.0, 0.0)
        for name in features
    }
