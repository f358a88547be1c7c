"""What a backtest is spared: copies and calls that change nothing, for each open-trade candle."""

from typing import Any

from freqtrade.strategy import IStrategy

from plimsoll.bridge.exits import ExitRules
from plimsoll.bridge.seal import READS_TRADE
from plimsoll.bridge.sparing import read_only, spared
from plimsoll.bridge.watch import Watch


def spare_backtest(strategy: Any, base: type, watch: Watch | None, rules: ExitRules) -> None:
    """Spare a backtest on ``base`` what its strategy has no use for."""
    _spare_copies(strategy, base)
    own_loop = type(strategy).on_loop is not base.on_loop  # type: ignore[attr-defined]
    if watch is not None and not own_loop and rules.order_type == "market":
        strategy.bot_loop_start = watch.on_candle
    if not rules.only_in_profit:  # the stops of a backtest are never on an exchange
        strategy.should_exit = IStrategy.should_exit.__get__(strategy)


def _spare_copies(strategy: Any, base: type) -> None:
    """Let hooks read the trade itself, not a deep copy for each call.

    Freqtrade copies the trade for every hook of every candle, but not for hooks whose
    qualified name begins with ``IStrategy.``. A running bot keeps the copy. A strategy's
    own code must only read the trade, and is held to it.
    """
    for name, rules in READS_TRADE.items():
        own = any(getattr(type(strategy), rule) is not getattr(base, rule) for rule in rules)
        hook = getattr(type(strategy), name).__get__(strategy)
        setattr(strategy, name, spared(read_only(hook) if own else hook))
