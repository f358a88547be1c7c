"""A small market to search on: a venue's list of markets, and made-up candles of two pairs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from plimsoll.lab.study_data import file_of
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue

PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
FIRST, DAYS = pd.Timestamp("2025-06-01", tz="UTC"), 12


@dataclass(frozen=True, slots=True)
class SearchGround:
    """A user folder with data, and the config layers to search in it."""

    folder: Path
    venue_config: Path

    @property
    def userdir(self) -> Path:
        """The user folder."""
        return self.folder / "user_data"

    def arguments(
        self,
        *more: str,
        strategy: str = "TrendFollow",
        loss: str = "SharpeHyperOptLoss",
        epochs: int = 6,
        timerange: str = "20250604-20250609",
        spaces: tuple[str, ...] = ("buy", "sell"),
    ) -> tuple[str, ...]:
        """Return arguments of ``freqtrade hyperopt``."""
        config = self.userdir / "config"
        layers = [config / "base.json", self.venue_config, config / "mode-backtest.json"]
        layers.append(self.folder / "search.json")
        return (
            *("--userdir", str(self.userdir), "--datadir", str(self.folder / "data")),
            *(part for layer in layers for part in ("-c", str(layer))),
            *("--strategy", strategy, "-i", "5m", "--timerange", timerange),
            *("--hyperopt-loss", loss, "--epochs", str(epochs)),
            *more,
            *("--spaces", *spaces),
        )


@contextmanager
def serve_search_ground(folder: Path) -> Iterator[SearchGround]:
    """Yield a ground whose venue serves for the length of the block."""
    lay_out(folder / "user_data")
    write_candles(folder / "data")
    last = {
        "stake_amount": 100,
        "pairlists": [{"method": "StaticPairList"}],
        "plimsoll": {"guards": "off"},
    }
    (folder / "search.json").write_text(json.dumps(last), encoding="utf-8")
    # A clock that stands still: what waits for time to pass would wait for ever.
    standing = ["--symbols", ",".join(PAIRS), "--clock", "stepped"]
    with serve_venue(standing, folder=folder) as venue:
        yield SearchGround(folder, venue.config)


def write_candles(datadir: Path) -> None:
    """Write candles, marks and funding of both pairs, in Freqtrade's files."""
    (datadir / "futures").mkdir(parents=True, exist_ok=True)
    for seed, pair in enumerate(PAIRS):
        made = candles(seed)
        made.to_feather(file_of(datadir, pair, "5m"))
        hourly = made.iloc[::12].reset_index(drop=True)
        hourly.to_feather(file_of(datadir, pair, "1h", "mark"))
        rates = hourly[hourly["date"].dt.hour % 8 == 0].reset_index(drop=True)
        rates = rates.assign(open=0.0001, high=0.0, low=0.0, close=0.0, volume=0.0)
        rates.to_feather(file_of(datadir, pair, "1h", "funding_rate"))


def candles(seed: int) -> pd.DataFrame:
    """Return candles of five minutes: a walk that trends for half a day at a time."""
    count = DAYS * 288
    lot = np.random.default_rng(seed)
    drift = np.repeat(lot.normal(0.0, 4e-4, count // 144), 144)
    close = np.round(1000.0 * np.exp(np.cumsum(drift + lot.normal(0.0, 2e-3, count))), 2)
    opened = np.concatenate([[1000.0], close[:-1]])
    reach = np.abs(lot.normal(0.0, 1e-3, (2, count))) * close
    return pd.DataFrame(
        {
            "date": pd.date_range(FIRST, periods=count, freq="5min"),
            "open": opened,
            "high": np.round(np.maximum(opened, close) + reach[0], 2),
            "low": np.round(np.minimum(opened, close) - reach[1], 2),
            "close": close,
            "volume": 1000.0,
        }
    )
