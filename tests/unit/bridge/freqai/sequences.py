"""Models of sequences as FreqAI runs them, and one whose weights are drawn instead of learned."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import time_machine

from tests.unit.bridge.bots import running_bot
from tests.unit.bridge.freqai.live import BEGIN, FIRST, HOUR, STRATEGY, Live, config, market
from tests.unit.bridge.freqai.training import settings

WINDOW = 6

DRAWN = """
from dataclasses import fields

import numpy as np

from plimsoll.models import PurgedSequence, lstm_regressor
from plimsoll.modelling.lstm import LSTM
from plimsoll.modelling.lstm_training import LSTMRegressor


class DrawnRegressor(LSTMRegressor):
    def fit(self, rows, labels, sample_weight=None, **_):
        draw = np.random.default_rng(len(rows))
        features, wide = rows.shape[1] // self.window_candles, 4
        self.network = LSTM(
            middles=rows.mean(axis=0)[-features:],
            scales=rows.std(axis=0)[-features:] + 0.01,
            inputs=draw.normal(size=(4 * wide, features)),
            states=draw.normal(size=(4 * wide, wide)),
            biases=draw.normal(size=4 * wide),
            out=draw.normal(size=wide),
            out_bias=draw.normal(size=1),
            label_middle=np.array([labels.mean()]),
            label_scale=np.array([labels.std()]),
            window_candles=np.array([float(self.window_candles)]),
        )
        self.best_epochs = 1
        return self


class DrawnSequence(PurgedSequence):
    def regressor(self):
        return DrawnRegressor(window_candles=self.settings.window_candles)
"""


def of_sequence(
    folder: Path, model: str = "DrawnSequence", *, kept: bool = False, **training: Any
) -> dict[str, Any]:
    """A backtest's config for a model of sequences."""
    chosen = {"hidden": 8, "epochs": 2} if model == "LSTMForecaster" else {}
    made = settings(
        folder,
        model_training_parameters=chosen,
        save_backtest_models=kept,
        plimsoll={"target": "return", "window_candles": WINDOW, **training},
    )
    if model == "DrawnSequence":
        (folder / "DrawnSequence.py").write_text(DRAWN)
        made["freqaimodel_path"] = str(folder)
    return {**made, "freqaimodel": model}


@contextmanager
def live_sequence(folder: Path) -> Iterator[Live]:
    """A running bot with a model of sequences, hour by hour."""
    made = config(folder)
    (folder / "DrawnSequence.py").write_text(DRAWN)
    section = {**made["freqai"], "plimsoll": {"target": "return", "window_candles": WINDOW}}
    section["model_training_parameters"] = {}
    made |= {"freqai": section, "freqaimodel": "DrawnSequence", "plimsoll": {}}
    with (
        time_machine.travel(BEGIN + FIRST * HOUR, tick=False) as clock,
        running_bot(folder, STRATEGY, **made) as bot,
    ):
        one = Live(bot, market(FIRST + 40, memory=0.5), clock)
        one.tell_history()
        yield one
