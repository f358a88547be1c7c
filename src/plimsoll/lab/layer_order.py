"""Whether our base layer comes after a config of the user's own, and overrules it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.layers import read_layer
from plimsoll.lab.strategy_guarding import base_first, names_handler

BASE = "base.json"
OF_LOGS = "log_config"
"""Not compared: what a handler of ours has to overrule to be there at all."""


@dataclass(frozen=True, slots=True)
class LateBase:
    """Our base layer after files whose settings it overrules.

    ``settings`` are their dotted names, ``files`` all layers but the base, in order.
    """

    base: Path
    before: tuple[Path, ...]
    settings: tuple[str, ...]
    files: tuple[Path, ...]

    @property
    def fault(self) -> str:
        """What is wrong, in one line."""
        own = ", ".join(map(str, self.before))
        verb = "wins" if len(self.settings) == 1 else "win"
        return f"{self.base} comes after {own}, so its {', '.join(self.settings)} {verb}"

    @property
    def remedy(self) -> str:
        """How the layers are to be named."""
        return base_first(self.base.parent.parent, self.files)


def late_base(files: Sequence[Path]) -> LateBase | None:
    """Return what our base layer overrules in files named before it; None when nothing.

    Raises
    ------
    UsageError
        When a file is missing or is not JSON.
    """
    place = next((at for at, file in enumerate(files) if file.name == BASE), 0)
    if place == 0:
        return None
    base, before = read_layer(files[place]), files[:place]
    if not names_handler(base):
        return None
    ours = dict(_settings(base))
    own = [dict(_settings(read_layer(file))) for file in before]
    overruled = [
        name
        for name, value in ours.items()
        if any(name in held and held[name] != value for held in own)
    ]
    if not overruled:
        return None
    others = (*before, *files[place + 1 :])
    return LateBase(files[place], tuple(before), tuple(overruled), others)


def _settings(config: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each setting by its dotted name; a list is one setting."""
    for key, value in config.items():
        if above or key not in (OF_LOGS, "$schema"):
            if isinstance(value, Mapping):
                yield from _settings(value, f"{above}{key}.")
            else:
                yield f"{above}{key}", value
