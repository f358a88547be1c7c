"""How long nothing in a strategy's loop has anything to do; and when that is not known."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import RunMode
from freqtrade.strategy import IStrategy

from plimsoll.bridge.guarding.backtest_session import FOR_EVER
from plimsoll.bridge.wrapping.resting import (
    closes_something,
    has_own_loop,
    own_answer,
    rest_of,
)
from tests.unit.bridge.bots import NOON, PLAIN, build, candles
from tests.unit.bridge.trades import backtest_trades

OWN_LOOP = """
    def on_loop(self, now):
        self.loops = getattr(self, "loops", 0) + 1
"""


@pytest.fixture(autouse=True)
def trades() -> Iterator[None]:
    with backtest_trades():
        yield


def started(folder: Path, source: str = PLAIN, **ours: Any) -> Any:
    asked = {"stake_currency": "USDT"}
    bot = build(folder, RunMode.BACKTEST, source, plimsoll=ours, original_config=asked)
    bot.strategy.ft_bot_start()
    return bot.strategy


def test_guards_that_have_not_looked_yet_are_asked(tmp_path: Path) -> None:
    assert rest_of(started(tmp_path)) is None


def test_a_flat_account_rests_until_the_day_ends(tmp_path: Path) -> None:
    strategy = started(tmp_path)
    strategy._session.learn("BTC/USDT:USDT", candles([100.0] * 20))
    strategy.bot_loop_start(current_time=NOON)
    bounds = rest_of(strategy)
    assert bounds is not None
    assert bounds.until == NOON.replace(hour=0) + timedelta(days=1)
    assert not closes_something(strategy)


def test_a_strategy_without_guards_rests_for_ever(tmp_path: Path) -> None:
    bounds = rest_of(started(tmp_path, guards="off"))
    assert bounds is not None
    assert bounds.until == FOR_EVER


@pytest.mark.parametrize(("source", "own"), [(PLAIN, False), (PLAIN + OWN_LOOP, True)])
def test_a_loop_of_the_strategys_own_is_seen_behind_the_guards(
    tmp_path: Path, source: str, own: bool
) -> None:
    assert has_own_loop(started(tmp_path, source)) is own


def test_the_strategys_own_answer_stands_behind_its_hook(tmp_path: Path) -> None:
    strategy = started(tmp_path)
    assert own_answer(strategy, "should_exit").__func__ is IStrategy.should_exit
    assert own_answer(strategy, "min_roi_reached").__func__ is IStrategy.min_roi_reached
