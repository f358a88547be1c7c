"""A data folder whose prices nobody can foretell."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from plimsoll.candles.timeframe import timeframe_span
from plimsoll.lab.strategy_data import (
    COINS,
    ONE_HOUR,
    START,
    end_of,
    of_length,
    write_candles,
    write_frame,
)

STEPS_A_CANDLE = 16
"""A stop fills at its price though the price steps past it: a gain that finer steps make small."""
STEP_DEVIATION = 0.004
FUNDING_DEVIATION = 1e-8


def write_fair_market(folder: Path, *, timeframe: str, days: int, also: Sequence[str] = ()) -> Path:
    """Write five unrelated pairs as `write_strategy_data` does, without anything to foretell them.

    A price is the sum of independent steps, highs and lows are those of its own steps; volume,
    open interest and premium know nothing of it, and funding is next to nothing: of none at all a
    feature has no value.
    """
    (folder / "futures").mkdir(parents=True)
    lengths = {"1h", "4h", timeframe, *also}
    step = min(timeframe_span(one) for one in lengths)
    index = pd.date_range(START, end_of(days), freq=step, inclusive="left")
    rng = np.random.default_rng(29)
    hours = int(ONE_HOUR / step)
    for coin in COINS:
        candles = _candles(index, rng)
        write_candles(folder, coin, candles, lengths)
        premium = np.exp(rng.normal(0, 2e-4, len(index)))
        spot = candles.copy()
        spot[["open", "high", "low", "close"]] = candles[["open", "high", "low", "close"]].div(
            premium, axis=0
        )
        write_frame(folder / f"{coin}_USDT-1h.feather", of_length(spot, ONE_HOUR))
        settled = index[:: 8 * hours]
        rates = rng.normal(0, FUNDING_DEVIATION, len(settled))
        funding = pd.DataFrame({"date": settled, "funding_rate": rates})
        write_frame(folder / f"futures/{coin}_USDT_USDT-1h-funding_rate.feather", funding)
        coins = 1e6 * np.exp(0.3 * np.tanh(rng.normal(0, 0.004, len(index)).cumsum()))
        held = pd.DataFrame(
            {
                "date": index,
                "open_interest_amount": coins,
                "open_interest_value": coins * candles["close"],
            }
        )
        file = folder / f"futures/{coin}_USDT_USDT-1h-open_interest.feather"
        write_frame(file, held.iloc[::hours].reset_index(drop=True))
    return folder


def _candles(index: pd.DatetimeIndex, rng: np.random.Generator) -> pd.DataFrame:
    deviation = STEP_DEVIATION / np.sqrt(STEPS_A_CANDLE)
    steps = rng.normal(-(deviation**2) / 2, deviation, (len(index), STEPS_A_CANDLE))
    path = 100 * np.exp(steps.ravel().cumsum()).reshape(steps.shape)
    opened = np.concatenate([[100.0], path[:-1, -1]])
    return pd.DataFrame(
        {
            "date": index,
            "open": opened,
            "high": np.maximum(opened, path.max(axis=1)),
            "low": np.minimum(opened, path.min(axis=1)),
            "close": path[:, -1],
            "volume": rng.lognormal(3, 1, len(index)) * 1000,
        }
    )
