"""Made-up markets as Freqtrade reads them: candles, marks and funding of a drawn description."""

import json
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.lab.study_data import file_of

Drawn = dict[str, Any]

HOUR = pd.Timedelta(hours=1)
MINUTES = {"5m": 5, "15m": 15, "1h": 60, "4h": 240}
RAW = 99
"""Decimals of a price that is not rounded at all."""


def dates_of(market: Mapping[str, Any]) -> pd.DatetimeIndex:
    """Return the opening times of every candle of the market."""
    return pd.date_range(
        pd.Timestamp(market["start"], tz="UTC"),
        periods=market["candles"],
        freq=pd.Timedelta(minutes=MINUTES[market["timeframe"]]),
    ).as_unit("ms")


def candles_of(market: Mapping[str, Any], pair: Mapping[str, Any]) -> pd.DataFrame:
    """Return a pair's candles, whole: holes, late listing and early end are cut by `stored`."""
    return _candles(json.dumps([market, pair])).copy()


@lru_cache(1)
def _candles(description: str) -> pd.DataFrame:
    market, pair = json.loads(description)
    lots = np.random.default_rng([market["seed"], zlib.crc32(pair["pair"].encode())])
    dates = dates_of(market)
    count, wild = len(dates), pair["volatility"]
    close = pair["price"] * np.exp(_path(lots, count, pair["kind"], wild))
    opened = np.concatenate([[pair["price"]], close[:-1]])
    gaps = lots.random(count) < pair["gaps"]
    opened = np.where(gaps, opened * np.exp(lots.normal(0, 3 * wild, count)), opened)
    high = np.maximum(opened, close) * np.exp(np.abs(lots.normal(0, wild / 2, count)))
    low = np.minimum(opened, close) * np.exp(-np.abs(lots.normal(0, wild / 2, count)))
    wicks = lots.random(count) < pair["wicks"]
    high = np.where(wicks, high * np.exp(lots.uniform(0, 25 * wild, count)), high)
    low = np.where(wicks, low * np.exp(-lots.uniform(0, 25 * wild, count)), low)
    volume = lots.exponential(1000.0, count).round(3)
    frame = pd.DataFrame(
        {"date": dates, "open": opened, "high": high, "low": low, "close": close, "volume": volume}
    )
    _still(frame, lots, pair["still"])
    return _rounded(frame, pair["decimals"])


def _path(lots: np.random.Generator, count: int, kind: str, wild: float) -> np.ndarray:
    steps = lots.normal(0, wild, count)
    if kind == "trending":
        legs = np.repeat(lots.normal(0, wild / 3, count // 200 + 1), 200)[:count]
        return np.cumsum(steps + legs)
    if kind == "reverting":
        path = np.zeros(count)
        for row in range(1, count):
            path[row] = 0.97 * path[row - 1] + steps[row]
        return path
    if kind == "jumpy":
        jumps = lots.random(count) < 0.01
        steps = steps + np.where(jumps, lots.choice([-1, 1], count) * 20 * wild, 0)
    return np.clip(np.cumsum(steps), -6, 6)


def _still(frame: pd.DataFrame, lots: np.random.Generator, share: float) -> None:
    """Let nothing be traded in a share of the candles."""
    still = lots.random(len(frame)) < share
    for name in ("high", "low", "close"):
        frame.loc[still, name] = frame.loc[still, "open"]
    frame.loc[still, "volume"] = 0.0


def _rounded(frame: pd.DataFrame, decimals: list[int]) -> pd.DataFrame:
    """Round prices to the decimals of their month; a price stays above zero."""
    months = frame["date"].dt.year * 12 + frame["date"].dt.month
    by_month = dict(zip(months.unique(), decimals * len(months.unique()), strict=False))
    places = months.map(by_month)
    for name in ("open", "high", "low", "close"):
        made = frame[name].copy()
        for one in places.unique():
            if one == RAW:
                continue
            rows = places == one
            made[rows] = made[rows].round(one).clip(lower=round(10.0**-one, one))
        frame[name] = made
    return frame


def stored(market: Mapping[str, Any], pair: Mapping[str, Any]) -> pd.DataFrame:
    """Return what of a pair's candles is in the file."""
    frame = candles_of(market, pair)
    lots = np.random.default_rng([market["seed"], zlib.crc32(pair["pair"].encode()), 1])
    first = int(pair["late"] * len(frame))
    last = max(first + 3, len(frame) - int(pair["early"] * len(frame)))
    frame = frame.iloc[first:last]
    kept = lots.random(len(frame)) >= pair["holes"]
    kept[[0, -1]] = True
    if pair["holes"]:
        begins = int(lots.integers(1, max(2, len(frame) - 60)))
        kept[begins : begins + 30] = False
    return frame[kept].reset_index(drop=True)


def marks_of(market: Mapping[str, Any], pair: Mapping[str, Any]) -> pd.DataFrame:
    """Return hourly mark candles around the price."""
    lots = np.random.default_rng([market["seed"], zlib.crc32(pair["pair"].encode()), 2])
    frame = candles_of(market, pair)
    hours = pd.date_range(
        frame["date"].iloc[0].floor("h"), frame["date"].iloc[-1] + pd.Timedelta(hours=8), freq="h"
    ).as_unit("ms")
    at = np.clip(frame["date"].searchsorted(hours, side="right") - 1, 0, None)
    prices = frame["open"].to_numpy()[at] * np.exp(lots.normal(0, pair["volatility"] / 5, len(at)))
    made = pd.DataFrame({"date": hours, "open": prices})
    made["high"], made["low"], made["close"] = prices * 1.001, prices * 0.999, prices
    made["volume"] = 0.0
    return _with_holes(made, lots, pair["mark_holes"])


def funding_of(market: Mapping[str, Any], pair: Mapping[str, Any]) -> pd.DataFrame:
    """Return funding rates, every so many hours."""
    lots = np.random.default_rng([market["seed"], zlib.crc32(pair["pair"].encode()), 3])
    dates = dates_of(market)
    hours = pd.date_range(
        dates[0].floor("D"), dates[-1] + pd.Timedelta(hours=8), freq=f"{pair['funding_hours']}h"
    ).as_unit("ms")
    rates = lots.normal(0.0001, pair["funding_rate"], len(hours))
    made = pd.DataFrame({"date": hours, "funding_rate": rates.round(8)})
    return _with_holes(made, lots, pair["funding_holes"])


def _with_holes(frame: pd.DataFrame, lots: np.random.Generator, share: float) -> pd.DataFrame:
    kept = lots.random(len(frame)) >= share
    kept[[0, -1]] = True
    return frame[kept].reset_index(drop=True)


def write_market(market: Mapping[str, Any], datadir: Path) -> None:
    """Write a market as a Freqtrade data folder."""
    (datadir / "futures").mkdir(parents=True, exist_ok=True)
    for pair in market["pairs"]:
        name, kind = pair["pair"], "spot" if market["mode"] == "spot" else "futures"
        frames = {file_of(datadir, _perpetual(name), market["timeframe"], kind): stored}
        if kind == "futures":
            frames |= {file_of(datadir, name, "1h", "mark"): marks_of}
            frames |= {file_of(datadir, name, "1h", "funding_rate"): funding_of}
        for file, made in frames.items():
            made(market, pair).to_feather(file, compression="lz4")


def _perpetual(pair: str) -> str:
    return pair if ":" in pair else f"{pair}:USDT"
