"""Which guards a strategy gets: by what Freqtrade is doing."""

from typing import Any

from freqtrade.enums import MarginMode, RunMode
from sqlalchemy.exc import SQLAlchemyError

from plimsoll.bridge.config.layer_checks import require_sound_layers
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.freqtrade.database_connections import first_line
from plimsoll.bridge.guarding.backtest_session import BacktestSession
from plimsoll.bridge.guarding.gate import require_gate
from plimsoll.bridge.guarding.live_session import LiveSession
from plimsoll.bridge.guarding.session import Session
from plimsoll.core import PlimsollError


def open_session(strategy: Any, settings: PlimsollSettings) -> Session | None:
    """Return the guards for what Freqtrade is doing; ``None`` where nothing is traded.

    Raises
    ------
    PlimsollError
        When a layer of the config is not sound (`plimsoll.bridge.config.layer_checks`), or a
        running bot cannot write its decisions, has a cross margin, or would trade with money
        before a gate that is closed, or its database refuses what the guards write.
    """
    runmode = strategy.config.get("runmode")
    require_sound_layers(strategy.config.get("config_files", ()))
    if runmode == RunMode.UTIL_NO_EXCHANGE:
        # Its look-ahead and recursive analyses compare backtests: a denial would spoil them.
        return BacktestSession(strategy, settings.model_copy(update={"guards": "observe"}))
    if runmode in (RunMode.BACKTEST, RunMode.HYPEROPT):
        return BacktestSession(strategy, settings)
    if runmode == RunMode.WEBSERVER and strategy.wallets is not None:  # a backtest of FreqUI
        return BacktestSession(strategy, settings)
    if runmode in (RunMode.DRY_RUN, RunMode.LIVE):
        if strategy.config.get("margin_mode") == MarginMode.CROSS:
            # An exchange counts open losses into what is free: they would count twice.
            raise PlimsollError(
                'expected margin_mode "isolated", which guards can mark; found "cross"'
            )
        if runmode == RunMode.LIVE:
            require_gate(strategy, settings)
        try:
            return LiveSession(strategy, settings)
        except SQLAlchemyError as error:  # a role that may not write, a server that is full
            raise PlimsollError(f"the bot's database cannot be used: {first_line(error)}") from None
    return None
