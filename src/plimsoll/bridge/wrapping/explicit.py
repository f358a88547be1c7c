"""Guards that a strategy asks for in its own file."""

from typing import TypeVar

from plimsoll.bridge.freqtrade.strategy_loading import guard_strategies

Kind = TypeVar("Kind", bound=type)


def guarded(kind: Kind) -> Kind:
    """Let guards stand around a strategy, with or without our log handler in the config.

    The class comes back as it is. Freqtrade validates a strategy after it has imported the file:
    from then on, what it loads in this process is guarded.
    """
    guard_strategies()
    return kind
