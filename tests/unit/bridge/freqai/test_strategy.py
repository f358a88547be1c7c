"""FreqAI itself, with the shipped model, strategy and profile, on candles in memory."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.configuration.load_config import load_config_file
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import OperationalException
from lightgbm import LGBMClassifier

from plimsoll.bridge.freqai.strategy import ModelStrategy
from plimsoll.bridge.freqtrade.tensorboard_stub import provide_quiet_logger
from plimsoll.core import Mode
from plimsoll.features import names, table
from plimsoll.risk.guards.model_accuracy import model_accuracy
from tests.conftest import ROOT, random_candles
from tests.unit.bridge.bots import BTC, NOON, Bot, backtest, build, candles, running_bot

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
        "config_files": [str(folder / "config.json")],
        "freqaimodel": PROFILE["freqaimodel"],
        "freqaimodel_path": str(ROOT / "user_data/freqaimodels"),
        "freqai": section,
    }


def trainer(folder: Path, **freqai: Any) -> AbstractContextManager[Bot]:
    return backtest(folder, **settings(folder, **freqai))


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


def test_the_model_is_given_the_registered_features_and_nothing_else(tmp_path: Path) -> None:
    frame = history()
    with trainer(tmp_path) as bot:
        strategy = bot.strategy
        found = strategy.feature_engineering_standard(frame, {"pair": BTC})
        uses = strategy.model_features()
    assert 20 <= len(uses) <= 40
    assert {use.feature.name for use in uses} <= set(names())
    added = [name for name in found if name not in frame]
    assert added == [f"%-{use.column}" for use in uses]
    wanted = table(frame, uses).add_prefix("%-")
    pd.testing.assert_frame_equal(found[added], wanted)


def test_the_startup_covers_the_longest_feature_of_the_model(tmp_path: Path) -> None:
    with trainer(tmp_path) as bot:
        longest = max(use.lookback_candles for use in bot.strategy.model_features())
        assert bot.strategy.startup_candle_count == longest + 1 <= LONGEST


def test_the_newest_candles_have_no_target(tmp_path: Path) -> None:
    with trainer(tmp_path) as bot:
        found = bot.strategy.set_freqai_targets(history(), {"pair": BTC})["&-direction"]
    assert found.iloc[-4:].isna().all()
    assert set(found.iloc[:-4]) == {"up", "flat", "down"}


def test_what_happens_after_the_training_changes_no_row_of_it(tmp_path: Path) -> None:
    frame = history()
    with trainer(tmp_path) as bot:
        _, [before] = run(bot, frame)
    with trainer(tmp_path, identifier="again") as bot:
        _, [after] = run(bot, changed_from(frame, BEGIN))
    assert np.array_equal(before.features, after.features)
    assert np.array_equal(before.labels, after.labels)
    # The embargo before the first forecast: 24 hours, beside the labels' 4.
    assert before.dates.iloc[-1] == frame["date"][BEGIN - 1 - 24]


def test_what_happens_in_the_test_rows_changes_no_row_that_is_learned(tmp_path: Path) -> None:
    frame = history()
    with trainer(tmp_path) as bot:
        _, [before] = run(bot, frame)
        # Scaling is learned from all training rows, purged ones too; their past is the same.
        tested = frame.index[frame["date"] == before.dates.iloc[-before.test_rows]][0]
    with trainer(tmp_path, identifier="again") as bot:
        _, [after] = run(bot, changed_from(frame, tested))
        labels = bot.strategy.set_freqai_targets(changed_from(frame, tested), {})["&-direction"]
    assert np.array_equal(before.features, after.features)
    assert np.array_equal(before.labels, after.labels)
    assert len(before.labels) == len(before.dates) - before.test_rows - 4 - 24
    # Without the purge this would fail: the row before the test knows the test's prices.
    with trainer(tmp_path) as bot:
        original = bot.strategy.set_freqai_targets(frame, {})["&-direction"]
    assert not original[tested - 4 : tested - 1].equals(labels[tested - 4 : tested - 1])


def test_the_strategy_reads_the_forecast_and_its_skill(tmp_path: Path) -> None:
    with trainer(tmp_path) as bot:
        found, _ = run(bot, history())
    traded = found.iloc[BEGIN:]
    assert np.allclose(traded[["up", "flat", "down"]].sum(axis=1), 1.0)
    assert np.isfinite(traded["holdout_side_skill"]).all()
    trusted = traded["holdout_side_skill"] > 0
    assert traded["model_lean"].equals((traded["up"] - traded["down"]).where(trusted, 0.0))
    assert (found["model_lean"].iloc[:BEGIN] == 0).all()
    assert not [name for name in found if "%" in name]


def test_a_model_that_cannot_tell_up_from_down_is_not_traded(tmp_path: Path) -> None:
    with trainer(tmp_path) as bot:
        found, _ = run(bot, history())
        strategy = bot.strategy
        no_skill = strategy._with_forecast(found.assign(holdout_side_skill=-0.01))
        some = strategy._with_forecast(found.assign(holdout_side_skill=0.01))
        unknown = strategy._with_forecast(found.assign(holdout_side_skill=np.nan))
    assert (some["model_lean"].iloc[BEGIN:] != 0).any()
    assert (no_skill["model_lean"] == 0).all()
    assert (unknown["model_lean"] == 0).all()


def test_the_same_candles_give_the_same_forecasts(tmp_path: Path) -> None:
    found = []
    for identifier in ("one", "other"):
        with trainer(tmp_path, identifier=identifier) as bot:
            found.append(run(bot, history())[0][["up", "flat", "down"]])
    assert found[0].equals(found[1])


def test_threads_are_pinned_whatever_the_config_says(tmp_path: Path) -> None:
    with trainer(tmp_path) as bot:
        bot.strategy.load_freqAI_model()
        parameters = bot.strategy.freqai.classifier().get_params()
    assert parameters["n_jobs"] == 1
    assert parameters["n_estimators"] == 20


def test_a_candle_with_a_missing_feature_is_not_trusted(tmp_path: Path) -> None:
    frame = history()
    hole = BEGIN + 30
    frame.loc[hole, ["open", "high", "low"]] = frame.loc[hole, "close"]  # no range: no location
    with trainer(tmp_path) as bot:
        found, _ = run(bot, frame)
    assert found["do_predict"].iloc[hole] == 0
    assert found["do_predict"].iloc[hole - 1] == found["do_predict"].iloc[hole + 1] == 1


@pytest.mark.parametrize(
    "mixed",
    [
        {"data_split_parameters": {"test_size": 0.1, "shuffle": True}},
        {"data_split_parameters": {"test_size": 0, "shuffle": False}},
        {
            "feature_parameters": {
                **PROFILE["freqai"]["feature_parameters"],
                "shuffle_after_split": True,
            }
        },
    ],
    ids=["shuffled", "no test", "shuffled after"],
)
def test_rows_out_of_order_are_refused(tmp_path: Path, mixed: dict[str, Any]) -> None:
    with (
        trainer(tmp_path, **mixed) as bot,
        pytest.raises(OperationalException, match="needs rows in time order"),
    ):
        bot.strategy.load_freqAI_model()


def identifier(folder: Path, change: Callable[[dict[str, Any]], None] | None = None) -> str:
    config = settings(folder)
    if change is not None:
        change(config)
    with backtest(folder, **config) as bot:
        return str(bot.config["freqai"]["identifier"])


def test_predictions_of_other_settings_are_never_reused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = identifier(tmp_path)
    assert first.startswith("direction-1-")
    assert identifier(tmp_path) == first
    assert identifier(tmp_path, lambda config: config.update(datadir="elsewhere")) != first
    shorter = {"freqai": settings(tmp_path)["freqai"] | {"train_period_days": 30}}
    assert identifier(tmp_path, lambda config: config.update(shorter)) != first
    monkeypatch.setattr(ModelStrategy, "target_move", 0.01)
    assert identifier(tmp_path) != first


def test_a_running_bot_keeps_its_identifier(tmp_path: Path) -> None:
    with running_bot(tmp_path, **settings(tmp_path)) as bot:
        assert bot.config["freqai"]["identifier"] == "direction-1"


def test_a_strategy_without_freqai_says_which_profile_to_add(tmp_path: Path) -> None:
    config = settings(tmp_path)
    del config["freqai"]
    with (
        pytest.raises(OperationalException, match=r"add --config freqai-direction\.json"),
        backtest(tmp_path, **config),
    ):
        pass


def test_without_freqai_nothing_is_entered(tmp_path: Path) -> None:
    config = settings(tmp_path)
    del config["freqai"]
    strategy = build(tmp_path, RunMode.BACKTEST, **config).strategy
    found = strategy.populate_indicators(history(), {"pair": BTC})
    marked = strategy.populate_entry_trend(found, {"pair": BTC})
    assert (marked["model_lean"] == 0).all()
    assert not marked.reindex(columns=["enter_long", "enter_short"]).eq(1).to_numpy().any()


def test_the_guards_learn_that_the_model_was_wrong_too_often(tmp_path: Path) -> None:
    frame = candles([100.0] * 300, timeframe=pd.Timedelta("1h"))
    with running_bot(tmp_path, **settings(tmp_path)) as bot:
        strategy = bot.strategy
        loop = strategy.bot_loop_start
        loop(current_time=NOON)
        account = strategy._session.supervisor.account
        assert account.snapshot(NOON).models[0].predictions == 0
        assert model_accuracy(account.snapshot(NOON), strategy._settings.risk).mode is Mode.ACTIVE
        wrong = frame.assign(model_right=48.0, model_calls=100.0)
        strategy.dp._set_cached_df(BTC, "1h", wrong, CandleType.FUTURES)
        loop(current_time=NOON)
        [model] = account.snapshot(NOON).models
        assert (model.accuracy_fraction, model.predictions) == (0.48, 100)
        verdict = model_accuracy(account.snapshot(NOON), strategy._settings.risk)
    assert verdict.mode is Mode.REDUCING
    assert "ModelDirection was right in 48.0% of 100" in verdict.reason


@pytest.mark.skipif(find_spec("xgboost") is not None, reason="XGBoost is installed")
def test_freqai_cannot_log_nothing_without_xgboost() -> None:
    wanted = "import freqtrade.freqai.tensorboard.base_tensorboard"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", wanted], capture_output=True, text=True
    )
    assert "No module named 'xgboost'" in done.stderr  # else quiet_logger is not needed any more


def test_with_the_quiet_logger_freqai_has_one(tmp_path: Path) -> None:
    provide_quiet_logger()
    from freqtrade.freqai.utils import get_tb_logger

    logger = get_tb_logger("joblib", tmp_path, activate=False)
    logger.log_scalar("loss", 0.5, 1)
    logger.close()
