"""Inside the bot: the strategy base, plugin registration, the adapters to Freqtrade."""

from importlib import import_module
from types import ModuleType

_MOVED = {
    "loading": "plimsoll.bridge.freqtrade.plugin_search",
    "clock": "plimsoll.bridge.freqtrade.venue_clock",
}
"""Where the log handlers are now that a config of version 0.1 names by their former modules."""


def __getattr__(name: str) -> ModuleType:
    """Return a module by its former name, as `logging.config` asks for the class in it."""
    if name in _MOVED:
        return import_module(_MOVED[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
