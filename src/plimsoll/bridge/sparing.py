"""Callbacks of a backtest without the deep copy of the trade that Freqtrade makes for each call."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from freqtrade.persistence import LocalTrade

from plimsoll.core import PlimsollError

Hook = Callable[..., Any]


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
