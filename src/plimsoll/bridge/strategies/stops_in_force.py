"""A stop that a strategy declares is one that Freqtrade sets: stakes are sized by it."""

from typing import Any

from plimsoll.bridge.strategies.rules import RuleStrategy
from plimsoll.core import PlimsollError


def require_stops_in_force(strategy: Any) -> None:
    """Refuse a declared stop that Freqtrade would never set: stakes are sized by it.

    Raises
    ------
    PlimsollError
        When the class or the config has ``use_custom_stoploss`` false beside a declared stop,
        or the class answers ``custom_stoploss`` itself, or the class or the config has
        ``trailing_stop`` true, which Freqtrade does not heed beside an answer of
        ``custom_stoploss``.
    """
    declared = declared_stops(strategy)
    if declared and not strategy.use_custom_stoploss:
        raise PlimsollError(
            f"expected use_custom_stoploss to be true, since {type(strategy).__name__} declares "
            f"{' and '.join(declared)}, found false: the stop would never be set"
        )
    if declared and strategy.trailing_stop:
        raise PlimsollError(
            f"expected trailing_stop to be false, since {type(strategy).__name__} declares "
            f"{' and '.join(declared)}, found true: the stop would not follow the price; declare "
            "trailing_distance instead"
        )
    if declared and type(strategy).custom_stoploss is not RuleStrategy.custom_stoploss:
        raise PlimsollError(
            f"expected {type(strategy).__name__} to declare {' and '.join(declared)} or to answer "
            "custom_stoploss, found both: stakes are sized by the declared stop"
        )


def declared_stops(strategy: RuleStrategy) -> list[str]:
    """Return by which methods a strategy declares a stop."""
    return [name for name in ("stop_distance", "trailing_distance") if getattr(strategy, name)()]
