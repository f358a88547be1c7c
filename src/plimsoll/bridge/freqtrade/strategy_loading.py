"""Let every strategy that Freqtrade loads be handed to the guards.

Whatever builds a strategy, be it the bot, a backtest, hyperopt, the webserver or a plot, ends in
`StrategyResolver.validate_strategy`. What comes out of it is wrapped.
"""

from importlib import import_module
from typing import Any

from freqtrade.resolvers.strategy_resolver import StrategyResolver

WRAPPING = "plimsoll.bridge.wrapping.install"
"""Where a strategy is wrapped: looked up by name when one is loaded, since it is built on us."""

PATIENCE = {"entry": 10, "exit": 10, "exit_timeout_count": 0, "unit": "minutes"}
"""``unfilledtimeout`` where neither config nor strategy sets it: that of Freqtrade's own template.

In a layer it would override the strategy's own; with none at all an order rests for ever.
"""

_inherited = StrategyResolver.validate_strategy


def guard_strategies() -> None:
    """Let every strategy be guarded that this process loads from now on; idempotent."""
    StrategyResolver.validate_strategy = staticmethod(_validated)  # type: ignore[method-assign]


def _validated(strategy: Any) -> Any:
    sound = _inherited(strategy)
    if getattr(sound, "unfilledtimeout", None) is None:
        sound.unfilledtimeout = dict(PATIENCE)
    return import_module(WRAPPING).wrapped(sound)
