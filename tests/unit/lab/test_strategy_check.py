"""Strategies with a planted defect fall short of the contract that it breaks; others do not."""

import importlib.util
import re
from pathlib import Path

import pytest

from plimsoll.checks.finding import title
from plimsoll.checks.strategies import CONTRACTS
from plimsoll.lab import strategy_check
from plimsoll.lab.check import defined_in
from plimsoll.lab.strategy_check import check_strategy_class, targets_held
from tests.conftest import ROOT

HEAD = """
import pandas as pd

from plimsoll.features import trend, volatility
from plimsoll.strategies import FeatureUse, GuardedStrategy, Side


class Tried(GuardedStrategy):
    timeframe = "1h"

    def features(self) -> list[FeatureUse]:
        return [trend.ema_gap.use(fast=10, slow=30), volatility.atr.use(period=14)]

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return candles["ema_gap_10_30"] * side.sign > 0.002

    def stop_distance(self):
        return volatility.atr.use(period=14), 2.0
"""

FUTURE = "another future changes nothing before it"
DEFECTS = {
    "a second class": ("\n\nclass Other:\n    pass\n", "its file holds one class"),
    "a stop by a feature that it does not list": (
        """
    def trailing_distance(self):
        return volatility.atr.use(period=99), 2.0
""",
        "freqtrade loads it",
    ),
    "a signal by a feature that it does not list": (
        """
    def exit_signal(self, candles, side):
        return candles["ema_gap_3_4"] > 0
""",
        "it analyses candles",
    ),
    "a row dropped": (
        """
    def populate_indicators(self, dataframe, metadata):
        return super().populate_indicators(dataframe, metadata).iloc[1:].reset_index(drop=True)
""",
        "it analyses candles",
    ),
    "an entry by the next close": (
        """
    def entry_signal(self, candles, side):
        return candles["close"].shift(-1) * side.sign > candles["close"] * side.sign
""",
        FUTURE,
    ),
    "an exit by the mean of the whole past and future": (
        """
    def exit_signal(self, candles, side):
        return candles["close"] > candles["close"].mean()
""",
        FUTURE,
    ),
    "a tag by the next close": (
        """
    def populate_exit_trend(self, dataframe, metadata):
        up = dataframe["close"].shift(-1) > dataframe["close"]
        return dataframe.assign(exit_tag=up.map({True: "up", False: "down"}))
""",
        FUTURE,
    ),
    "no entry on the newest candle": (
        """
    def entry_signal(self, candles, side):
        return candles["ema_gap_10_30"].notna() & (candles.index < len(candles) - 1)
""",
        "the newest candle says what it says in a longer past",
    ),
    "a stake by the close to come": (
        """
    def desired_stake(self, pair, side, proposed_stake, now):
        candles = self.dp.get_pair_dataframe(pair, self.timeframe)
        later = candles.loc[candles["date"] >= pd.Timestamp(now) + pd.Timedelta(days=21), "close"]
        return float(later.iloc[0])
""",
        "another future changes no stake before it",
    ),
    "a stake by the day that has not ended": (
        """
    timeframe = "4h"

    def desired_stake(self, pair, side, proposed_stake, now):
        candles = self.dp.get_pair_dataframe(pair, self.timeframe)
        days = candles.resample("1D", on="date")["close"].last()
        return float(days.loc[pd.Timestamp(now).floor("D")])
""",
        "another future changes no stake before it",
    ),
    "too short a warm-up": (
        """
    def __init__(self, config):
        super().__init__(config)
        self.startup_candle_count = 20
""",
        "the declared warm up is enough",
    ),
    "an average that never warms up": (
        """
    def populate_indicators(self, dataframe, metadata):
        candles = super().populate_indicators(dataframe, metadata)
        return candles.assign(level=candles["close"].expanding().mean())
""",
        "the declared warm up is enough",
    ),
}


def fallen_short(file: Path, name: str) -> dict[str, str]:
    spec = importlib.util.spec_from_file_location(f"tried_{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    findings = check_strategy_class(file, getattr(module, name))
    assert {finding.subject for finding in findings} <= {f"strategy {name}"}
    return {finding.contract: finding.text for finding in findings}


def written(folder: Path, text: str) -> Path:
    file = folder / "Tried.py"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_contract_has_a_defect_that_breaks_it() -> None:
    broken = {contract for _, contract in DEFECTS.values()}
    assert broken >= {title(contract) for contract in CONTRACTS}
    assert len(broken) == strategy_check.CONTRACTS


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_caught(tmp_path: Path, defect: str) -> None:
    text, contract = DEFECTS[defect]
    findings = fallen_short(written(tmp_path, HEAD + text), "Tried")
    assert contract in findings
    assert "found" in findings[contract]
    assert "\n" not in findings[contract]


@pytest.mark.parametrize("timeframe", ["5m", "1h", "1d"])
def test_a_clean_strategy_keeps_every_contract_on_any_timeframe(
    tmp_path: Path, timeframe: str
) -> None:
    text = HEAD.replace('timeframe = "1h"', f'timeframe = "{timeframe}"')
    assert fallen_short(written(tmp_path, text), "Tried") == {}


@pytest.mark.parametrize("name", ["TrendFollow", "TrendPortfolio", "ModelDirection", "NoTrade"])
def test_a_shipped_strategy_keeps_every_contract(name: str) -> None:
    assert fallen_short(ROOT / f"user_data/strategies/{name}.py", name) == {}


def test_a_strategy_of_freqtrades_own_kind_is_tried_without_the_seal(tmp_path: Path) -> None:
    text = """
from freqtrade.strategy import IStrategy


class Tried(IStrategy):
    timeframe = "1h"
    stoploss = -0.1
    minimal_roi = {"0": 1}
    startup_candle_count = 10

    def populate_indicators(self, dataframe, metadata):
        return dataframe.assign(mean=dataframe["close"].rolling(10).mean())

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] > dataframe["mean"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def confirm_trade_entry(self, *args, **kwargs):
        return True
"""
    assert fallen_short(written(tmp_path, text), "Tried") == {}
    short = fallen_short(written(tmp_path, text.replace("count = 10", "count = 5")), "Tried")
    assert list(short) == ["the declared warm up is enough"]


@pytest.mark.parametrize("name", ["TrendPortfolio", "FundingCarry", "Ensemble"])
def test_the_profile_of_portfolios_holds_what_is_shipped_with_it(name: str) -> None:
    file = ROOT / f"user_data/strategies/{name}.py"
    [strategy] = defined_in(file).strategies
    said = targets_held(file, strategy, ROOT / "user_data/config/risk-portfolio.json")
    assert said is not None
    held = float(re.search(r"hold ([\d.]+)% of its targets", said)[1])  # type: ignore[index]
    assert held >= 99.0


def test_what_is_no_portfolio_has_no_targets(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD)
    [strategy] = defined_in(file).strategies
    assert targets_held(file, strategy, None) is None


def test_parameters_beside_the_file_are_left_aside(tmp_path: Path) -> None:
    (tmp_path / "Tried.json").write_text("not json", encoding="utf-8")
    assert fallen_short(written(tmp_path, HEAD), "Tried") == {}
