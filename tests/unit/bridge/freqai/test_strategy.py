"""The strategy of a model, under FreqAI itself, on candles in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import OperationalException

from plimsoll.bridge.freqai.strategy import ModelStrategy
from plimsoll.core import Mode
from plimsoll.features import names, table
from plimsoll.risk.guards.model_accuracy import model_accuracy
from tests.unit.bridge.bots import BTC, NOON, backtest, build, candles, running_bot
from tests.unit.bridge.freqai.training import BEGIN, LONGEST, history, run, settings, trainer


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


def test_a_strategy_without_freqai_says_which_profile_to_add(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = settings(tmp_path)
    del config["freqai"]
    with (
        pytest.raises(OperationalException, match=r"add --config freqai-direction\.json"),
        backtest(tmp_path, **config),
    ):
        pass
    assert [record for record in caplog.records if record.exc_info] == []  # one line, no traceback


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


def test_too_few_days_for_a_training_are_counted(tmp_path: Path) -> None:
    frame = history().iloc[-40 * 24 :].reset_index(drop=True)
    with (
        trainer(tmp_path) as bot,
        pytest.raises(
            OperationalException,
            match=r"a first forecast needs 56 days of candles, 40 of them of training, and the "
            r"timerange has 40 up to its end; download more",
        ),
    ):
        bot.strategy.advise_all_indicators({BTC: frame})


def test_the_target_is_the_one_that_the_config_names(tmp_path: Path) -> None:
    frame = history()
    found = {}
    for kind in ("direction", "barriers", "return"):
        with trainer(tmp_path, plimsoll={"target": kind}) as bot:
            made = bot.strategy.set_freqai_targets(frame, {"pair": BTC})
            [column] = [name for name in made if name not in frame]
            assert column == f"&-{kind}"
            found[kind] = made[column]
    assert found["return"].dropna().abs().between(0, 1).all()
    assert set(found["barriers"].dropna()) == {"up", "flat", "down"}
    assert not found["barriers"].equals(found["direction"])
    assert all(one.iloc[-4:].isna().all() for one in found.values())


def test_another_target_is_another_identifier(tmp_path: Path) -> None:
    first = identifier(tmp_path)
    other = {"freqai": settings(tmp_path)["freqai"] | {"plimsoll": {"target": "barriers"}}}
    assert identifier(tmp_path, lambda config: config.update(other)) != first
