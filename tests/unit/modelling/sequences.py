"""LSTMs whose weights are drawn, and rows in which the past says what will happen."""

from typing import Any

import numpy as np

from plimsoll.modelling.fitting import Rows
from plimsoll.modelling.lstm import LSTM

WINDOW, FEATURES = 6, 3


def drawn_lstm(seed: int = 1, *, hidden: int = 4, features: int = FEATURES, **changed: Any) -> LSTM:
    draw = np.random.default_rng(seed)
    made: dict[str, Any] = {
        "middles": draw.normal(size=features),
        "scales": draw.uniform(0.5, 2.0, features),
        "inputs": draw.normal(size=(4 * hidden, features)),
        "states": draw.normal(size=(4 * hidden, hidden)),
        "biases": draw.normal(size=4 * hidden),
        "out": draw.normal(size=hidden),
        "out_bias": draw.normal(size=1),
        "label_middle": np.array([0.3]),
        "label_scale": np.array([2.0]),
        "window_candles": np.array([float(WINDOW)]),
    }
    return LSTM(**{**made, **changed})


def windows(count: int, seed: int = 1, features: int = FEATURES) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (count, WINDOW * features))


def sequence_rows(count: int = 900, *, seed: int = 1, strength: float = 0.01) -> Rows:
    """The label is the product of a feature's signs three candles ago and now: no sum knows it."""
    rows, draw = windows(count, seed), np.random.default_rng(seed + 100)
    cube = rows.reshape(count, WINDOW, FEATURES)
    told = np.sign(cube[:, -4, 0]) * np.sign(cube[:, -1, 0])
    return Rows(rows, strength * told + draw.normal(0, 0.005, count), np.ones(count), 4, 10)
