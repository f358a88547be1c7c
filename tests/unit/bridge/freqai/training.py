"""FreqAI with the shipped model, strategy and profile, and a training short enough for a test."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.configuration.load_config import load_config_file
from lightgbm import LGBMClassifier

from tests.conftest import ROOT, random_candles
from tests.unit.bridge.bots import BTC, Bot, backtest

PROFILE = load_config_file(str(ROOT / "user_data/config/freqai-direction.json"))
TRAIN_DAYS, TEST_DAYS, HOURS = 40, 5, 24
LONGEST = 400
BEGIN = LONGEST + TRAIN_DAYS * HOURS
"""Row of the first candle that is traded."""


@dataclass
class Fit:
    """What one training was given, and what of it the trees learned from."""

    dates: pd.Series
    test_rows: int
    features: np.ndarray
    labels: np.ndarray


def history(rows: int = BEGIN + TEST_DAYS * HOURS) -> pd.DataFrame:
    return random_candles(rows, timeframe="1h")


def changed_from(frame: pd.DataFrame, row: int) -> pd.DataFrame:
    """The same candles, with another market from one row on."""
    other = frame.copy()
    prices = ["open", "high", "low", "close"]
    later = other.index >= row
    shock = np.exp(np.cumsum(np.random.default_rng(9).normal(0, 0.01, later.sum())))
    other.loc[later, prices] = other.loc[later, prices].mul(shock, axis=0)
    other.loc[later, "volume"] *= 3
    return other


def traded_span() -> str:
    dates = history()["date"]
    begin, end = dates[BEGIN], dates.iloc[-1] + pd.Timedelta("1h")
    return f"{int(begin.timestamp())}-{int(end.timestamp())}"


def settings(folder: Path, **freqai: Any) -> dict[str, Any]:
    """The shipped profile with a training short enough for a test."""
    section = {
        **PROFILE["freqai"],
        "train_period_days": TRAIN_DAYS,
        "backtest_period_days": TEST_DAYS,
        "model_training_parameters": {
            **PROFILE["freqai"]["model_training_parameters"],
            "n_estimators": 20,
            "min_child_samples": 20,
            "n_jobs": 8,
        },
        **freqai,
    }
    (folder / "config.json").write_text("{}")
    return {
        "strategy": "ModelDirection",
        "timeframe": "1h",
        "timerange": traded_span(),
        "datadir": folder / "data",
        "config_files": [str(folder / "config.json")],
        "freqaimodel": PROFILE["freqaimodel"],
        "freqaimodel_path": str(ROOT / "user_data/freqaimodels"),
        "freqai": section,
    }


def trainer(folder: Path, **freqai: Any) -> AbstractContextManager[Bot]:
    return backtest(folder, **settings(folder, **freqai))


PARAMETERS: dict[str, dict[str, Any]] = {
    "LightGBM": {"n_estimators": 15, "min_child_samples": 20},
    "XGBoost": {"n_estimators": 15, "max_depth": 3},
    "CatBoost": {"n_estimators": 15, "depth": 3},
    "RandomForest": {"n_estimators": 10, "min_samples_leaf": 20},
}
MEMBERS = {
    "lightgbm": PARAMETERS["LightGBM"],
    "xgboost": PARAMETERS["XGBoost"],
    "catboost": PARAMETERS["CatBoost"],
    "forest": PARAMETERS["RandomForest"],
}


def of_model(folder: Path, model: str, *, kept: bool = False, **training: Any) -> dict[str, Any]:
    """A config for one of the shipped models; ``kept`` writes its models to the disk."""
    target = "return" if model.endswith("Return") else "direction"
    chosen = MEMBERS if model.startswith("Stack") else PARAMETERS.get(model[:-9], {})
    if model.endswith("Return"):
        chosen = PARAMETERS.get(model[:-6], {})
    config = settings(
        folder,
        model_training_parameters=chosen,
        save_backtest_models=kept,
        plimsoll={"target": target, **training},
    )
    return {**config, "freqaimodel": model}


def forecast(bot: Bot, frame: pd.DataFrame) -> pd.DataFrame:
    """Let FreqAI train and forecast as a backtest does."""
    bot.strategy.load_freqAI_model()
    return bot.strategy.populate_indicators(frame, {"pair": BTC})


def run(bot: Bot, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Fit]]:
    """Let FreqAI train and forecast as a backtest does; return its frame and each training."""
    strategy = bot.strategy
    strategy.load_freqAI_model()
    model, fits = strategy.freqai, []
    make, fit = model.classifier, model.fit

    def recorded(data: dict[str, Any], dk: Any, **kwargs: Any) -> Any:
        class Recorder(LGBMClassifier):
            def fit(self, rows: np.ndarray, labels: np.ndarray, **others: Any) -> Any:
                dates = data["train_dates"]
                fits.append(Fit(dates, len(data["test_features"]), rows.copy(), labels.copy()))
                return super().fit(rows, labels, **others)

        model.classifier = lambda: Recorder(**make().get_params())
        return fit(data, dk, **kwargs)

    model.fit = recorded
    return strategy.populate_indicators(frame, {"pair": BTC}), fits
