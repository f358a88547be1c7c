"""Small markets for the tests of agents."""

from typing import Any

import numpy as np
import pandas as pd

from plimsoll.learning import SIGNALS, Market, market_of

HOUR = pd.Timedelta(hours=1)
CALM = {
    "ml_signal": 0.5,
    "oi_signal": 0.0,
    "price_momentum": 0.0,
    "volatility": 0.01,
    "funding_rate": 0.0,
    "market_regime": 0.0,
}


def market(closes: list[float], **arrays: Any) -> Market:
    """Candles that open at the close before, one episode, nothing else going on."""
    close = np.array(closes, dtype="float64")
    opens = np.concatenate([close[:1], close[:-1]])
    parts: dict[str, Any] = {
        "open": opens,
        "high": np.maximum(opens, close),
        "low": np.minimum(opens, close),
        "close": close,
        "settled": np.zeros(len(close)),
        "signals": np.tile([CALM[name] for name in SIGNALS], (len(close), 1)),
        "episode": np.zeros(len(close), dtype=int),
        "closing": np.zeros(len(close), dtype=bool),
    }
    return Market(**(parts | {name: np.asarray(values) for name, values in arrays.items()}))


def wild_candles(seed: int, rows: int = 400, begin: str = "2024-01-25") -> pd.DataFrame:
    """Random candles across the end of a month, with signals and funding."""
    draw = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(draw.normal(0, 0.03, rows)))
    opens = np.concatenate([[100.0], close[:-1]]) * np.exp(draw.normal(0, 0.01, rows))
    dates = pd.date_range(begin, periods=rows, freq=HOUR, tz="UTC")
    frame = pd.DataFrame({"date": dates, "open": opens, "close": close})
    frame["high"] = frame[["open", "close"]].max(axis=1) * (1 + draw.exponential(0.02, rows))
    frame["low"] = frame[["open", "close"]].min(axis=1) / (1 + draw.exponential(0.02, rows))
    frame["volume"] = 1.0
    frame["funding_rate"] = draw.normal(0, 0.001, rows)
    frame["funding_paid"] = np.where(dates.hour % 8 == 0, frame["funding_rate"], 0.0)
    for name in ("ml_signal", "oi_signal", "price_momentum", "volatility"):
        frame[name] = draw.uniform(0, 0.1, rows)
    frame["market_regime"] = draw.integers(0, 3, rows).astype(float)
    return frame


def wild_market(seed: int, rows: int = 400) -> Market:
    """The same as a market."""
    return market_of(wild_candles(seed, rows), HOUR)
