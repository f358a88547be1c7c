"""How Freqtrade calls a strategy: by which names, with which arguments, with a copy or without."""

from collections.abc import Callable
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
