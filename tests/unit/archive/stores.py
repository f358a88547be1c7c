"""A small data folder for the feature store, and its command."""

from pathlib import Path

import numpy as np
import pandas as pd
from click.testing import Result
from typer.testing import CliRunner

from plimsoll.cli import app
from plimsoll.core import PlimsollError
from tests.conftest import random_candles

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
ROWS = 3000


def funding_rates() -> pd.DataFrame:
    dates = pd.date_range("2024-01-01", periods=ROWS // 96 + 1, freq="8h", tz="UTC")
    return pd.DataFrame({"date": dates, "funding_rate": np.linspace(-1e-4, 1e-4, len(dates))})


def interest(candles: pd.DataFrame) -> pd.DataFrame:
    amount = np.linspace(100, 120, len(candles)) + np.sin(np.arange(len(candles)))
    return pd.DataFrame(
        {
            "date": candles["date"],
            "open_interest_amount": amount,
            "open_interest_value": amount * candles["close"],
        }
    )


def write_folder(folder: Path) -> Path:
    """Write two pairs of candles, and funding, open interest and mark of one; return the folder."""
    (folder / "futures").mkdir(parents=True)
    for pair, seed in (("BTC", 1), ("ETH", 2)):
        candles = random_candles(ROWS, seed=seed)
        candles.to_feather(folder / f"futures/{pair}_USDT_USDT-5m-futures.feather")
    candles = random_candles(ROWS, seed=2)
    futures = folder / "futures"
    funding_rates().to_feather(futures / "ETH_USDT_USDT-1h-funding_rate.feather")
    interest(candles).to_feather(futures / "ETH_USDT_USDT-5m-open_interest.feather")
    candles.assign(volume=0.0).to_feather(futures / "ETH_USDT_USDT-5m-mark.feather")
    return folder


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["features", *map(str, words)])


def refused(*words: str | Path) -> PlimsollError:
    """The error that `plimsoll.cli.main` prints and whose status it exits with."""
    done = run(*words)
    assert isinstance(done.exception, PlimsollError), done.output
    return done.exception


def compute(datadir: Path, out: Path, *words: str | Path, pair: str = ETH) -> list[str | Path]:
    base: list[str | Path] = ["compute", "--pair", pair, "--timeframe", "5m"]
    return [*base, "--datadir", datadir, "--out", out, *words]
