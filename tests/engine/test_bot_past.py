"""What a running bot has of the past makes the targets of a backtest, which has all of it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.agents import write_allocator
from plimsoll.bridge.strategies.portfolio import PortfolioStrategy
from plimsoll.bridge.strategies.readiness import made_up_panel
from plimsoll.bundle import user_data_folder
from plimsoll.lab.strategy_loading import load_strategy
from plimsoll.signals.panels import Targets
from tests.unit.agents.allocators import allocator

PAIRS = [f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SOL", "XRP", "ADA")]
ONE_CALL: Mapping[str, float] = {"1d": 499, "4h": 499 / 6, "funding": 1000 / 3}
"""Days of what Freqtrade fetches at once: candles of a length, settlements."""


def loaded(name: str) -> PortfolioStrategy:
    base = user_data_folder("config") / "base.json"
    made = load_strategy(name, user_data_folder("strategies").parent, [base]).strategy
    assert isinstance(made, PortfolioStrategy)
    return made


def targets(strategy: PortfolioStrategy, days: Mapping[str, float]) -> Targets:
    """Targets of made-up candles, of which only the latest days are known."""
    whole = made_up_panel(PAIRS, strategy.panel_timeframes, days=1300)
    end = whole.closes("1d").index[-1] + pd.Timedelta(days=1)

    def late(frame: pd.DataFrame, name: str) -> pd.DataFrame:
        return frame[frame.index >= end - pd.Timedelta(days=days[name])]

    candles = {
        timeframe: {pair: late(frame, timeframe) for pair, frame in of_pairs.items()}
        for timeframe, of_pairs in whole.candles.items()
    }
    paid = late(whole.settlements, "funding")
    return strategy.targets(replace(whole, candles=candles, settlements=paid, _grids={}))


@pytest.mark.freqtrade
@pytest.mark.parametrize("name", ["TrendPortfolio", "FundingCarry", "Ensemble"])
def test_a_bot_knows_as_much_as_its_targets_look_back_on(name: str) -> None:
    strategy = loaded(name)
    every = targets(strategy, dict.fromkeys(ONE_CALL, 1300))
    bots = targets(strategy, {**ONE_CALL, **strategy.panel_days})
    for frame, whole in ((bots.weights, every.weights), (bots.full_sizes, every.full_sizes)):
        pd.testing.assert_series_equal(frame.iloc[-1], whole.iloc[-1], rtol=1e-6)


def test_one_call_is_too_little_for_the_ensemble() -> None:
    strategy = loaded("Ensemble")
    every = targets(strategy, dict.fromkeys(ONE_CALL, 1300)).weights.iloc[-1]
    for less in ({"4h": 415.0}, {"funding": 208.0}, {"1d": 499.0}):
        found = targets(strategy, {**strategy.panel_days, **less}).weights.iloc[-1]
        off = (found - every).abs().sum() / every.abs().sum()
        assert not off < 1e-4, less


def test_a_bot_shares_out_by_its_allocator_as_a_backtest_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = allocator(trained_until=pd.Timestamp("2015-01-01", tz="UTC"))
    write_allocator(one, tmp_path / "one.npz")
    strategy = loaded("RLAllocator")
    monkeypatch.setattr(type(strategy), "agent_folder", lambda _: tmp_path)
    monkeypatch.setattr(type(strategy), "expires_days", 36_500)
    every = targets(strategy, dict.fromkeys(ONE_CALL, 1300)).weights.iloc[-1]
    bots = targets(strategy, {**ONE_CALL, **strategy.panel_days}).weights.iloc[-1]
    pd.testing.assert_series_equal(bots, every, rtol=1e-6)
    (tmp_path / "one.npz").unlink()
    equal = targets(strategy, dict.fromkeys(ONE_CALL, 1300)).weights.iloc[-1]
    rule = targets(loaded("Ensemble"), dict.fromkeys(ONE_CALL, 1300)).weights.iloc[-1]
    pd.testing.assert_series_equal(equal, rule)
    assert (every - equal).abs().sum() > 0.001
