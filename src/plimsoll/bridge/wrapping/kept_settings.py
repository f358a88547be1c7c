"""Settings that an exit of the guards rests on, whatever a strategy sets them to at run time."""

from collections.abc import Callable, Container
from typing import Any

CLOSING = {
    "order_types": {"exit": "market", "emergency_exit": "market"},
    "order_time_in_force": {"exit": "GTC"},
}
"""What they are for an exit that a guard wants: at market, and none that can wait."""


class KeptSettings:
    """Mappings of a strategy that Freqtrade reads anew for each order.

    A strategy may change them as it likes. Freqtrade could not go on without a key, so those that
    it was loaded with are there in any case, also where reading them raises.

    Parameters
    ----------
    own
        Returns the strategy's own value of a name.
    names
        Which of them are read here.
    """

    def __init__(self, own: Callable[[str], Any], names: Container[str]) -> None:
        self._own = own
        self._loaded = {name: dict(own(name)) for name in CLOSING if name in names}

    def read(self, name: str, *, closing: bool) -> dict[str, Any]:
        """Return a mapping as Freqtrade is to see it now."""
        loaded = self._loaded.get(name, {})
        try:
            own = self._own(name)
        except Exception:  # noqa: BLE001 - a property of the strategy's own
            own = loaded
        if not isinstance(own, dict):
            own = loaded
        if closing:
            return {**loaded, **own, **CLOSING[name]}
        return own if own.keys() >= loaded.keys() else {**loaded, **own}
