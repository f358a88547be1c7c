"""What the fast lane has to know of a strategy and its config, or why it cannot run them."""

import sys
from collections.abc import Iterator
from math import isfinite, nan
from typing import Any

import numpy as np
from freqtrade.enums import MarginMode, RunMode, TradingMode
from freqtrade.strategy import IStrategy

from plimsoll.bridge.state.recorder import silent
from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.bridge.strategies.hooks import HookedStrategy
from plimsoll.bridge.strategies.rules import RuleStrategy
from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.lab.fast_lane.records import PLAN
from plimsoll.lab.fast_lane.ticks import DECIMAL_PLACES, TICK_SIZE

ENTRY_HOOKS = ("leverage", "custom_stake_amount", "confirm_trade_entry")
"""Callbacks that are asked at an entry."""
OTHER_HOOKS = (
    "bot_loop_start",
    "custom_entry_price",
    "custom_exit_price",
    "custom_exit",
    "confirm_trade_exit",
    "order_filled",
    "adjust_entry_price",
    "adjust_exit_price",
    "adjust_order_price",
    "check_entry_timeout",
    "check_exit_timeout",
)
"""Callbacks that the lane does not ask: a strategy with one of them is Freqtrade's."""
ENTRY_SAYINGS = ("desired_leverage", "desired_stake", "veto_entry")
OTHER_SAYINGS = ("exit_reason", "veto_exit", "on_loop", "on_fill")
"""The same of what our own base asks."""


def refusal_of(backtesting: Any) -> str | None:
    """Return what of a prepared backtest the lane cannot honour; ``None`` when it can run."""
    reasons = [*_of_config(backtesting), *_of_strategy(backtesting.strategy)]
    return "; ".join(reasons) or None


def asks_entries(strategy: Any) -> bool:
    """Return whether Python has to be asked about each entry."""
    return is_guarded(strategy) or answers_entries(strategy)


def answers_entries(strategy: Any) -> bool:
    """Return whether the strategy itself has something to say of an entry."""
    return bool(list(_own(strategy, ENTRY_HOOKS, ENTRY_SAYINGS)))


def is_guarded(strategy: Any) -> bool:
    """Return whether guards look at the account of each candle.

    Those that only observe do nothing, and nobody counts it in a hyperopt.
    """
    guard = guard_of(strategy)
    session = None if guard is None else guard.session
    if session is None or not session.guards:
        return False
    return not (session.observes and strategy.config["runmode"] == RunMode.HYPEROPT)


def plan_of(backtesting: Any, start_s: int, end_s: int) -> np.ndarray:
    """Return the record of everything that is one number for the whole backtest."""
    strategy, config = backtesting.strategy, backtesting.config
    plan = np.zeros(1, PLAN)
    plan["step_s"] = step = backtesting.timeframe_secs
    plan["start_s"], plan["end_s"] = start_s + step, end_s
    plan["futures"] = futures = backtesting.trading_mode == TradingMode.FUTURES
    plan["can_short"] = backtesting._can_short  # noqa: SLF001 - as Freqtrade's loop reads it
    plan["compensated"] = sys.version_info >= (3, 12)
    plan["max_open_trades"] = strategy.max_open_trades
    wallets, currency = backtesting.wallets, config["stake_currency"]
    plan["starting"] = wallets._start_cap.get(currency, 0)  # noqa: SLF001 - no other way to it
    plan["available_capital"] = config.get("available_capital", nan)
    plan["tradable_ratio"] = config.get("tradable_balance_ratio", nan)
    stake = config["stake_amount"]
    plan["stake"] = nan if stake == "unlimited" else stake
    plan["amend_last"] = bool(config.get("amend_last_stake_amount"))
    plan["last_ratio"] = config.get("last_stake_amount_min_ratio", nan)
    plan["fee"] = backtesting.fee
    plan["reserve"] = config.get("amount_reserve_percent", 0.05)
    plan["liquidation_buffer"] = backtesting.exchange.liquidation_buffer
    plan["funding_step_s"] = backtesting.funding_fee_timeframe_secs if futures else 0
    plan["guarded"], plan["asks_entry"] = is_guarded(strategy), asks_entries(strategy)
    _exits(plan, strategy, config)
    return plan


def roi_of(strategy: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the minutes and the profits of the ROI table, by time."""
    table = sorted((strategy.minimal_roi or {}).items())
    minutes = np.array([minute for minute, _ in table], "i8")
    return minutes, np.array([profit for _, profit in table], "f8")


def _exits(plan: np.ndarray, strategy: Any, config: Any) -> None:
    plan["stoploss"] = strategy.stoploss
    plan["trailing"] = bool(strategy.trailing_stop)
    positive = strategy.trailing_stop_positive
    plan["trailing_positive"] = nan if positive is None else positive
    plan["trailing_offset"] = strategy.trailing_stop_positive_offset
    plan["trailing_only_offset"] = bool(strategy.trailing_only_offset_is_reached)
    plan["use_custom_stop"] = bool(strategy.use_custom_stoploss)
    plan["after_fill"] = strategy._ft_stop_uses_after_fill  # noqa: SLF001 - Freqtrade's own flag
    plan["nearest_stop"] = RuleStrategy.NEAREST_STOP
    if isinstance(strategy, RuleStrategy):
        asked = plan["use_custom_stop"][0]
        plan["declares_stop"] = asked and strategy.stop_distance() is not None
        plan["declares_trailing"] = asked and strategy.trailing_distance() is not None
        target = strategy.use_custom_roi and strategy.target_distance() is not None
        plan["declares_target"] = target
    plan["use_exit_signal"] = bool(strategy.use_exit_signal)
    plan["exit_profit_only"] = bool(strategy.exit_profit_only)
    plan["exit_profit_offset"] = strategy.exit_profit_offset
    plan["ignore_roi"] = bool(strategy.ignore_roi_if_entry_signal)
    timeout = config.get("unfilledtimeout", {})
    seconds = {"minutes": 60, "seconds": 1}.get(timeout.get("unit", "minutes"), nan)
    plan["exit_timeout_s"] = nan if timeout.get("exit") is None else timeout["exit"] * seconds
    plan["limit_entry"] = strategy.order_types["entry"] == "limit"
    plan["limit_exit"] = strategy.order_types["exit"] == "limit"


def _of_config(backtesting: Any) -> Iterator[str]:
    config = backtesting.config
    if backtesting.timeframe_detail:
        yield "timeframe_detail"
    if backtesting.dynamic_pairlist:
        yield "enable_dynamic_pairlist"
    if config.get("position_stacking"):
        yield "position_stacking"
    if backtesting.enable_protections and backtesting.strategy.protections:
        yield "enable_protections"
    if backtesting.trading_mode not in (TradingMode.SPOT, TradingMode.FUTURES):
        yield f"trading mode {backtesting.trading_mode}"
    modes = {backtesting.precision_mode, backtesting.precision_mode_price}
    if not modes <= {DECIMAL_PLACES, TICK_SIZE}:
        yield "prices or amounts to significant digits"
    is_backtest = config.get("runmode") == RunMode.BACKTEST
    if is_backtest and (backtesting.trading_mode == TradingMode.SPOT or _holds_a_base(backtesting)):
        yield "the wallet history of coins beside the stake's"
    is_futures = backtesting.trading_mode == TradingMode.FUTURES
    if is_futures and backtesting.margin_mode != MarginMode.ISOLATED:
        yield f"margin mode {backtesting.margin_mode}"
    if is_futures and backtesting.exchange.id not in ("binance", "binanceusdm"):
        yield f"the liquidation price of {backtesting.exchange.name}"
    if is_backtest and config.get("export") == "signals":
        yield "export of signals"


def _holds_a_base(backtesting: Any) -> bool:
    """Return whether the dry-run wallet begins with a coin of the whitelist."""
    bases = {pair.split("/")[0] for pair in backtesting.pairlists.whitelist}
    start = backtesting.wallets._start_cap  # noqa: SLF001 - no other way to it
    return any(amount and coin in bases for coin, amount in start.items())


def _of_strategy(strategy: Any) -> Iterator[str]:
    if strategy.position_adjustment_enable:
        yield "position adjustment"
    yield from _own(strategy, OTHER_HOOKS, OTHER_SAYINGS)
    kind = type(strategy)
    rules = isinstance(strategy, RuleStrategy)
    own_stop = not rules or kind.custom_stoploss is not RuleStrategy.custom_stoploss
    if strategy.use_custom_stoploss and own_stop:
        yield "custom_stoploss"
    own_roi = not rules or kind.custom_roi is not RuleStrategy.custom_roi
    if strategy.use_custom_roi and own_roi:
        yield "custom_roi"
    guard = guard_of(strategy)
    if guard is not None and guard.session is not None and guard.session.record is not silent:
        yield "the decision log of a backtest"
    if not isfinite(strategy.stoploss):
        yield f"stoploss {strategy.stoploss}"


def _own(strategy: Any, hooks: tuple[str, ...], sayings: tuple[str, ...]) -> Iterator[str]:
    """Yield the names that a strategy answers itself."""
    kind, ours = type(strategy), isinstance(strategy, GuardedStrategy)
    for name in hooks:
        own = getattr(kind, name)
        if own is not getattr(IStrategy, name) and not (ours and own is _base(name)):
            yield name
    if ours:
        yield from (
            one for one in sayings if getattr(kind, one) is not getattr(HookedStrategy, one)
        )


def _base(name: str) -> Any:
    return getattr(GuardedStrategy, name)
