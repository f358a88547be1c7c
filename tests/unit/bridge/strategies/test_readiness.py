"""A backtest whose strategy has too few candles to decide anything says so."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.strategy import IStrategy

from plimsoll.bridge.strategies.readiness import days_until, made_up_panel
from tests.unit.bridge.strategies.test_guarded import load
from tests.unit.bridge.strategies.test_panel import PAIRS, Whitelist, hours, write
from tests.unit.bridge.trades import backtest_trades

PORTFOLIO = '''
"""Holds what has risen over some days."""
from freqtrade.strategy import DecimalParameter, IntParameter
from plimsoll.bridge.strategies.portfolio import PortfolioStrategy
from plimsoll.signals.panels import Targets


class Risen(PortfolioStrategy):
    """Holds what has risen over some days."""

    least_startup_candles = 24
    days = IntParameter(2, 900, default=DAYS, space="buy")
    buffer = DecimalParameter(0.1, 0.5, default=0.2, space="buy")

    def targets(self, panel):
        closes = panel.closes("1d")
        risen = closes / closes.shift(self.days.value) - 1
        return Targets(risen.clip(-1, 1), risen.notna() * 0.1)
'''
SINGLE = '''
"""Looks at an average."""
from plimsoll.features import trend
from plimsoll.strategies import GuardedStrategy


class Single(GuardedStrategy):
    """Looks at an average."""

    timeframe = "1h"

    def features(self):
        return [trend.ema_gap.use(fast=3, slow=9)]

    def entry_signal(self, candles, side):
        return candles["close"] < 0
'''
SIZED = SINGLE.replace("GuardedStrategy", "SizedStrategy").replace("Single", "Sized")


def made(folder: Path, source: str, name: str, days: int, **settings: Any) -> IStrategy:
    """A strategy with so many days of two pairs on the disk."""
    for seed, coin in enumerate(("BTC", "ETH")):
        write(folder, f"{coin}_USDT_USDT-1h-futures", hours(days, seed=seed))
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    files = {"datadir": folder, "dataformat_ohlcv": "feather", "timeframe": "1h"}
    made = load(name, folder, **{"runmode": RunMode.BACKTEST, **files, **settings})
    made.dp = DataProvider(made.config, None, Whitelist())
    return made


def begin(strategy: IStrategy, days: int) -> None:
    """Begin the backtest as Freqtrade does, with these candles and no funding to be charged."""
    strategy.config["trading_mode"] = "spot"
    frames = {pair: hours(days, seed=seed) for seed, pair in enumerate(PAIRS)}
    with backtest_trades():
        strategy.advise_all_indicators(frames)


class Wallet:
    """A wallet with 10,000 USDT."""

    def get_total(self, currency: str) -> float:
        return 10_000.0

    def get_total_stake_amount(self) -> float:
        return 10_000.0


def risen(folder: Path, *, needs: int, has: int, **settings: Any) -> IStrategy:
    text = PORTFOLIO.replace("DAYS", str(needs - 1))
    strategy = made(folder, text, "Risen", has, tradable_balance_ratio=1.0, **settings)
    strategy.wallets = Wallet()
    return strategy


def test_a_portfolio_without_any_opinion_is_refused_with_the_days_it_needs(tmp_path: Path) -> None:
    strategy = risen(tmp_path, needs=40, has=10)
    with pytest.raises(OperationalException) as refused:
        begin(strategy, 10)
    assert str(refused.value) == (
        "plimsoll: Risen: 0 of 216 rows are ready: needs 40 days, has 10; "
        "download more (freqtrade download-data)"
    )


def test_with_a_timerange_the_days_before_it_are_asked_for(tmp_path: Path) -> None:
    strategy = risen(tmp_path, needs=40, has=10, timerange="20240108-")
    with pytest.raises(OperationalException, match=r"0 of 72 rows .* before the timerange's"):
        begin(strategy, 10)


def test_few_rows_that_are_ready_are_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begin(risen(tmp_path, needs=8, has=10), 10)
    (said,) = [one for one in caplog.records if "rows are ready" in one.getMessage()]
    assert said.levelno == logging.WARNING
    # From the close of the eighth day, at 23:00 of which its last candle opens.
    assert "Risen: 49 of 216 rows are ready" in said.getMessage()


def test_rows_that_are_ready_are_not_worth_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begin(risen(tmp_path, needs=2, has=30), 30)
    assert "rows are ready" not in caplog.text


def test_what_needs_more_days_than_there_can_be_asks_for_pairs(tmp_path: Path) -> None:
    strategy = risen(tmp_path, needs=2000, has=10)
    with pytest.raises(OperationalException, match="no number of days would do with 2 pairs"):
        begin(strategy, 10)


@pytest.mark.parametrize(
    "others", [{"runmode": RunMode.HYPEROPT}, {"strategy_list": ["Risen", "Other"]}], ids=str
)
def test_hyperopt_and_a_list_of_strategies_go_on_with_an_error_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, others: dict[str, Any]
) -> None:
    begin(risen(tmp_path, needs=40, has=10, **others), 10)
    (said,) = [one for one in caplog.records if "rows are ready" in one.getMessage()]
    assert said.levelno == logging.ERROR


def test_an_analysis_of_lookahead_cuts_candles_and_is_left_alone(tmp_path: Path) -> None:
    begin(risen(tmp_path, needs=40, has=10, runmode=RunMode.UTIL_NO_EXCHANGE), 10)


def test_features_are_ready_after_their_warm_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begin(made(tmp_path, SINGLE, "Single", 10), 10)
    assert "rows are ready" not in caplog.text


def test_a_size_needs_its_own_days(tmp_path: Path) -> None:
    with pytest.raises(OperationalException, match="needs 61 days, has 10;"):
        begin(made(tmp_path, SIZED, "Sized", 10), 10)
    begin(made(tmp_path, SIZED, "Sized", 90), 90)


def test_days_are_counted_up_to_the_first_that_is_known() -> None:
    known = pd.Series([False, False, True, False])
    assert days_until(known) == 3
    assert days_until(known & False) is None


def test_made_up_candles_are_whole_and_the_same_each_time() -> None:
    panel = made_up_panel(list(PAIRS), ("1d", "4h"), days=30)
    assert panel.closes("1d").shape == (30, 2)
    assert panel.closes("4h").shape == (180, 2)
    frame = panel.candles["4h"][PAIRS[0]]
    assert bool((frame["high"] >= frame["low"]).all())
    assert panel.settlements.notna().all(axis=None)
    again = made_up_panel(list(PAIRS), ("1d", "4h"), days=30)
    assert np.array_equal(again.closes("1d"), panel.closes("1d"))
