"""Let ``/reload_config`` refuse a config that is not valid.

Freqtrade takes the running bot down before it reads the new config, and ends when that cannot be
read; our log handler ends the process when it is not valid. Open positions would then be nobody's.
Here the config is read and checked at the door: one that would be refused changes nothing.
"""

import logging
from collections.abc import Callable
from typing import Any

from freqtrade.configuration.config_validation import validate_config_schema
from freqtrade.enums import RunMode
from freqtrade.rpc.rpc import RPC

from plimsoll.bridge.config.expectation import read_expectation
from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.freqtrade.plugin_search import checked_config, register
from plimsoll.core import PlimsollError
from plimsoll.journal.limit_words import refused_reload_words

logger = logging.getLogger(__name__)

_inherited = RPC._rpc_reload_config  # noqa: SLF001 - the one way to a reload: Telegram and REST
_told: list[Callable[[str], object]] = []


def check_reloads(refused: Callable[[str], object]) -> None:
    """Check every config before it is reloaded; ``refused`` hears why one was not.

    May be called again: the last one hears.
    """
    _told[:] = [refused]
    RPC._rpc_reload_config = _reload_config  # noqa: SLF001


def reload_fault() -> str | None:
    """Return why the config of this process's command would be refused; ``None`` for a sound one.

    A config that another program changes between this look and Freqtrade's own is not seen.
    """
    try:
        config = checked_config()
        read_expectation(settings_from(config).expectation_file)
        register(config)
        if config.get("config_files"):
            validate_config_schema({**config, "runmode": RunMode.OTHER, "user_data_dir": "."})
    except PlimsollError as error:
        return str(error).splitlines()[0]
    except Exception as error:  # noqa: BLE001 - whatever it is, the reload would fail by it too
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None


def _reload_config(self: RPC) -> dict[str, Any]:
    fault = reload_fault()
    if fault is None:
        return _inherited(self)
    logger.warning("plimsoll: reload refused: %s", fault)
    for refused in _told:
        refused(fault)
    return {"status": refused_reload_words(fault)}
