"""A running bot with FreqAI, hour by hour: real trainings and forecasts on a market of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import time_machine
from freqtrade.enums import CandleType
from freqtrade.freqai import freqai_interface

from plimsoll.bridge.champions.seats import close_all
from plimsoll.champions.seat import Seat
from tests.unit.bridge.bots import BTC, ETH, Bot, running_bot
from tests.unit.bridge.freqai.training import PROFILE

HOUR = timedelta(hours=1)
BEGIN = datetime(2026, 3, 1, tzinfo=pd.Timestamp(0, tz="UTC").tzinfo)
TRAIN_DAYS = 20
WARM = 60
FIRST = WARM + 24 * TRAIN_DAYS + 30
"""Hours of market before the bot starts."""

STRATEGY = """
from plimsoll.features import returns, volatility
from plimsoll.signals.model import leans, turned
from plimsoll.strategies import ModelStrategy


class Planted(ModelStrategy):
    timeframe = "1h"
    target_move = 0.002

    def model_features(self):
        return [returns.close_return.use(period=1), returns.close_return.use(period=4)]

    def features(self):
        return [volatility.atr.use(period=14)]

    def least_lean(self):
        return 0.05

    def entry_signal(self, candles, side):
        return leans(side=side, lean=candles["model_lean"], least=0.05)

    def exit_signal(self, candles, side):
        return turned(side=side, lean=candles["model_lean"])
"""

MODEL = """
from sklearn.linear_model import LogisticRegression

from plimsoll.models import PurgedClassifier


class PlantedModel(PurgedClassifier):
    kind = "good"

    def classifier(self):
        return LogisticRegression(max_iter=200)

    def fit(self, data_dictionary, dk, **kwargs):
        if self.kind == "broken":
            raise ValueError("one class only")
        if self.kind == "blind":  # what it learns is the wrong way round: no skill at all
            swapped = data_dictionary["train_labels"].replace({"up": "down", "down": "up"})
            data_dictionary = {**data_dictionary, "train_labels": swapped}
        return super().fit(data_dictionary, dk, **kwargs)
"""


def market(hours: int, *, memory: float, seed: int = 3) -> np.ndarray:
    """Hourly returns of which each keeps ``memory`` of the one before."""
    shocks = np.random.default_rng(seed).normal(0, 0.004, hours)
    moves = np.zeros(hours)
    for hour in range(1, hours):
        moves[hour] = memory * moves[hour - 1] + shocks[hour]
    return moves


@dataclass
class Live:
    """A bot, its market and its clock, which stands at the close of candle ``hour``."""

    bot: Bot
    moves: np.ndarray
    clock: Any
    hour: int = FIRST
    frames: list[pd.DataFrame] = field(default_factory=list)

    @property
    def model(self) -> Any:
        return self.bot.strategy.freqai

    @property
    def seat(self) -> Seat:
        seat: Seat = self.model._bound.seats.seat(BTC, self.now)
        return seat

    @property
    def now(self) -> datetime:
        return BEGIN + self.hour * HOUR

    def candles(self) -> pd.DataFrame:
        close = 100 * np.exp(np.cumsum(self.moves[: self.hour]))
        opened = np.concatenate([[100.0], close[:-1]])
        return pd.DataFrame(
            {
                "date": pd.date_range(BEGIN, periods=self.hour, freq="h").as_unit("ms"),
                "open": opened,
                "high": np.maximum(opened, close) * 1.001,
                "low": np.minimum(opened, close) * 0.999,
                "close": close,
                "volume": 1000.0,
            }
        )

    def tell_history(self) -> None:
        """What FreqAI reads from the disk when a bot starts."""
        self.model.scanning = True  # the thread that trains: `train` does what it does
        self.model.dd.historic_data = {pair: {"1h": self.candles()} for pair in (BTC, ETH)}

    def analyse(self, *, hears: bool = True) -> pd.DataFrame:
        """Let the newest candle be analysed as Freqtrade does; ``hears``: in a loop of guards."""
        self.clock.move_to(self.now + timedelta(seconds=5))
        frame = self.candles()
        for pair in (BTC, ETH):
            self.bot.exchange._klines[(pair, "1h", CandleType.FUTURES)] = frame
        strategy, told = self.bot.strategy, {"pair": BTC}
        found = strategy.populate_indicators(frame.tail(80).reset_index(drop=True), told)
        found = strategy.populate_entry_trend(found, told)
        found = strategy.populate_exit_trend(found, told)
        strategy.dp._set_cached_df(BTC, "1h", found, CandleType.FUTURES)
        if hears:
            strategy.bot_loop_start(current_time=self.now)
        return found

    def go(self, hours: int) -> pd.DataFrame:
        """Let hours pass, one analysis after each; return the last one's candles."""
        for left in reversed(range(hours)):
            self.hour += 1
            found = self.analyse(hears=left == 0)
        return found

    def train(self, monkeypatch: pytest.MonkeyPatch, kind: str = "good") -> None:
        """Let FreqAI's own thread look once whether a pair is to be trained, and train it."""
        type(self.model).kind = kind
        looks = iter([False, True])

        class Once:
            def is_set(self) -> bool:
                return next(looks)

        monkeypatch.setattr(freqai_interface.time, "sleep", lambda _: None)
        self.model.train_queue.clear()
        self.model.train_queue.append(BTC)
        event, self.model._stop_event = self.model._stop_event, Once()
        self.model._start_scanning(self.bot.strategy)
        self.model._stop_event = event


def config(folder: Path, **champion: Any) -> dict[str, Any]:
    (folder / "config.json").write_text("{}")
    (folder / "PlantedModel.py").write_text(MODEL)
    section = {
        **PROFILE["freqai"],
        "train_period_days": TRAIN_DAYS,
        "feature_parameters": {
            **PROFILE["freqai"]["feature_parameters"],
            "buffer_train_data_candles": 4,
            "label_period_candles": 1,
        },
    }
    policy = {"enabled": True, "trial_outcomes": 60, **champion}
    return {
        "strategy": "Planted",
        "timeframe": "1h",
        "datadir": folder / "data",
        "config_files": [str(folder / "config.json")],
        "freqaimodel": "PlantedModel",
        "freqaimodel_path": str(folder),
        "freqai": section,
        "plimsoll": {"champion": policy},
    }


@contextmanager
def live(folder: Path, moves: np.ndarray, *, hour: int = FIRST, **champion: Any) -> Iterator[Live]:
    """Start a bot at an hour of a market; a second call restarts it."""
    with time_machine.travel(BEGIN + hour * HOUR, tick=False) as clock:
        try:
            with running_bot(folder, STRATEGY, **config(folder, **champion)) as bot:
                one = Live(bot, moves, clock, hour)
                one.tell_history()
                yield one
        finally:
            close_all()
