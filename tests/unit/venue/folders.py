"""A small freqtrade data folder, written the way freqtrade writes it."""

from pathlib import Path

import numpy as np
import pandas as pd

START = pd.Timestamp("2024-03-01", tz="UTC")


def candles(count: int, minutes: int, seed: int, price: float) -> pd.DataFrame:
    """Return candles with awkward floats, so that a rounded number would be noticed."""
    rng = np.random.default_rng(seed)
    close = price * np.exp(np.cumsum(rng.normal(0, 0.002, count)))
    opened = np.concatenate([[price], close[:-1]])
    high = np.maximum(opened, close) * (1 + np.abs(rng.normal(0, 0.001, count)))
    low = np.minimum(opened, close) * (1 - np.abs(rng.normal(0, 0.001, count)))
    return pd.DataFrame(
        {
            "date": START + pd.to_timedelta(np.arange(count) * minutes, unit="min"),
            "open": np.round(opened, 2),
            "high": np.round(high, 2) + 0.01,
            "low": np.round(low, 2) - 0.01,
            "close": np.round(close, 2),
            "volume": rng.lognormal(3, 1, count),
        }
    )


def merged(frame: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Return candles merged to a longer timeframe."""
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    return frame.resample(rule, on="date").agg(how).reset_index()


def write_folder(folder: Path, days: int = 3) -> Path:
    """Write two pairs with 5 m, 1 h, mark, funding and open interest; return the folder."""
    futures = folder / "futures"
    futures.mkdir(parents=True)
    for seed, (coin, price) in enumerate((("BTC", 60_000.0), ("ETH", 3_000.0))):
        stem = f"{coin}_USDT_USDT"
        fine = candles(days * 288, 5, seed, price)
        hours = merged(fine, "1h")
        mark = hours.assign(
            **{name: hours[name] * (1 + 1e-4 / 3) for name in ("open", "high", "low", "close")},
            volume=0.0,
        )
        funding = pd.DataFrame(
            {
                "date": START + pd.to_timedelta(np.arange(1, days * 3) * 8, unit="h"),
                "funding_rate": np.random.default_rng(seed).normal(1e-4, 5e-5, days * 3 - 1),
            }
        )
        interest = pd.DataFrame(
            {
                "date": fine["date"],
                "open_interest_amount": fine["volume"].cumsum() + 1000.0,
                "open_interest_value": (fine["volume"].cumsum() + 1000.0) * fine["open"],
            }
        )
        for name, frame in (
            ("5m-futures", fine),
            ("1h-futures", hours),
            ("1h-mark", mark),
            ("1h-funding_rate", funding),
            ("5m-open_interest", interest),
        ):
            frame.to_feather(futures / f"{stem}-{name}.feather")
    return folder
