"""Training under FreqAI: every shipped model forecasts, and what cannot be learned is refused."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.exceptions import OperationalException
from threadpoolctl import threadpool_info

from plimsoll.bridge.freqai.training import own_parameters
from plimsoll.bridge.freqtrade.tensorboard_stub import LOGGER_MODULE, QuietLogger
from plimsoll.core import PlimsollError
from tests.conftest import ROOT
from tests.unit.bridge.bots import BTC, backtest
from tests.unit.bridge.freqai.training import (
    BEGIN,
    HOURS,
    PROFILE,
    TRAIN_DAYS,
    forecast,
    history,
    of_model,
)

OF_WINDOWS = "LSTMForecaster"
"""It needs windows and PyTorch: test_purged_sequence.py has its trainings."""
SHIPPED = sorted(
    file.stem for file in (ROOT / "user_data/freqaimodels").glob("*.py") if file.stem != OF_WINDOWS
)
FULL: dict[str, Any] = {"early_stopping_rounds": 5, "overlap_weights": True}


@pytest.mark.parametrize("model", SHIPPED)
def test_every_shipped_model_trains_and_forecasts_the_same_again(
    model: str, tmp_path: Path
) -> None:
    calibrated = {"calibrate": True} if model.endswith("Direction") else {}
    training = {} if model.startswith("Stack") else FULL | calibrated
    training = {"folds": 2} if model.startswith("Stack") else training
    found = []
    for name in ("one", "other")[: 1 if model.startswith("Stack") else 2]:
        folder = tmp_path / name
        folder.mkdir()
        with backtest(folder, **of_model(folder, model, **training)) as bot:
            found.append(forecast(bot, history()).iloc[BEGIN:])
    told = ["&-return", "holdout_error"] if model.endswith("Return") else ["up", "flat", "down"]
    assert np.isfinite(found[0][[*told, "holdout_skill", "holdout_side_skill"]]).all(axis=None)
    assert (found[0]["do_predict"] == 1).all()
    assert found[0][told].nunique().max() > 3
    assert all(found[0][told].equals(other[told]) for other in found[1:])


def test_the_linear_algebra_of_a_training_has_one_thread_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[int] = set()

    def purged(*_: Any) -> Any:
        seen.update(one["num_threads"] for one in threadpool_info())
        raise PlimsollError("enough")

    with backtest(tmp_path, **of_model(tmp_path, "LogisticDirection")) as bot:
        bot.strategy.load_freqAI_model()
        monkeypatch.setattr(bot.strategy.freqai, "purged", purged)
        bot.strategy.populate_indicators(history(), {"pair": BTC})
    assert seen == {1}


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if "plimsoll: BTC" in one.getMessage()]


def nothing_traded(found: pd.DataFrame, caplog: pytest.LogCaptureFixture) -> str:
    """Assert that there is no forecast, and return the one line that says why."""
    assert (found["model_lean"] == 0).all()
    assert (found["do_predict"] == 0).all()
    assert [one for one in caplog.records if one.exc_info] == []
    [line] = lines(caplog)
    return line


def test_one_class_only_is_no_model_and_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frame = history()
    frame["close"] = 100 + np.arange(len(frame)) % 2 * 0.1
    frame["open"], frame["high"], frame["low"] = 100.05, 100.2, 99.9
    frame["high"] += np.random.default_rng(1).uniform(0, 0.1, len(frame))
    frame["low"] -= np.random.default_rng(2).uniform(0, 0.1, len(frame))
    with backtest(tmp_path, **of_model(tmp_path, "LightGBMDirection")) as bot:
        line = nothing_traded(forecast(bot, frame), caplog)
    assert "no model, so no trade: expected 2 classes or more" in line
    assert "found only flat" in line


def test_a_feature_without_a_value_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frame = history()
    frame["volume"] = np.nan
    with backtest(tmp_path, **of_model(tmp_path, "LightGBMDirection")) as bot:
        line = nothing_traded(forecast(bot, frame), caplog)
    assert "expected values in every feature, found none in" in line
    assert "%-vwap_distance_96" in line


def test_too_few_rows_are_counted_with_the_feature_that_misses_most(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frame = history()
    frame.loc[: BEGIN - 300, "volume"] = np.nan
    with backtest(tmp_path, **of_model(tmp_path, "LightGBMDirection")) as bot:
        line = nothing_traded(forecast(bot, frame), caplog)
    assert "expected 200 candles with every feature or more, found" in line
    assert "is missing most often" in line
    assert "lengthen train_period_days, or download more" in line


def test_too_few_rows_after_the_purge_are_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = int(TRAIN_DAYS * HOURS)
    config = of_model(tmp_path, "LogisticDirection", least_rows=whole * 8 // 10 + 50)
    with backtest(tmp_path, **config) as bot:
        line = nothing_traded(forecast(bot, history()), caplog)
    assert "purged rows of training or more, found" in line


@pytest.mark.parametrize("library", ["xgboost", "catboost"])
def test_a_library_that_is_missing_is_named_with_its_extra(
    library: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = {"xgboost": "XGBoostDirection", "catboost": "CatBoostDirection"}[library]
    logger = ModuleType(LOGGER_MODULE)  # FreqAI's own imports XGBoost
    logger.BaseTensorboardLogger = QuietLogger
    monkeypatch.setitem(sys.modules, LOGGER_MODULE, logger)
    monkeypatch.setitem(sys.modules, library, None)  # as an import of what is not there
    with backtest(tmp_path, **of_model(tmp_path, model)) as bot:
        line = nothing_traded(forecast(bot, history()), caplog)
    assert f"expected {library} to be installed: pip install 'freqtrade-plimsoll[models]'" in line


@pytest.mark.parametrize(
    ("model", "target", "line"),
    [
        ("LightGBMReturn", "direction", "forecasts a number, and the target has classes"),
        ("LightGBMDirection", "return", "forecasts classes, and the target is a number"),
    ],
)
def test_a_target_of_the_other_kind_is_refused(
    model: str, target: str, line: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with backtest(tmp_path, **of_model(tmp_path, model, target=target)) as bot:
        assert line in nothing_traded(forecast(bot, history()), caplog)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"plimsoll": {"calibrates": True}}, r"freqai\.plimsoll\.calibrates: Extra inputs"),
        ({"model_training_parameters": {"XGBoostDirection": {}}}, "expected a section LightGBM"),
        (
            {"feature_parameters": {**PROFILE["freqai"]["feature_parameters"], "DI_threshold": 1}},
            "needs every row and feature as it is; switch off DI_threshold",
        ),
    ],
)
def test_a_config_that_cannot_be_obeyed_ends_at_the_start(
    changed: dict[str, Any], line: str, tmp_path: Path
) -> None:
    config = of_model(tmp_path, "LightGBMDirection")
    config["freqai"] = {**config["freqai"], **changed}
    with pytest.raises(OperationalException, match=line), backtest(tmp_path, **config) as bot:
        bot.strategy.load_freqAI_model()


def test_parameters_of_several_models_stand_by_name() -> None:
    sections = {"OneDirection": {"a": 1}, "OtherDirection": {"a": 2}}
    assert own_parameters("OtherDirection", sections) == {"a": 2}
    assert own_parameters("OneDirection", {"a": 3}) == {"a": 3}
    assert own_parameters("StackingDirection", {"lightgbm": {"a": 1}}) == {"lightgbm": {"a": 1}}


def test_tuning_inside_the_window_is_kept_and_not_repeated(tmp_path: Path) -> None:
    tuning = {"trials": 3, "folds": 2}
    config = of_model(tmp_path, "LogisticDirection", kept=True, tuning=tuning)
    with backtest(tmp_path, **config) as bot:
        first = forecast(bot, history())
        [journal] = (bot.strategy.freqai.full_path / "tuning").glob("sub-train-BTC_*.journal")
        trials = journal.read_text().count('"distribution"')
        assert trials == 3
        for file in (bot.strategy.freqai.full_path).glob("*/*.feather"):
            file.unlink()
        for file in (bot.strategy.freqai.full_path).glob("*/*_manifest.json"):
            file.unlink()
        again = forecast(bot, history())
    assert first["up"].equals(again["up"])
    assert journal.read_text().count('"distribution"') == trials


def test_a_model_without_a_space_to_search_refuses_to_be_tuned(tmp_path: Path) -> None:
    config = of_model(tmp_path, "StackingDirection", tuning={})
    with (
        pytest.raises(OperationalException, match="StackingDirection has no search_space"),
        backtest(tmp_path, **config) as bot,
    ):
        bot.strategy.load_freqAI_model()


def test_labels_that_share_candles_are_weighed_by_their_own_part(tmp_path: Path) -> None:
    with backtest(tmp_path, **of_model(tmp_path, "LogisticDirection", **FULL)) as bot:
        bot.strategy.load_freqAI_model()
        model = bot.strategy.freqai
        dates = pd.Series(pd.date_range("2024-01-01", periods=400, freq="h", tz="UTC"))
        dates = dates.drop(range(200, 220)).reset_index(drop=True)
        data = {
            "train_features": pd.DataFrame({"a": np.arange(380.0)}),
            "train_labels": pd.DataFrame({"&-direction": ["up", "down"] * 190}),
            "train_weights": np.ones(380),
            "train_dates": dates,
        }
        rows, known = model.purged(data)
    assert len(rows) == len(known) == 380 - 4 - 24
    assert rows.weights.mean() == pytest.approx(1.0)
    # Beside the hole, labels share fewer candles.
    assert rows.weights[199] > 1.5 * rows.weights[100]
    assert rows.weights[100] == pytest.approx(rows.weights[150])


def test_a_failed_training_of_a_running_bot_waits_for_the_next_candle(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from freqtrade.freqai.freqai_interface import IFreqaiModel

    tried = []

    def trains(self: Any, timerange: Any, pair: str, *_: Any) -> None:
        tried.append(pair)
        self.dd.pair_dict[pair]["trained_timestamp"] = 99
        if len(tried) == 3:
            self._trained[pair] = True

    monkeypatch.setattr(IFreqaiModel, "extract_data_and_train_model", trains)
    with backtest(tmp_path, **of_model(tmp_path, "LogisticDirection")) as bot:
        bot.strategy.load_freqAI_model()
        model = bot.strategy.freqai
        model.dd.pair_dict[BTC] = {"trained_timestamp": 7, "model_filename": "", "data_path": ""}
        for candle in (1, 1, 2):
            model.dd.current_candle = candle
            model.extract_data_and_train_model(None, BTC, None, None, None)
            assert model.dd.pair_dict[BTC]["trained_timestamp"] == 7
        assert tried == [BTC, BTC]
        model.dd.current_candle = 3
        model.extract_data_and_train_model(None, BTC, None, None, None)
        assert model.dd.pair_dict[BTC]["trained_timestamp"] == 99
