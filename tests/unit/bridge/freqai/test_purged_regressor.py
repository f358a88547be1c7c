"""The base of the regressors: what it says of itself, and the lean that comes of it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from tests.unit.bridge.bots import backtest
from tests.unit.bridge.freqai.training import BEGIN, forecast, history, of_model


def test_a_return_is_forecast_in_its_own_unit_and_leans_by_its_error(tmp_path: Path) -> None:
    frame = history()
    with backtest(tmp_path, **of_model(tmp_path, "LinearReturn")) as bot:
        found = forecast(bot, frame).iloc[BEGIN:]
        trusted = bot.strategy._with_forecast(found.assign(holdout_side_skill=0.1))
    truth = frame["close"].shift(-4) / frame["close"] - 1
    error, said = found["holdout_error"].iloc[0], found["&-return"]
    assert 0.5 * truth.std() < error < 2 * truth.std()
    assert said.abs().max() < 10 * truth.std()
    up = norm.cdf((said - 0.005) / error)
    down = norm.cdf((-0.005 - said) / error)
    assert np.allclose(trusted["model_lean"], up - down)


def test_a_planted_return_is_found_and_its_skill_is_above_nothing(tmp_path: Path) -> None:
    frame = history()
    # What rose over four hours falls over the next four.
    step = np.random.default_rng(1).normal(0, 0.01, len(frame))
    for row in range(4, len(step)):
        step[row] -= 0.2 * step[row - 4]
    close = pd.Series(100 * np.exp(np.cumsum(step)))
    frame = frame.assign(close=close, open=close.shift(1).fillna(100.0))
    frame["high"] = frame[["open", "close"]].max(axis=1) * 1.001
    frame["low"] = frame[["open", "close"]].min(axis=1) * 0.999
    with backtest(tmp_path, **of_model(tmp_path, "LinearReturn")) as bot:
        found = forecast(bot, frame).iloc[BEGIN:-4]
    truth = (close.shift(-4) / close - 1).iloc[BEGIN:-4]
    assert np.corrcoef(found["&-return"], truth)[0, 1] > 0.05
    assert found["holdout_side_skill"].iloc[0] == pytest.approx(
        found["holdout_skill"].iloc[0], abs=0.05
    )
