"""Models of sequences in FreqAI: the same forecast live and backtested, none across a hole."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from freqtrade.exceptions import OperationalException
from freqtrade.freqai.data_kitchen import FreqaiDataKitchen

from tests.unit.bridge.bots import BTC, backtest
from tests.unit.bridge.freqai.sequences import WINDOW, live_sequence, of_sequence
from tests.unit.bridge.freqai.training import BEGIN, changed_from, forecast, history

NO_TORCH = "PyTorch is not installed: pip install 'freqtrade-plimsoll[deep]'"


def test_live_one_row_at_a_time_is_forecast_as_in_a_backtest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live_sequence(tmp_path) as one:
        one.analyse()
        one.train(monkeypatch)
        one.go(1)
        asked: list[int] = []
        predict = type(one.model).predict

        def counted(self: object, frame: pd.DataFrame, *others: object, **named: object) -> object:
            asked.append(len(frame))
            return predict(self, frame, *others, **named)

        monkeypatch.setattr(type(one.model), "predict", counted)
        heard = one.go(8).set_index("date")["&-return"].tail(8)
        assert asked == [1] * 8
        # As a backtest asks: the features of all candles, all rows at once.
        strategy, kitchen = one.bot.strategy, FreqaiDataKitchen(one.bot.config, True, BTC)
        whole = strategy.feature_engineering_standard(one.candles(), {"pair": BTC})
        one.model.model = one.model.dd.load_data(BTC, kitchen)
        said, trusted = predict(one.model, whole, kitchen)
    told = said["&-return"].to_numpy()[-8:]
    assert (trusted[-8:] == 1).all()
    assert np.ptp(told) > 1e-4
    assert np.allclose(heard, told, rtol=1e-9, atol=0)


def test_a_window_with_a_hole_is_neither_learned_from_nor_forecast(tmp_path: Path) -> None:
    frame = history()
    holed = frame.drop(index=BEGIN + 30).reset_index(drop=True)
    with backtest(tmp_path, **of_sequence(tmp_path)) as bot:
        made = bot.strategy.feature_engineering_standard(holed, {"pair": BTC})
        told = forecast(bot, holed)
    rows = made.filter(like="%-").iloc[BEGIN + 20 : BEGIN + 45].notna().all(axis=1)
    assert rows[~rows].index.tolist() == list(range(BEGIN + 30, BEGIN + 30 + WINDOW - 1))
    trusted = told["do_predict"].iloc[BEGIN + 20 : BEGIN + 45] == 1
    assert trusted[~trusted].index.tolist() == rows[~rows].index.tolist()


def test_later_candles_change_no_earlier_forecast(tmp_path: Path) -> None:
    frame, row = history(), BEGIN + 60
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    with backtest(tmp_path / "one", **of_sequence(tmp_path / "one")) as bot:
        before = forecast(bot, frame)["&-return"]
    with backtest(tmp_path / "other", **of_sequence(tmp_path / "other")) as bot:
        after = forecast(bot, changed_from(frame, row))["&-return"]
    assert before.iloc[:row].equals(after.iloc[:row])
    assert before.iloc[BEGIN:row].nunique() > 20
    assert not before.iloc[row:].equals(after.iloc[row:])


def test_the_warm_up_is_as_much_longer_as_a_window_reaches_back(tmp_path: Path) -> None:
    with backtest(tmp_path, **of_sequence(tmp_path)) as bot:
        longer = bot.strategy.startup_candle_count
    with backtest(tmp_path, **of_sequence(tmp_path, window_candles=2)) as bot:
        assert longer == bot.strategy.startup_candle_count + WINDOW - 2


def test_a_model_that_is_kept_forecasts_the_same_and_a_spoilt_one_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def again() -> pd.Series:
        with backtest(tmp_path, **of_sequence(tmp_path, kept=True)) as bot:
            found = forecast(bot, history())["&-return"]
            for file in bot.strategy.freqai.full_path.glob("backtesting_predictions/*"):
                file.unlink()
            nonlocal folder
            folder = bot.strategy.freqai.full_path
        return found

    folder = tmp_path
    before = again()
    [file] = folder.glob("sub-train-*/*_model.npz")
    assert list(folder.glob("sub-train-*/*.pkl")) == []
    caplog.clear()
    assert before.equals(again())
    assert "Done training" not in caplog.text
    file.write_bytes(file.read_bytes()[:-20])
    assert before.equals(again())
    assert "corrupted or foreign; it is refused" in caplog.text


def test_a_window_of_one_candle_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(OperationalException, match="window_candles to 2 or more"),
        backtest(tmp_path, **of_sequence(tmp_path, window_candles=1)),
    ):
        pass


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ({"least_rows": 5_000}, "expected 5000 candles with every feature or more"),
        ({"target": "direction"}, "forecasts a number, and the target has classes"),
    ],
)
def test_what_cannot_be_learned_is_said_in_one_line(
    training: dict[str, object], said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with backtest(tmp_path, **of_sequence(tmp_path, **training)) as bot:
        told = forecast(bot, history())
    [line] = [one.getMessage() for one in caplog.records if "no model" in one.getMessage()]
    assert said in line
    assert (told["model_lean"] == 0).all()


def test_without_pytorch_the_line_names_the_extra_and_nothing_is_traded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with backtest(tmp_path, **of_sequence(tmp_path, "LSTMForecaster")) as bot:
        told = forecast(bot, history())
    [line] = [one.getMessage() for one in caplog.records if "no model" in one.getMessage()]
    assert "expected torch to be installed: pip install 'freqtrade-plimsoll[deep]'" in line
    assert (told["model_lean"] == 0).all()
    assert (told["do_predict"].iloc[BEGIN:] == 0).all()


def test_a_feature_without_a_value_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frame = history().assign(volume=np.nan)
    with backtest(tmp_path, **of_sequence(tmp_path)) as bot:
        told = forecast(bot, frame)
    [line] = [one.getMessage() for one in caplog.records if "no model" in one.getMessage()]
    assert "found none in" in line
    assert "volume" in line
    assert (told["model_lean"] == 0).all()


def test_the_shipped_forecaster_trains_and_forecasts_a_return(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason=NO_TORCH)
    config = of_sequence(tmp_path, "LSTMForecaster", kept=True, early_stopping_rounds=1)
    with backtest(tmp_path, **config) as bot:
        told = forecast(bot, history()).iloc[BEGIN:]
        kept = list(bot.strategy.freqai.full_path.glob("sub-train-*/*_model.npz"))
    assert told["&-return"].nunique() > 50
    assert told["holdout_error"].iloc[0] > 0
    assert len(kept) == 1


def test_other_features_than_it_learned_from_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with live_sequence(tmp_path) as one:
        one.analyse()
        one.train(monkeypatch)
        one.go(1)
        strategy = one.bot.strategy
        fewer = strategy.model_features()[:1]
        monkeypatch.setattr(strategy, "model_features", lambda: fewer)
        found = one.go(1)
    assert found["model_lean"].iloc[-1] == 0
    assert "learned from 12 features" in caplog.text
    assert "is asked with 6 (gone: " in caplog.text
