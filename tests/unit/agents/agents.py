"""Agents for tests: networks that are written, not trained."""

from typing import Any

import numpy as np
import pandas as pd

from plimsoll.agents import Agent
from plimsoll.learning import STATE, Action, Inputs, Masking, Network, Policy, Terms


def follower(wish: float = 8.0) -> Policy:
    """Go with the momentum, leave when it turns."""
    momentum, position = STATE.index("price_momentum"), STATE.index("position")
    weights = np.zeros((len(Action), len(STATE)), dtype=np.float32)
    biases = np.full(len(Action), -9.0, dtype=np.float32)
    biases[Action.HOLD] = 0.0
    weights[Action.LONG, momentum], biases[Action.LONG] = wish, -1.0
    weights[Action.SHORT, momentum], biases[Action.SHORT] = -wish, -1.0
    weights[Action.HOLD, position] = 0.0
    return Policy(Network([(weights, biases)], "tanh"), Masking.MASKED)


def agent(**changed: Any) -> Agent:
    """A trained agent that was not trained."""
    usual: dict[str, Any] = {
        "policy": follower(),
        "algorithm": "ppo",
        "inputs": Inputs(funding=False),
        "terms": Terms(),
        "timeframe": "1h",
        "pairs": ("BTC/USDT:USDT",),
        "trained_from": pd.Timestamp("2022-01-01", tz="UTC"),
        "trained_until": pd.Timestamp("2023-12-31", tz="UTC"),
        "steps": 1000,
        "seed": 1,
        "made_with": {"torch": "2"},
    }
    return Agent(**(usual | changed))
