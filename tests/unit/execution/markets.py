"""Candles and tapes that say exactly what the tests need."""

import numpy as np
import pandas as pd

from plimsoll.execution.tape import Tape
from tests.unit.performance.frames import BTC

HOUR, FIVE = pd.Timedelta(hours=1), pd.Timedelta(minutes=5)
START = pd.Timestamp("2024-01-01", tz="UTC")


def calm(
    count: int = 24 * 10, *, span: pd.Timedelta = HOUR, volume: float = 1000.0
) -> pd.DataFrame:
    """Candles around 100 that rise and fall by 1 % in turn."""
    close = np.where(np.arange(count) % 2 == 0, 100.0, 101.0)
    opened = np.concatenate([[100.0], close[:-1]])
    return pd.DataFrame(
        {
            "date": pd.date_range(START, periods=count, freq=span),
            "open": opened,
            "high": np.maximum(opened, close) + 0.5,
            "low": np.minimum(opened, close) - 0.5,
            "close": close,
            "volume": volume,
        }
    )


def detail(*rows: tuple[float, float, float, float, float], at: pd.Timestamp) -> pd.DataFrame:
    """Twelve candles of five minutes: those given, then flat ones at the last close."""
    last = rows[-1][3]
    rows += ((last, last, last, last, rows[-1][4]),) * (12 - len(rows))
    frame = pd.DataFrame(list(rows), columns=["open", "high", "low", "close", "volume"])
    return frame.assign(date=pd.date_range(at, periods=12, freq=FIVE))


def tape(own: pd.DataFrame | None = None, shorter: pd.DataFrame | None = None) -> Tape:
    """A tape of hours, and of five minutes where there are some."""
    frames = {HOUR: calm() if own is None else own}
    if shorter is not None:
        frames[FIVE] = shorter
    return Tape(BTC, frames, days=7)
