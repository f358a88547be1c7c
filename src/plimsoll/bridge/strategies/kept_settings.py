"""Settings that exits rest on: as class and config say, whatever a strategy sets later."""

from collections.abc import Mapping
from typing import Any

from plimsoll.bridge.strategies.seal import put

KEPT = ("order_types", "order_time_in_force", "use_exit_signal", "use_custom_stoploss")
"""Which they are. Freqtrade reads them anew for each order."""

AT_MARKET = {"exit": "market", "emergency_exit": "market"}
"""The order types of an exit while something is to be closed."""

AT_ONCE = {"exit": "GTC"}
"""The time in force of an exit while something is to be closed."""


class KeptSettings:
    """What a strategy was loaded with, and what the base has set since.

    Freqtrade asks ``custom_exit`` only with exit signals on: they are, whatever the config says;
    the base marks no exits where it says no.
    """

    def __init__(self, strategy: Any) -> None:
        self._loaded = {name: _copied(getattr(strategy, name)) for name in KEPT}
        self._loaded["use_exit_signal"] = True
        self._set = dict(self._loaded)

    def put_back(self, strategy: Any, *, at_market: bool) -> list[str]:
        """Put every setting back, with exits at market or as loaded; return what was changed."""
        changed = [name for name in KEPT if getattr(strategy, name, None) != self._set[name]]
        self._set = dict(self._loaded)
        if at_market:
            self._set["order_types"] = {**self._loaded["order_types"], **AT_MARKET}
        for name in KEPT:
            put(strategy, name, _copied(self._set[name]))
        return changed

    def close_at_market(self, strategy: Any) -> None:
        """Let the exit that is about to be sent be a market order, and none that can wait."""
        for name, wanted in (("order_types", AT_MARKET), ("order_time_in_force", AT_ONCE)):
            self._set[name] = {**self._set[name], **wanted}
            put(strategy, name, _copied(self._set[name]))


def _copied(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
