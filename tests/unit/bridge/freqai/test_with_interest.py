"""Strategies of models beside candles alone: open interest reaches FreqAI, and its absence too."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.enums import RunMode

from tests.unit.bridge.bots import BTC, Bot, backtest, build, running_bot
from tests.unit.bridge.freqai.sequences import of_sequence
from tests.unit.bridge.freqai.training import BEGIN, forecast, history, of_model


def config(folder: Path, strategy: str = "OiClassifier", **training: Any) -> dict[str, Any]:
    made = of_model(folder, "LogisticDirection", **training)
    return {
        **made,
        "strategy": strategy,
        "candle_type_def": "futures",
        "dataformat_ohlcv": "feather",
    }


def with_interest(bot: Bot, monkeypatch: pytest.MonkeyPatch, until: int | None = None) -> None:
    """Let the strategy read open interest of the same hours, up to one of them."""
    dates = history()["date"].iloc[:until]
    random = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "date": dates,
            "open_interest_amount": 1e5 * np.exp(np.cumsum(random.normal(0, 0.01, len(dates)))),
            "open_interest_value": 1e9,
        }
    )
    monkeypatch.setattr(bot.strategy._reader, "frame", lambda *_: frame)


def test_the_model_learns_from_open_interest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with backtest(tmp_path, **config(tmp_path)) as bot:
        with_interest(bot, monkeypatch)
        found = bot.strategy.feature_engineering_standard(history(), {"pair": BTC})
        told = forecast(bot, history()).iloc[BEGIN:]
    interest = found.filter(like="%-open_interest")
    assert len(interest.columns) == 12
    assert interest.iloc[200:].notna().all(axis=None)
    assert (told["do_predict"] == 1).all()
    assert told["up"].nunique() > 100


def test_where_open_interest_is_missing_there_is_neither_forecast_nor_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with backtest(tmp_path, **config(tmp_path)) as bot:
        with_interest(bot, monkeypatch, until=BEGIN + 20)
        strategy = bot.strategy
        strategy.min_lean.value, strategy.min_build_up.value = 0.0, 0.0
        told = forecast(bot, history())
        told["holdout_side_skill"] = 0.1
        marked = strategy.populate_entry_trend(told, {"pair": BTC})
    late = marked.iloc[BEGIN + 25 :]
    assert (late["do_predict"] == 0).all()
    assert not late.reindex(columns=["enter_long", "enter_short"]).eq(1).any(axis=None)
    early = marked.iloc[BEGIN : BEGIN + 20]
    assert early.reindex(columns=["enter_long", "enter_short"]).eq(1).any(axis=None)


def test_without_any_open_interest_no_model_is_made_and_the_line_names_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with backtest(tmp_path, **config(tmp_path)) as bot:
        told = forecast(bot, history())
    assert (told["model_lean"] == 0).all()
    [line] = [one.getMessage() for one in caplog.records if "no model" in one.getMessage()]
    assert "found none in" in line
    assert "%-open_interest_velocity_4" in line


def test_the_rule_and_the_model_have_to_agree(tmp_path: Path) -> None:
    frame = (
        history()
        .iloc[:4]
        .assign(
            atr_14=1.0,
            open_interest_buildup_24=[0.5, 0.5, -0.5, np.nan],
            up=[0.6, 0.2, 0.2, 0.6],
            down=[0.2, 0.6, 0.6, 0.2],
            do_predict=1,
            holdout_side_skill=0.1,
        )
    )
    with backtest(tmp_path, **config(tmp_path)) as bot:
        marked = bot.strategy.populate_entry_trend(frame, {"pair": BTC})
    sides = marked.reindex(columns=["enter_long", "enter_short"]).eq(1)
    assert sides["enter_long"].tolist() == [True, False, False, False]
    assert sides["enter_short"].tolist() == [False, False, True, False]


def test_a_running_bot_fetches_what_the_features_need(tmp_path: Path) -> None:
    with running_bot(tmp_path, **config(tmp_path)) as bot:
        wanted = bot.strategy.informative_pairs()
    assert {kind for _, _, kind in wanted} == {"futures", "open_interest"}
    with running_bot(tmp_path, **config(tmp_path, "StackedSignal")) as bot:
        assert {kind for _, _, kind in bot.strategy.informative_pairs()} == {"futures"}


def test_the_stacks_strategy_trades_like_any_model(tmp_path: Path) -> None:
    with backtest(tmp_path, **config(tmp_path, "StackedSignal")) as bot:
        strategy = bot.strategy
        strategy.min_lean.value = 0.01
        told = forecast(bot, history())
        told["holdout_side_skill"] = 0.1
        marked = strategy.populate_entry_trend(told, {"pair": BTC})
    sides = marked.reindex(columns=["enter_long", "enter_short"]).eq(1)
    assert sides.iloc[BEGIN:].any(axis=None)
    assert not sides.iloc[:BEGIN].any(axis=None)


def test_the_stacks_strategy_leaves_at_its_time_limit(tmp_path: Path) -> None:
    with backtest(tmp_path, **config(tmp_path, "StackedSignal")) as bot:
        now = pd.Timestamp("2024-05-02", tz="UTC").to_pydatetime()
        for hours, reason in ((23, None), (24, "time_limit")):
            trade = SimpleNamespace(open_date_utc=now - pd.Timedelta(hours=hours))
            assert bot.strategy.exit_reason(trade, now, 100.0, 0.0) == reason


@pytest.mark.parametrize("strategy", ["OiClassifier", "StackedSignal"])
def test_without_a_model_nothing_is_entered(strategy: str, tmp_path: Path) -> None:
    made = config(tmp_path, strategy)
    del made["freqai"]
    built = build(tmp_path, RunMode.BACKTEST, **made).strategy
    frame = built.populate_indicators(history(), {"pair": BTC})
    marked = built.populate_entry_trend(frame, {"pair": BTC})
    assert not marked.reindex(columns=["enter_long", "enter_short"]).eq(1).any(axis=None)


@pytest.mark.parametrize("strategy", ["OiClassifier", "StackedSignal"])
def test_calls_of_every_model_are_counted_for_the_guard(strategy: str, tmp_path: Path) -> None:
    frame = (
        history()
        .iloc[:60]
        .assign(atr_14=1.0, open_interest_buildup_24=0.5, up=0.6, down=0.2, do_predict=1)
    )
    with backtest(tmp_path, **config(tmp_path, strategy)) as bot:
        counted = bot.strategy._with_forecast(frame.assign(holdout_side_skill=0.1))
        none = bot.strategy._with_forecast(frame.assign(holdout_side_skill=-0.1))
    rose = (frame["close"].diff(4) > 0).iloc[4:]
    assert counted["model_calls"].iloc[-1] == 56
    assert counted["model_right"].iloc[-1] == rose.sum()
    assert none["model_calls"].iloc[-1] == 0


def test_a_forecast_of_open_interest_is_of_its_change_and_leans_to_the_side_it_is_built_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {**config(tmp_path), **of_sequence(tmp_path, target="interest")}
    made["strategy"] = "OiClassifier"
    with backtest(tmp_path, **made) as bot:
        with_interest(bot, monkeypatch)
        strategy = bot.strategy
        aimed = strategy.set_freqai_targets(history(), {"pair": BTC})["&-interest"]
        known = strategy.with_open_interest(history(), BTC)["open_interest"]
        told = forecast(bot, history()).iloc[BEGIN:]
    assert np.allclose(aimed.iloc[:-4], (known.shift(-4) / known - 1).iloc[:-4])
    assert aimed.iloc[-4:].isna().all()
    assert told["&-interest"].nunique() > 50
    frame = told.iloc[:3].assign(
        holdout_side_skill=0.1,
        holdout_error=0.01,
        do_predict=1,
        **{"&-interest": [0.02, 0.02, -0.02], "open_interest_buildup_24": [0.4, -0.4, 0.4]},
    )
    leaning = strategy._with_forecast(frame)["model_lean"]
    assert leaning.iloc[0] == -leaning.iloc[1] > 0.5
    assert leaning.iloc[2] == 0


def test_a_forecast_of_open_interest_has_no_side_of_its_own(tmp_path: Path) -> None:
    made = of_sequence(tmp_path, target="interest")
    frame = history().iloc[:3].assign(**{"&-interest": 0.05}, holdout_error=0.01)
    with backtest(tmp_path, **made) as bot:
        told = bot.strategy._with_forecast(frame.assign(holdout_side_skill=0.1, do_predict=1))
    assert (told["model_lean"] == 0).all()
    with running_bot(tmp_path, **made) as bot:
        assert "open_interest" in {kind for _, _, kind in bot.strategy.informative_pairs()}
