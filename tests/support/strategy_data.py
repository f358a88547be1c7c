"""A made-up Freqtrade data folder with everything that the shipped strategies look at."""

from pathlib import Path

import numpy as np
import pandas as pd

COINS = ("BTC", "ETH", "SOL", "XRP", "ADA")
PAIRS = tuple(f"{coin}/USDT:USDT" for coin in COINS)
START = pd.Timestamp("2023-01-01", tz="UTC")
DAYS = 330
END = START + pd.Timedelta(days=DAYS)
OHLC = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}


def write_strategy_data(folder: Path, *, changed_from: pd.Timestamp | None = None) -> Path:
    """Write five pairs with trends, swings, funding, premium and open interest.

    From ``changed_from`` on everything is different; what is before is the same to the last bit.
    """
    futures = folder / "futures"
    futures.mkdir(parents=True)
    index = pd.date_range(START, END, freq="h", inclusive="left")
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
        candles = _candles(index, close, rng)
        stem = f"{coin}_USDT"
        _write(futures / f"{stem}_USDT-1h-futures.feather", candles)
        _write(futures / f"{stem}_USDT-1h-mark.feather", candles)
        four = candles.resample("4h", on="date").agg(OHLC).reset_index()
        _write(futures / f"{stem}_USDT-4h-futures.feather", four)
        _write(folder / f"{stem}-1h.feather", _candles(index, close / (1 + premium), rng))
        settled = index[::8]
        rates = (wander + rng.normal(0, 5e-5, len(index)))[::8] * np.where(later[::8], -3, 1)
        funding = pd.DataFrame({"date": settled, "funding_rate": rates})
        _write(futures / f"{stem}_USDT-1h-funding_rate.feather", funding)
        coins = 1e6 * np.exp(0.3 * np.tanh(grown.cumsum()) + grown)
        interest = {"open_interest_amount": coins, "open_interest_value": coins * close}
        _write(
            futures / f"{stem}_USDT-1h-open_interest.feather",
            pd.DataFrame({"date": index, **interest}),
        )
    return folder


def _candles(index: pd.DatetimeIndex, close: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    opened = np.concatenate([[100.0], close[:-1]])
    reach = 1 + np.abs(rng.normal(0, 0.001, (2, len(index))))
    return pd.DataFrame(
        {
            "date": index,
            "open": opened,
            "high": np.maximum(opened, close) * reach[0],
            "low": np.minimum(opened, close) / reach[1],
            "close": close,
            "volume": rng.lognormal(3, 1, len(index)) * 1000,
        }
    )


def _write(file: Path, frame: pd.DataFrame) -> None:
    frame.assign(date=frame["date"].astype("datetime64[ms, UTC]")).to_feather(file)
