"""What a backtest is spared: copies of the trade and calls that change nothing, each candle."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from freqtrade.persistence import LocalTrade
from freqtrade.strategy import IStrategy

from plimsoll.core import PlimsollError

Hook = Callable[..., Any]

ROUNDING = 1e-12
"""Relative error of a stop that is worked out of a price and a fraction, with room to spare."""


def spared(hook: Hook) -> Hook:
    """Return the hook under a name for which Freqtrade copies nothing."""

    def reading(**arguments: Any) -> Any:
        return hook(**arguments)

    reading.__name__ = hook.__name__
    reading.__qualname__ = f"IStrategy.{hook.__name__}"
    return reading


def read_only(hook: Hook) -> Hook:
    """Return the hook, held to reading the trade: what it changed is undone and refused.

    Fields of the trade are compared, not what they hold: orders are the strategy's to leave
    alone.

    Raises
    ------
    PlimsollError
        At the call, when a field of the trade has changed.
    """

    @wraps(hook)
    def reading(*, trade: LocalTrade, **arguments: Any) -> Any:
        before = dict(vars(trade))
        answer = hook(trade=trade, **arguments)
        if vars(trade) != before:
            changed = sorted(k for k, v in vars(trade).items() if before.get(k) != v)
            vars(trade).update(before)
            names = ", ".join(changed)
            raise PlimsollError(f"expected {hook.__name__} to only read its trade, it set {names}")
        return answer

    return reading


def only_moving(custom_stoploss: Hook) -> Hook:
    """Return the hook, with no answer where Freqtrade would leave the stop as it is.

    It would round the stop to the market's precision, at the cost of all else that it does with
    a trade on a candle, and find that a stop is never loosened. Within rounding of the stop it is
    asked, and after a fill, which may loosen.
    """

    @wraps(custom_stoploss)
    def moving(
        *, trade: LocalTrade, current_rate: float, after_fill: bool, **arguments: Any
    ) -> float | None:
        fraction: float | None = custom_stoploss(
            trade=trade, current_rate=current_rate, after_fill=after_fill, **arguments
        )
        stop = trade.stop_loss
        if not fraction or after_fill or not stop or trade.initial_stop_loss_pct is None:
            return fraction
        off = abs(fraction / (trade.leverage or 1.0))
        if trade.is_short:
            return None if current_rate * (1 + off) > stop * (1 + ROUNDING) else fraction
        return None if current_rate * (1 - off) < stop * (1 - ROUNDING) else fraction

    return moving


READS_TRADE: dict[str, tuple[str, ...]] = {
    "custom_stoploss": ("custom_stoploss",),
    "custom_roi": ("custom_roi",),
    "custom_exit": ("custom_exit", "exit_reason"),
    "confirm_trade_exit": ("confirm_trade_exit", "veto_exit"),
    "order_filled": ("order_filled", "on_fill"),
}
"""Callbacks that are given a trade, and what a strategy's own code reads it in."""

NOTHING_OF_ITS_OWN = ("custom_exit", "confirm_trade_exit", "order_filled")
"""Of those, what need not be asked at all of a strategy without code of its own for it."""


def spare_backtest(strategy: Any, base: type) -> None:
    """Spare a backtest on ``base`` what its strategy has no use for.

    Freqtrade copies the trade for every callback of every candle, but not for those whose
    qualified name begins with ``IStrategy.``. A running bot keeps the copy. A strategy's own code
    must only read the trade, and is held to it.
    """
    for name, rules in READS_TRADE.items():
        own = _answers(strategy, base, rules)
        if not own and name in NOTHING_OF_ITS_OWN:
            setattr(strategy, name, getattr(IStrategy, name).__get__(strategy))
            continue
        hook = getattr(type(strategy), name).__get__(strategy)
        hook = read_only(hook) if own else hook
        setattr(strategy, name, spared(only_moving(hook) if name == "custom_stoploss" else hook))
    if not _answers(strategy, base, ("bot_loop_start", "on_loop")):
        strategy.bot_loop_start = IStrategy.bot_loop_start.__get__(strategy)


def _answers(strategy: Any, base: type, names: tuple[str, ...]) -> bool:
    return any(getattr(type(strategy), name) is not getattr(base, name) for name in names)
