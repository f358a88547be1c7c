"""Putting a guard around a strategy that Freqtrade has built, and finding it again."""

import logging
from typing import Any

from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.config.settings import (
    require_guards_of_bot,
    require_live_opt_in,
    settings_from,
)
from plimsoll.bridge.freqtrade.database_connections import require_answer
from plimsoll.bridge.wrapping.guard import Guard
from plimsoll.bridge.wrapping.hooks import GUARD
from plimsoll.bridge.wrapping.watch import put_hooks, require_hookable
from plimsoll.core import PlimsollError

logger = logging.getLogger(__name__)

TRADING = (RunMode.DRY_RUN, RunMode.LIVE)


def guard_of(strategy: Any) -> Guard | None:
    """Return the guard of a strategy; ``None`` where it has none."""
    guard: Guard | None = vars(strategy).get(GUARD)
    return guard


def wrapped(strategy: Any) -> Any:
    """Return the strategy with a guard around it: the same object, of the same class.

    Nothing is opened or read by that: the guards begin at ``ft_bot_start``. A bot's database on a
    server is asked whether it answers.

    Raises
    ------
    OperationalException
        In one line, when the config's section is not valid, a bot that trades could not be
        guarded, or its database's server does not answer.
    """
    if guard_of(strategy) is not None:
        return strategy
    config = strategy.config
    try:
        settings = settings_from(config)
        if config.get("runmode") in TRADING:
            require_guards_of_bot(config, settings)
            require_answer(str(config.get("db_url") or ""))
        if config.get("runmode") == RunMode.LIVE:
            require_live_opt_in(config, settings)
    except PlimsollError as error:
        raise OperationalException(f"plimsoll: {error}") from None
    # Part of the hash by which Freqtrade finds cached backtests.
    config["plimsoll"] = {**config.get("plimsoll", {}), "code_fingerprint": code_fingerprint()}
    try:
        require_hookable(type(strategy))
    except PlimsollError as error:
        _say_unguarded(strategy, str(error))
        return strategy
    hooks = put_hooks(type(strategy), of_bot=config.get("runmode") in TRADING)
    vars(strategy)[GUARD] = Guard(strategy, settings, hooks)
    if settings.guards == "off":
        _say_unguarded(strategy, 'plimsoll.guards is "off"')
    return strategy


def _say_unguarded(strategy: Any, why: str) -> None:
    """Say loudly that a strategy is not guarded; refuse to trade with it."""
    text = f"{type(strategy).__name__} is NOT GUARDED: {why}"
    if strategy.config.get("runmode") in TRADING:
        raise OperationalException(f"plimsoll: {text}")
    logger.warning("plimsoll: %s", text)
