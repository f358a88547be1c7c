"""Agents for tests: networks that are written, not trained."""

from typing import Any

import numpy as np
import pandas as pd

from plimsoll.agents import Agent
from plimsoll.learning import STATE, Action, Inputs, Masking, Network, Policy, Terms

MOMENTUM, POSITION = STATE.index("price_momentum"), STATE.index("position")


def follower() -> Policy:
    """Enter with the momentum, add where it is strong, take off where it is weak, leave at last.

    The first layer says: momentum, and momentum on the side of what is held.
    """
    first = np.zeros((3, len(STATE)), dtype=np.float32)
    first[0, MOMENTUM] = 1
    first[1, [MOMENTUM, POSITION]] = 1, 1
    first[2, [MOMENTUM, POSITION]] = 1, -1
    last = np.zeros((len(Action), 3), dtype=np.float32)
    biases = np.zeros(len(Action), dtype=np.float32)
    last[Action.LONG, 0], biases[Action.LONG] = 2, -0.5
    last[Action.SHORT, 0], biases[Action.SHORT] = -2, -0.5
    last[Action.SCALE_IN, 0], biases[Action.SCALE_IN] = 2, -1.0
    last[Action.SCALE_OUT, 2], biases[Action.SCALE_OUT] = -1.5, -0.9
    last[Action.EXIT, 1], biases[Action.EXIT] = -2, -0.1
    nothing = np.zeros(3, dtype=np.float32)
    return Policy(Network([(first, nothing), (last, biases)], "tanh"), Masking.MASKED)


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
