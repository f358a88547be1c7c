"""A strategy of somebody else's, loaded as Freqtrade loads it, with a guard around it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from freqtrade.enums import RunMode
from freqtrade.persistence import PairLocks
from freqtrade.persistence.usedb_context import enable_database_use
from freqtrade.resolvers.strategy_resolver import StrategyResolver

from plimsoll.bridge.freqtrade import strategy_loading
from plimsoll.bridge.guarding.messenger import _open as messengers
from tests.unit.bridge.bots import BTC, ETH, NOON, Bot, build
from tests.unit.bridge.trades import backtest_trades, database_trades

FOREIGN = """
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy


class Plain(IStrategy):
    timeframe = "5m"
    can_short = True
    stoploss = -0.1
    minimal_roi = {"0": 10}
    startup_candle_count = 20
    position_adjustment_enable = True
    order_types = {
        "entry": "limit", "exit": "limit", "stoploss": "limit", "emergency_exit": "limit",
        "stoploss_on_exchange": False,
    }
    asked = 0

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
"""A strategy that answers nothing itself; tests add to it."""


@contextmanager
def guarding() -> Iterator[None]:
    """Guard every strategy that is loaded meanwhile, as our log handler does."""
    before = StrategyResolver.validate_strategy
    strategy_loading.guard_strategies()
    try:
        yield
    finally:
        StrategyResolver.validate_strategy = staticmethod(before)  # type: ignore[method-assign]


@contextmanager
def backtested(
    folder: Path, source: str = FOREIGN, *, runmode: RunMode = RunMode.BACKTEST, **others: Any
) -> Iterator[Bot]:
    """Begin a backtest of nothing: trades and candles are the test's."""
    with backtest_trades(), guarding():
        PairLocks.reset_locks()
        bot = build(folder, runmode, source, **others)
        bot.strategy.ft_bot_start()
        yield bot


@contextmanager
def traded(
    folder: Path, source: str = FOREIGN, *, runmode: RunMode = RunMode.DRY_RUN, **others: Any
) -> Iterator[Bot]:
    """Start a bot on a database in ``folder``."""
    with database_trades(folder / "bot.sqlite"), guarding():
        enable_database_use()
        PairLocks.timeframe = "5m"
        try:
            bot = build(folder, runmode, source, **others)
            for pair in (BTC, ETH):
                bot.price(pair, 100.0, now=NOON)
            for messenger in messengers.values():
                messenger.recent.clear()
            bot.strategy.ft_bot_start()
            yield bot
        finally:
            enable_database_use()


def answering(**callbacks: str) -> str:
    """The strategy with callbacks of its own, each ``name="arguments: expression"``."""
    lines = [FOREIGN]
    for name, code in callbacks.items():
        lines += [f"    def {name}(self, **asked):", f"        {code}", ""]
    return "\n".join(lines)


def observing(**others: Any) -> dict[str, Any]:
    """The config of guards that only observe."""
    return {"plimsoll": {"guards": "observe", **others}}
