"""Made-up panels: closes that move together, funding that differs."""

import numpy as np
import pandas as pd

PAIRS = ["BTC", "ETH", "SOL", "XRP", "ADA"]
START = pd.Timestamp("2023-01-01", tz="UTC")


def closes(days: int, *, seed: int = 1, pairs: list[str] | None = None) -> pd.DataFrame:
    """Random walks with a common part, one a pair."""
    rng = np.random.default_rng(seed)
    names = pairs or PAIRS
    common = rng.normal(0, 0.03, (days, 1))
    steps = 0.8 * common + rng.normal(0, 0.02, (days, len(names)))
    index = pd.date_range(START, periods=days, freq="D")
    return pd.DataFrame(100 * np.exp(steps.cumsum(axis=0)), index=index, columns=names)


def settlements(days: int, *, seed: int = 2, pairs: list[str] | None = None) -> pd.DataFrame:
    """Rates every eight hours that wander apart."""
    rng = np.random.default_rng(seed)
    names = pairs or PAIRS
    index = pd.date_range(START, periods=days * 3, freq="8h")
    wander = rng.normal(0, 1e-5, (len(index), len(names))).cumsum(axis=0)
    return pd.DataFrame(1e-4 + wander, index=index, columns=names)
