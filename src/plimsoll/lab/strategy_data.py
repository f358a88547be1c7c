"""A made-up Freqtrade data folder with everything that strategies look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.candles.timeframe import timeframe_span

COINS = ("BTC", "ETH", "SOL", "XRP", "ADA")
PAIRS = tuple(f"{coin}/USDT:USDT" for coin in COINS)
START = pd.Timestamp("2023-01-01", tz="UTC")
DAYS = 330
ONE_HOUR = pd.Timedelta(hours=1)
OHLC = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}


def end_of(days: int) -> pd.Timestamp:
    """Return the moment at which a folder of so many days ends."""
    return START + pd.Timedelta(days=days)


def write_strategy_data(
    folder: Path,
    *,
    changed_from: pd.Timestamp | None = None,
    timeframe: str = "1h",
    days: int = DAYS,
    also: Sequence[str] = (),
    funding_from: pd.Timestamp | None = None,
) -> Path:
    """Write five pairs with trends, swings, funding, premium and open interest.

    Candles are of 1h and 4h, of ``timeframe``, and of those in ``also``. From ``changed_from`` on
    everything is different; what is before is the same to the last bit. Funding is different from
    ``funding_from`` on, by default the same moment: what is settled at it was known before.
    """
    (folder / "futures").mkdir(parents=True)
    lengths = {"1h", "4h", timeframe, *also}
    step = min(timeframe_span(one) for one in lengths)
    index = pd.date_range(START, end_of(days), freq=step, inclusive="left")
    rng = np.random.default_rng(11)
    drift = np.repeat(rng.normal(0, 6e-4, len(index) // 240 + 1), 240)[: len(index)]
    common = drift + rng.normal(0, 0.003, len(index))
    later = np.zeros(len(index), bool) if changed_from is None else index >= changed_from
    for coin in COINS:
        own = 0.8 * common + rng.normal(0, 0.003, len(index))
        grown = rng.normal(0, 0.004, len(index)) + 0.4 * np.abs(own)
        # Now and then positions are closed by force.
        forced = rng.random(len(index)) < 0.004
        own, grown = np.where(forced, -0.04, own), np.where(forced, -0.06, grown)
        wander = 3e-4 * np.sin(np.arange(len(index)) / 300 + len(coin) * rng.random())
        premium = wander + rng.normal(0, 2e-4, len(index))
        own, grown = np.where(later, -2 * own, own), np.where(later, -grown, grown)
        premium = np.where(later, -premium, premium)
        close = 100 * np.exp(own.cumsum())
        candles = _candles(index, close, rng, later)
        write_candles(folder, coin, candles, lengths)
        spot = _candles(index, close / (1 + premium), rng, later)
        write_frame(folder / f"{coin}_USDT-1h.feather", of_length(spot, ONE_HOUR))
        hours = int(ONE_HOUR / step)
        settled = index[:: 8 * hours]
        rates = wander + rng.normal(0, 5e-5, len(index))
        to_come = later if funding_from is None else index >= funding_from
        rates = rates[:: 8 * hours] * np.where(to_come[:: 8 * hours], -3, 1)
        funding = pd.DataFrame({"date": settled, "funding_rate": rates})
        write_frame(folder / f"futures/{coin}_USDT_USDT-1h-funding_rate.feather", funding)
        coins = 1e6 * np.exp(0.3 * np.tanh(grown.cumsum()) + grown)
        interest = {"open_interest_amount": coins, "open_interest_value": coins * close}
        held = pd.DataFrame({"date": index, **interest}).iloc[::hours].reset_index(drop=True)
        write_frame(folder / f"futures/{coin}_USDT_USDT-1h-open_interest.feather", held)
    return folder


def write_candles(folder: Path, coin: str, candles: pd.DataFrame, lengths: set[str]) -> None:
    """Write a pair's futures candles of several lengths, and its mark prices by the hour."""
    stem = f"futures/{coin}_USDT_USDT"
    hourly = of_length(candles, ONE_HOUR)
    write_frame(folder / f"{stem}-1h-mark.feather", hourly)
    for length in lengths:
        made = of_length(candles, timeframe_span(length))
        write_frame(folder / f"{stem}-{length}-futures.feather", made)


def of_length(candles: pd.DataFrame, length: pd.Timedelta) -> pd.DataFrame:
    """Return candles of a greater length, or the very ones where it is theirs."""
    if candles["date"].iloc[1] - candles["date"].iloc[0] == length:
        return candles
    shape: Any = OHLC
    return candles.resample(length, on="date").agg(shape).reset_index()


def _candles(
    index: pd.DatetimeIndex, close: Any, rng: np.random.Generator, later: Any
) -> pd.DataFrame:
    opened = np.concatenate([[100.0], close[:-1]])
    reach = 1 + np.abs(rng.normal(0, 0.001, (2, len(index))))
    return pd.DataFrame(
        {
            "date": index,
            "open": opened,
            "high": np.maximum(opened, close) * reach[0],
            "low": np.minimum(opened, close) / reach[1],
            "close": close,
            "volume": rng.lognormal(3, 1, len(index)) * np.where(later, 250, 1000),
        }
    )


def write_frame(file: Path, frame: pd.DataFrame) -> None:
    """Write a table with a ``date`` as Freqtrade keeps it."""
    frame.assign(date=frame["date"].astype("datetime64[ms, UTC]")).to_feather(file)
