"""What a config's files and the environment say that no reader would complain of."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.layers import ENVIRONMENT_PREFIX, read_layer
from plimsoll.bridge.config.repeated_keys import repeated_keys
from plimsoll.bridge.config.settings import KEYS, RENAMED, PlimsollSettings, settings_from
from plimsoll.core import PlimsollError, UsageError

OURS = f"{ENVIRONMENT_PREFIX}PLIMSOLL__"
FREQTRADES = frozenset({"pairs"})
"""Keys of ours that Freqtrade has a meaning of its own for, at the top of a config."""


def require_sound_layers(files: Iterable[Path | str]) -> None:
    """Refuse layers whose sense a reader would lose in silence, and variables of no known key.

    ``files`` are those of a config and the ones they include (``config_files``).

    Raises
    ------
    UsageError
        In one line, with every fault (`layer_faults`).
    """
    if faults := layer_faults(files):
        raise UsageError("; ".join(faults))


def sound_settings(config: dict[str, Any]) -> PlimsollSettings:
    """Return the settings of a merged config whose layers are sound.

    Raises
    ------
    PlimsollError
        In one line, with every fault of its layers and of its ``plimsoll`` section.
    """
    faults = layer_faults(config.get("config_files", ()))
    try:
        settings = settings_from(config)
    except PlimsollError as error:
        raise PlimsollError("; ".join([*faults, str(error)])) from None
    if faults:
        raise UsageError("; ".join(faults))
    return settings


def layer_faults(files: Iterable[Path | str]) -> list[str]:
    """Return what is wrong with layers and environment, in the order of the files given.

    A file that cannot be read, a key that one object has twice, a key of ours outside
    ``plimsoll``, an environment variable of ours that names no key.
    """
    faults = []
    for file in map(Path, files):
        try:
            layer = read_layer(file)
        except UsageError as error:
            faults.append(str(error))
            continue
        faults += _repeated_in(file)
        faults += _out_of_place(layer, str(file))
    for name in sorted(os.environ):
        if name.startswith(OURS):
            faults += _unknown(name)
        elif name.startswith(ENVIRONMENT_PREFIX):
            key = name.removeprefix(ENVIRONMENT_PREFIX).split("__")[0].lower()
            faults += _out_of_place([key], f"the environment ({name})")
    return faults


def _repeated_in(file: Path) -> list[str]:
    return [
        f"expected each key once in an object, found {one.name} twice in {file}, in lines "
        f"{one.first_line} and {one.second_line}; only the last would count: remove one"
        for one in repeated_keys(file.read_text(encoding="utf-8"))
    ]


def _out_of_place(keys: Iterable[str], source: str) -> list[str]:
    faults = []
    for key in keys:
        place = _place_of(key)
        if place is not None:
            section = place.split(".")[1:-1]
            inside = f'{{"{section[0]}": {{…}}}}' if section else "{…}"
            faults.append(
                f"expected {place}, found {key} at the top of {source}, where nobody reads it; "
                f'move it into "plimsoll": {inside}'
            )
    return faults


def _place_of(key: str) -> str | None:
    """Return where a top-level key belongs; ``None`` when it is not one of ours."""
    sections = {name: model for name, model in KEYS.items() if name}
    if key in sections:
        return f"plimsoll.{key}"
    for name, model in sections.items():
        if key in model.model_fields and key not in FREQTRADES:
            return f"plimsoll.{name}.{key}"
    return None


def _unknown(variable: str) -> list[str]:
    section, parts = "", variable.removeprefix(OURS).lower().split("__")
    if parts[0] in KEYS and len(parts) > 1:
        section, *parts = parts
    known = list(KEYS[section].model_fields)
    if parts[0] in known:
        return []
    if not section and parts[0] in RENAMED:
        return [f"{variable} {RENAMED[parts[0]]}"]
    similar = get_close_matches(parts[0], known, n=1)
    prefix = OURS + (f"{section.upper()}__" if section else "")
    advice = f"; did you mean {prefix}{similar[0].upper()}?" if similar else ""
    return [f"expected the environment to name keys of plimsoll, found {variable}{advice}"]
