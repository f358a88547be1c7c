"""Made-up candles with every column that a feature may ask for."""

import numpy as np
import pandas as pd

PRICES = ["open", "high", "low", "close", "mark_close", "index_close", "spot_close"]
PRICES += ["reference_close", "bid_price", "ask_price"]
AMOUNTS = ["volume", "open_interest", "bid_amount", "ask_amount", "taker_buy_volume"]
VALUES = ["open_interest_usd"]
"""Columns in USD: prices times amounts, they grow with either."""


def random_candles(count: int, *, seed: int = 1, timeframe: str = "5min") -> pd.DataFrame:
    """Return plausible candles: a random walk with highs and lows around it.

    ``timeframe`` is a pandas frequency. The same seed gives the same candles.
    """
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.003, count)))
    opened = np.concatenate([[100.0], close[:-1]])
    reach = np.abs(rng.normal(0, 0.002, (2, count)))
    return pd.DataFrame(
        {
            "date": pd.date_range("2024-01-01", periods=count, freq=timeframe, tz="UTC"),
            "open": opened,
            "high": np.maximum(opened, close) * (1 + reach[0]),
            "low": np.minimum(opened, close) * (1 - reach[1]),
            "close": close,
            "volume": rng.lognormal(3, 1, count),
        }
    )


def market_frame(count: int, *, seed: int = 1) -> pd.DataFrame:
    """Return candles as `random_candles` makes them, with derivatives, book, flow and other pairs.

    Opens lie apart from the close before, funding is settled on every 24th candle, and no value
    is missing.
    """
    rng = np.random.default_rng(seed + 1000)
    candles = random_candles(count, seed=seed)
    close, volume = candles["close"], candles["volume"]
    jumped = candles["open"] * (1 + rng.normal(0, 2e-4, count))
    settled = np.arange(count) % 24 == 0
    rate = rng.normal(1e-4, 1e-4, count // 24 + 1).repeat(24)[:count]
    other = np.cumsum(rng.normal(0, 0.002, count)) + 0.6 * np.log(close)
    moves = np.log(close).diff().fillna(0.0) * 0.5 + rng.normal(0, 0.001, count)
    made = candles.assign(
        open=jumped.clip(candles["low"], candles["high"]),
        open_interest=5e4 * np.exp(np.cumsum(rng.normal(0, 0.001, count))),
        funding_rate=rate,
        funding_paid=np.where(settled, rate, 0.0),
        mark_close=close * (1 + rng.normal(0, 3e-4, count)),
        index_close=close * (1 + rng.normal(-2e-4, 3e-4, count)),
        spot_close=close * (1 + rng.normal(-3e-4, 3e-4, count)),
        premium=rng.normal(2e-4, 3e-4, count),
        reference_close=400 * np.exp(other),
        universe_return=moves,
        universe_up_fraction=rng.integers(0, 11, count) / 10,
        universe_dispersion=np.abs(rng.normal(0.002, 0.0005, count)),
        account_ratio=np.exp(rng.normal(0.3, 0.1, count)),
        top_trader_position_ratio=np.exp(rng.normal(0.2, 0.1, count)),
        taker_volume_ratio=np.exp(rng.normal(0.0, 0.2, count)),
        bid_price=close * (1 - np.abs(rng.normal(1e-4, 3e-5, count))),
        ask_price=close * (1 + np.abs(rng.normal(1e-4, 3e-5, count))),
        bid_amount=rng.lognormal(1, 1, count),
        ask_amount=rng.lognormal(1, 1, count),
        taker_buy_volume=volume * rng.uniform(0.2, 0.8, count),
        trades=rng.integers(10, 500, count).astype("float64"),
    )
    return made.assign(open_interest_usd=made["open_interest"] * made["close"])
