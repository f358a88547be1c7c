"""A data folder in which nothing foretells a price."""

from pathlib import Path

import numpy as np
import pandas as pd

from plimsoll.lab.leaks.fair_market import write_fair_market
from plimsoll.lab.strategy_data import COINS, write_strategy_data


def read(folder: Path, coin: str, length: str = "5m") -> pd.DataFrame:
    return pd.read_feather(folder / f"futures/{coin}_USDT_USDT-{length}-futures.feather")


def test_files_are_those_of_the_made_up_data(tmp_path: Path) -> None:
    fair = write_fair_market(tmp_path / "fair", timeframe="5m", days=3, also=["15m"])
    usual = write_strategy_data(tmp_path / "usual", timeframe="5m", days=3, also=["15m"])
    names = sorted(str(one.relative_to(fair)) for one in fair.rglob("*.feather"))
    assert names == sorted(str(one.relative_to(usual)) for one in usual.rglob("*.feather"))
    for name in names:
        one, other = pd.read_feather(fair / name), pd.read_feather(usual / name)
        assert list(one.columns) == list(other.columns)
        assert len(one) == len(other)


def test_returns_are_related_to_nothing(tmp_path: Path) -> None:
    fair = write_fair_market(tmp_path / "fair", timeframe="5m", days=10)
    closes = pd.concat([np.log(read(fair, coin)["close"]) for coin in COINS], axis=1)
    returns = closes.diff().dropna()
    slack = 4 / np.sqrt(len(returns))
    assert np.abs(returns.corr().to_numpy() - np.eye(len(COINS))).max() < slack
    for number in range(len(COINS)):
        column = returns.iloc[:, number]
        assert abs(column.autocorr(1)) < slack
        assert abs(column.mean() / column.std()) < slack


def test_highs_and_lows_are_reached_and_funding_is_next_to_nothing(tmp_path: Path) -> None:
    fair = write_fair_market(tmp_path / "fair", timeframe="1h", days=5)
    candles = read(fair, "BTC", "1h")
    assert (candles["high"] >= candles[["open", "close"]].max(axis=1)).all()
    assert (candles["low"] <= candles[["open", "close"]].min(axis=1)).all()
    assert (candles["high"] > candles[["open", "close"]].max(axis=1)).mean() > 0.7
    funding = pd.read_feather(fair / "futures/BTC_USDT_USDT-1h-funding_rate.feather")
    assert funding["funding_rate"].abs().sum() < 1e-5
    assert funding["funding_rate"].nunique() == len(funding)
