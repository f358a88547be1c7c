"""How Freqtrade calls a strategy: by which names, with which arguments, with a copy or without."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from inspect import signature
from typing import Any, TypeVar

from freqtrade.strategy import IStrategy

Callback = TypeVar("Callback", bound=Callable[..., Any])

READS_ITSELF = "IStrategy."
"""How the name of a callback begins that Freqtrade hands the trade itself, not a deep copy."""


def reads_trade_itself(callback: Callback) -> Callback:
    """Name a callback so that Freqtrade hands it the trade itself."""
    callback.__qualname__ = f"{READS_ITSELF}{callback.__name__}"
    return callback


def named(name: str, given: tuple[Any, ...], asked: dict[str, Any]) -> dict[str, Any]:
    """Return all arguments by name: Freqtrade names them, a strategy's own call may not."""
    if not given:
        return asked
    return {**dict(zip(_parameters(name), given, strict=False)), **asked}


@cache
def _parameters(name: str) -> tuple[str, ...]:
    return tuple(signature(getattr(IStrategy, name)).parameters)[1:]


def is_freqtrades(own: Any, name: str) -> bool:
    """Return whether an answer is the one of a strategy that has none of its own."""
    return getattr(own, "__func__", None) is getattr(IStrategy, name)


def as_asked(own: Callable[..., Any], asked: dict[str, Any]) -> Any:
    """Return what a callback of the strategy answers; raise what it raises."""
    if "trade" in asked and not getattr(own, "__qualname__", "").startswith(READS_ITSELF):
        asked = {**asked, "trade": deepcopy(asked["trade"])}
    return own(**asked)


def adjustment(own: Any, strategy: Any, asked: dict[str, Any]) -> tuple[float | None, str]:
    """Return stake and tag of ``adjust_trade_position``; raise what it raises.

    ``own`` is the strategy's method around it; Freqtrade's would keep an error to itself.
    """
    if not is_freqtrades(own, "_adjust_trade_position_internal"):
        answer: Any = own(**asked)
    else:
        answer = as_asked(strategy.adjust_trade_position, asked)
    if not isinstance(answer, tuple):
        return answer, ""
    stake, tag = (*answer, None, None)[:2]
    return stake, tag or ""
