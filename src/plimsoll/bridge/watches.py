"""Which guards a strategy gets: by what Freqtrade is doing."""

from typing import Any

from freqtrade.enums import MarginMode, RunMode

from plimsoll.bridge.backtest_watch import BacktestWatch
from plimsoll.bridge.live_watch import LiveWatch
from plimsoll.bridge.seal import require_sealed_object, require_stops_in_force
from plimsoll.bridge.settings import PlimsollSettings
from plimsoll.bridge.watch import Watch
from plimsoll.core import PlimsollError


def keep_watch(strategy: Any, settings: PlimsollSettings) -> Watch | None:
    """Return the guards for what Freqtrade is doing; ``None`` where nothing is traded.

    Raises
    ------
    PlimsollError
        When a running bot cannot write its decisions or has a cross margin, or a strategy takes
        guards or its own stop away in a way that its class does not show.
    """
    require_sealed_object(strategy)
    require_stops_in_force(strategy)
    runmode = strategy.config.get("runmode")
    # Freqtrade's look-ahead analysis runs backtests under the mode of its other tools.
    if runmode in (RunMode.BACKTEST, RunMode.HYPEROPT, RunMode.UTIL_NO_EXCHANGE):
        return BacktestWatch(strategy, settings)
    if runmode in (RunMode.DRY_RUN, RunMode.LIVE):
        if strategy.config.get("margin_mode") == MarginMode.CROSS:
            # An exchange counts open losses into what is free: they would count twice.
            raise PlimsollError(
                'expected margin_mode "isolated", which guards can mark; found "cross"'
            )
        return LiveWatch(strategy, settings)
    return None
