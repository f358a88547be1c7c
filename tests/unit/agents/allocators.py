"""Allocators whose network was drawn, or follows the signal."""

from typing import Any

import numpy as np
import pandas as pd

from plimsoll.agents import Allocator
from plimsoll.learning import Network
from plimsoll.learning.allocation import AllocationTerms

UNTIL = pd.Timestamp("2023-12-20", tz="UTC")


def signal_network() -> Network:
    """Scores a sleeve by twice its signal less that of the rest."""
    weights = np.zeros((1, 7), dtype=np.float32)
    weights[0, 1], weights[0, 3] = 2.0, -2.0
    return Network([(weights, np.zeros(1, dtype=np.float32))], "tanh")


def allocator(**changed: Any) -> Allocator:
    made: dict[str, Any] = {
        "network": signal_network(),
        "terms": AllocationTerms(),
        "sleeves": ("trend", "carry", "cross", "follow"),
        "trained_from": pd.Timestamp("2021-01-01", tz="UTC"),
        "trained_until": UNTIL,
        "steps": 1_000,
        "seed": 1,
        "made_with": {"torch": "2.0"},
    }
    return Allocator(**{**made, **changed})
