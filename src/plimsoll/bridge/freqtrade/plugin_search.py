"""Make Freqtrade find plugins outside its own package (freqtrade#4477).

Freqtrade searches protections and pairlists in its installed package only. `register` widens
the search of its two resolvers to the user's ``user_data/plugins/`` and to the shipped
``plugins/``, and adds the pairlists' names to the list that the config schema checks.

It is reached in two ways: by `RegisteringHandler`, a log handler class that the config profiles
name (Freqtrade builds log handlers before it checks the config, for every command), and by
the ``protections`` property of `plimsoll.bridge.strategies.guarded.GuardedStrategy` (hyperopt's
workers build protections in fresh processes that configure no logging).
"""

import logging
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import freqtrade.constants
from freqtrade.config_schema import CONF_SCHEMA
from freqtrade.resolvers import IResolver
from freqtrade.resolvers.pairlist_resolver import PairListResolver
from freqtrade.resolvers.protection_resolver import ProtectionResolver

from plimsoll.bridge.config.absent_layers import require_layers_of_variables
from plimsoll.bridge.config.layer_checks import sound_settings
from plimsoll.bridge.config.settings import (
    require_guards_of_bot,
    require_live_opt_in,
    require_secrets,
    require_stated_costs,
)
from plimsoll.bridge.freqtrade.backtest_report import install_where_shown
from plimsoll.bridge.freqtrade.command_line import command_line_config, refuse
from plimsoll.bridge.freqtrade.plugin_files import (
    SUPPORTED_FREQTRADE,
    name_pairlists,
    plugin_folders,
    require_supported_freqtrade,
    shadowed,
)
from plimsoll.bridge.freqtrade.strategy_loading import guard_strategies
from plimsoll.core import PlimsollError

logger = logging.getLogger(__name__)


def register(config: Mapping[str, Any]) -> None:
    """Let this process load the shipped plugins and those of ``config["user_data_dir"]``.

    Idempotent; several user folders may be registered one after the other.

    Raises
    ------
    PlimsollError
        When the installed freqtrade is outside the supported range, or no longer is built the
        way that registration relies on.
    """
    require_supported_freqtrade(version("freqtrade"))
    require_known_resolvers()
    _widen_search(ProtectionResolver, "protections")
    _widen_search(PairListResolver, "pairlists")
    for name in shadowed(config):
        logger.warning("Your own %s takes the place of the one that Plimsoll ships.", name)
    name_pairlists(config)


@cache
def register_once(user_data_dir: Path | None) -> None:
    """Do the same once a process: each epoch of a hyperopt asks a strategy for its protections.

    Raises
    ------
    PlimsollError
        As `register`; the next call tries again.
    """
    register({} if user_data_dir is None else {"user_data_dir": user_data_dir})


def require_known_resolvers() -> None:
    """Refuse a freqtrade whose plugin loading is not the one that `register` widens."""
    pairlist_method = CONF_SCHEMA["properties"]["pairlists"]["items"]["properties"]["method"]
    facts = {
        "the protection resolver searches no user folder": (
            ProtectionResolver.user_subdir is None and ProtectionResolver.extra_path is None
        ),
        "the pairlist resolver searches no user folder": (
            PairListResolver.user_subdir is None and PairListResolver.extra_path is None
        ),
        "the config schema checks pairlists against AVAILABLE_PAIRLISTS itself": (
            pairlist_method.get("enum") is freqtrade.constants.AVAILABLE_PAIRLISTS
        ),
    }
    changed = [fact for fact, holds in facts.items() if not holds]
    if changed:
        raise PlimsollError(
            f"freqtrade {version('freqtrade')} loads plugins in another way than expected "
            f"({'; '.join(changed)} no longer holds); plugins would be missed silently, "
            f"so nothing was registered: install freqtrade{SUPPORTED_FREQTRADE} unchanged"
        )


def _widen_search(resolver: type[IResolver], kind: str) -> None:
    if "build_search_paths" in vars(resolver):
        return
    inherited = resolver.build_search_paths

    def build_search_paths(
        config: dict[str, Any],
        user_subdir: str | None = None,
        extra_dirs: list[str] | None = None,
    ) -> list[Path]:
        builtin = inherited(config, user_subdir=user_subdir, extra_dirs=extra_dirs)
        return plugin_folders(config, kind) + builtin

    resolver.build_search_paths = staticmethod(build_search_paths)  # type: ignore[method-assign,assignment]


def checked_config() -> dict[str, Any]:
    """Return the config that this process's freqtrade command reads, when nothing is wrong in it.

    Raises
    ------
    PlimsollError
        What is wrong with its layers, its ``plimsoll`` section, its secrets, variables without
        their layer, or its opt-in to live trading.
    """
    command, config = command_line_config()
    settings = sound_settings(config)
    require_stated_costs(config, settings)
    require_layers_of_variables(config)
    if command in ("trade", "webserver"):
        require_secrets(config)
    if command == "trade":
        require_live_opt_in(config, settings)
        require_guards_of_bot(config, settings)
    return config


class RegisteringHandler(logging.Handler):
    """A log handler that registers the plugins when Freqtrade's logging is configured.

    It emits nothing. Name it under ``log_config.handlers`` of a Freqtrade config::

        "plimsoll": {"class": "plimsoll.bridge.freqtrade.plugin_search.RegisteringHandler"}

    Every strategy that is loaded afterwards is guarded. It also checks the config's ``plimsoll``
    section, and for ``freqtrade trade`` the opt-in to live trading, so that a mistake ends any
    command before it begins.
    """

    def __init__(self) -> None:
        super().__init__()
        try:
            register(checked_config())
            guard_strategies()
            install_where_shown()
        except PlimsollError as error:
            refuse(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing was registered
            refuse(PlimsollError(f"plugins were not registered, {type(error).__name__}: {error}"))

    def emit(self, record: logging.LogRecord) -> None:
        """Emit nothing: this handler exists for its construction."""
