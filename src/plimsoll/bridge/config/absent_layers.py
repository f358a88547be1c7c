"""Environment variables of a section that no layer of the config brings.

``FREQTRADE__TELEGRAM__TOKEN`` alone makes a section ``telegram`` that lacks the rest. Freqtrade
ends every command then, with status 0 and words that name neither the variable nor the section.
"""

import os
from dataclasses import dataclass
from typing import Any

from freqtrade.config_schema import CONF_SCHEMA

from plimsoll.bridge.config.layers import ENVIRONMENT_PREFIX
from plimsoll.core import UsageError

LAYERS = {"telegram": "telegram.json", "api_server": "api-server.json"}
"""The shipped layer that brings a section whole."""


@dataclass(frozen=True, slots=True)
class AbsentLayer:
    """A section that only the environment names, and what it lacks."""

    section: str
    variables: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def fault(self) -> str:
        """What is wrong, in one line."""
        verb = "is" if len(self.variables) == 1 else "are"
        return (
            f"{', '.join(self.variables)} {verb} set in the environment, and no layer has the "
            f"section {self.section}: Freqtrade ends with \"'{self.missing[0]}' is a required "
            'property", and status 0'
        )

    @property
    def remedy(self) -> str:
        """What to do about it."""
        file = LAYERS.get(self.section, f"a file with the section {self.section}")
        return f"add the layer (-c user_data/config/{file}), or unset {' '.join(self.variables)}"


def absent_layers(config: dict[str, Any]) -> list[AbsentLayer]:
    """Return the sections of a merged config that the environment alone names, and not whole."""
    by_section: dict[str, list[str]] = {}
    for name in sorted(os.environ):
        section, _, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        if name.startswith(ENVIRONMENT_PREFIX) and section in LAYERS and key:
            by_section.setdefault(section, []).append(name)
    absent = []
    for section, names in by_section.items():
        held = config.get(section) or {}
        given = {name.lower().split("__")[2] for name in names}
        missing = [key for key in _required(section) if key not in held]
        if missing and set(held) <= given:
            absent.append(AbsentLayer(section, tuple(names), tuple(missing)))
    return absent


def require_layers_of_variables(config: dict[str, Any]) -> None:
    """Refuse a config that Freqtrade would end with status 0.

    Raises
    ------
    UsageError
        In one line, with every section that only the environment names.
    """
    if absent := absent_layers(config):
        raise UsageError("; ".join(f"{one.fault}; {one.remedy}" for one in absent))


def _required(section: str) -> list[str]:
    return list(CONF_SCHEMA["properties"][section].get("required", ()))
