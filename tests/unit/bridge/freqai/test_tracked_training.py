"""Trainings of FreqAI as runs in the real MLflow."""

from pathlib import Path

import pytest

from tests.unit.bridge.bots import BTC
from tests.unit.bridge.freqai.live import FIRST, live, market
from tests.unit.bridge.freqai.training import history, run, trainer
from tests.unit.tracking.mlflow_store import client_of, require_mlflow, runs_in


def test_a_training_is_a_run_also_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_mlflow()
    with live(tmp_path, market(FIRST + 3, memory=0.7)) as bot:
        bot.model.config["plimsoll"]["tracking"] = {"enabled": True}
        bot.analyse()
        bot.train(monkeypatch, "broken")
        bot.hour += 1
        bot.analyse()
        bot.train(monkeypatch, "good")
        champion = bot.seat.champion
    assert champion is not None
    failed, good = runs_in(tmp_path)
    assert "one class only" in failed.data.tags["error"]
    assert "holdout_skill" not in failed.data.metrics
    assert good.data.params["model"] == "PlantedModel"
    assert good.data.params["pair"] == BTC
    assert good.data.params["feature_parameters.label_period_candles"] == "1"
    assert good.data.metrics["holdout_side_skill"] > 0
    assert good.data.metrics["rows"] > 100
    tags = good.data.tags
    for name in ("code_fingerprint", "data_fingerprint", "features_fingerprint"):
        assert len(tags[name]) == 12
    assert tags["data_fingerprint"] != failed.data.tags["data_fingerprint"]
    files = [one.path for one in client_of(tmp_path).list_artifacts(good.info.run_id)]
    assert files == ["features.json"]


def test_a_backtest_without_tracking_writes_nothing(tmp_path: Path) -> None:
    with trainer(tmp_path) as bot:
        run(bot, history())
    assert not (tmp_path / "mlruns").exists()
