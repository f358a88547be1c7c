"""FreqAI's store: models in native files, and what they do not vouch for is not loaded."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from freqtrade.freqai.data_kitchen import FreqaiDataKitchen

from plimsoll.bridge.freqai import drawer
from tests.unit.bridge.bots import BTC, Bot, backtest, running_bot
from tests.unit.bridge.freqai.training import BEGIN, forecast, history, of_model


def trained(folder: Path, model: str = "LogisticDirection") -> tuple[Any, list[Path]]:
    """Forecasts of a backtest that keeps its models, and its files; predictions are removed."""
    folder.mkdir(exist_ok=True)
    with backtest(folder, **of_model(folder, model, kept=True)) as bot:
        found = forecast(bot, history())
        path = bot.strategy.freqai.full_path
    for file in path.glob("backtesting_predictions/*"):
        file.unlink()
    return found, sorted(path.glob("sub-train-*/*"))


def again(folder: Path, model: str = "LogisticDirection") -> Any:
    with backtest(folder, **of_model(folder, model, kept=True)) as bot:
        return forecast(bot, history())


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was warned of: an earlier test of this process may have left the log at INFO."""
    warned = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    return [text for text in warned if "plimsoll: " in text]


@pytest.mark.parametrize("model", ["LightGBMDirection", "LogisticDirection", "LinearReturn"])
def test_a_backtest_that_finds_its_models_forecasts_the_same(
    model: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before, files = trained(tmp_path, model)
    assert [file.suffix for file in files if file.suffix in (".pkl", ".joblib")] == []
    caplog.clear()
    after = again(tmp_path, model)
    said_of = ["&-return"] if model == "LinearReturn" else ["up", "flat", "down"]
    assert before[said_of].equals(after[said_of])
    assert before[said_of].iloc[BEGIN:].nunique().max() > 3
    # FreqAI reads its JSON with a reader that may miss the last bit.
    assert np.allclose(before["holdout_side_skill"], after["holdout_side_skill"], rtol=1e-12)
    assert (after["do_predict"].iloc[BEGIN:] == 1).all()
    assert said(caplog) == []
    assert "Done training" not in caplog.text


def test_a_corrupted_model_is_refused_with_a_line_and_trained_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before, files = trained(tmp_path)
    [model] = [file for file in files if file.suffix == ".skops"]
    model.write_bytes(model.read_bytes()[:-50])
    caplog.clear()
    after = again(tmp_path)
    [line] = said(caplog)
    assert line.startswith("plimsoll: BTC/USDT:USDT: expected ")
    assert line.endswith("corrupted or foreign; it is refused")
    assert before["up"].equals(after["up"])


def test_a_model_of_other_code_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(tmp_path)
    monkeypatch.setattr(drawer, "code_fingerprint", lambda: "0123456789ab")
    again(tmp_path)
    [line] = said(caplog)
    assert "expected the code 0123456789ab in" in line


def test_metadata_of_freqai_that_cannot_be_read_are_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, files = trained(tmp_path)
    [metadata] = [file for file in files if file.name.endswith("_metadata.json")]
    metadata.write_text("{")
    again(tmp_path)
    [line] = said(caplog)
    assert "expected FreqAI's metadata in" in line


def live_kitchen(bot: Bot) -> FreqaiDataKitchen:
    return FreqaiDataKitchen(bot.config, live=True, pair=BTC)


def kept_for_live(folder: Path) -> tuple[dict[str, Any], list[Path]]:
    """A config of a running bot beside a model that a backtest left, under the bot's own name."""
    _, files = trained(folder)
    config = of_model(folder, "LogisticDirection")
    config["freqai"] = {**config["freqai"], "identifier": files[0].parent.parent.name}
    return config, files


def into_live(model: Any, files: list[Path]) -> None:
    [manifest] = [file for file in files if file.name.endswith("_manifest.json")]
    model.dd.pair_dict[BTC] = {
        "model_filename": manifest.name.removesuffix("_manifest.json"),
        "trained_timestamp": 5,
        "data_path": str(manifest.parent),
        "extras": {},
    }


def test_a_running_bot_loads_its_model_and_holds_it(tmp_path: Path) -> None:
    config, files = kept_for_live(tmp_path)
    with running_bot(tmp_path, **config) as bot:
        bot.strategy.load_freqAI_model()
        model = bot.strategy.freqai
        into_live(model, files)
        dk = live_kitchen(bot)
        loaded = model.dd.load_data(BTC, dk)
        assert loaded.about.model == "LogisticDirection"
        assert dk.training_features_list == list(loaded.about.features)
        for file in files:
            file.unlink()
        assert model.dd.load_data(BTC, live_kitchen(bot)) is loaded


def test_a_running_bot_has_no_model_where_it_is_refused_and_trains_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config, files = kept_for_live(tmp_path)
    [part] = [file for file in files if file.suffix == ".skops"]
    part.write_bytes(b"rubbish")
    with running_bot(tmp_path, **config) as bot:
        bot.strategy.load_freqAI_model()
        model = bot.strategy.freqai
        into_live(model, files)
        caplog.clear()
        assert model.dd.load_data(BTC, live_kitchen(bot)) is None
        assert model.dd.load_data(BTC, live_kitchen(bot)) is None
        assert model.dd.pair_dict[BTC]["trained_timestamp"] == 0
    [line] = said(caplog)
    assert line.startswith("plimsoll: BTC/USDT:USDT: no forecast and no trade: expected ")


def test_features_that_changed_since_the_training_make_no_forecast(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config, files = kept_for_live(tmp_path)
    with running_bot(tmp_path, **config) as bot:
        bot.strategy.load_freqAI_model()
        model = bot.strategy.freqai
        into_live(model, files)
        dk = live_kitchen(bot)
        model.model = model.dd.load_data(BTC, dk)
        candles = bot.strategy.feature_engineering_standard(history(), {"pair": BTC})
        caplog.clear()
        told, trusted = model.predict(candles.drop(columns="%-rsi_14"), dk)
        assert (trusted == 0).all()
        assert (told[["up", "down"]] == 0).all(axis=None)
        assert BTC not in model.dd.model_dictionary
        dk = live_kitchen(bot)
        into_live(model, files)
        model.model = model.dd.load_data(BTC, dk)
        told, trusted = model.predict(candles, dk)
        assert trusted[-1] == 1
        assert np.allclose(told[["up", "flat", "down"]].sum(axis=1), 1.0)
    [line] = said(caplog)
    assert "gone: %-rsi_14" in line


def test_a_refused_training_leaves_the_model_of_before(tmp_path: Path) -> None:
    config, files = kept_for_live(tmp_path)
    with running_bot(tmp_path, **config) as bot:
        bot.strategy.load_freqAI_model()
        model = bot.strategy.freqai
        into_live(model, files)
        loaded = model.dd.load_data(BTC, live_kitchen(bot))
        model.dd.save_data(None, BTC, live_kitchen(bot))
        assert model.dd.load_data(BTC, live_kitchen(bot)) is loaded
