"""What a config's files and the environment say that no reader would complain of."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from plimsoll.bridge.config.layers import ENVIRONMENT_PREFIX, read_layer
from plimsoll.bridge.config.repeated_keys import repeated_keys
from plimsoll.bridge.config.settings import KEYS
from plimsoll.core import UsageError

OURS = f"{ENVIRONMENT_PREFIX}PLIMSOLL__"
FREQTRADES = frozenset({"pairs"})
"""Keys of ours that Freqtrade has a meaning of its own for, at the top of a config."""


def require_sound_layers(files: Iterable[Path | str]) -> None:
    """Refuse layers whose sense a reader would lose in silence, and variables of no known key.

    ``files`` are those of a config and the ones they include (``config_files``).

    Raises
    ------
    UsageError
        In one line: a key that one object has twice, a section of ours outside ``plimsoll``, an
        environment variable of ours that names no key. Also when a file cannot be read.
    """
    for file in map(Path, files):
        layer = read_layer(file)
        _require_single_keys(file)
        _require_in_place(layer, str(file))
    for name in sorted(os.environ):
        if name.startswith(OURS):
            _require_known(name)
        elif name.startswith(ENVIRONMENT_PREFIX):
            key = name.removeprefix(ENVIRONMENT_PREFIX).split("__")[0].lower()
            _require_in_place([key], f"the environment ({name})")


def _require_single_keys(file: Path) -> None:
    repeated = repeated_keys(file.read_text(encoding="utf-8"))
    if repeated:
        first = repeated[0]
        raise UsageError(
            f"expected each key once in an object, found {first.name} twice in {file}, in lines "
            f"{first.first_line} and {first.second_line}; only the last would count: remove one"
        )


def _require_in_place(keys: Iterable[str], source: str) -> None:
    for key in keys:
        place = _place_of(key)
        if place is not None:
            raise UsageError(
                f"expected {place}, found {key} at the top of {source}, where nobody reads it; "
                'move it into "plimsoll"'
            )


def _place_of(key: str) -> str | None:
    """Return where a top-level key belongs; ``None`` when it is not one of ours."""
    sections = {name: model for name, model in KEYS.items() if name}
    if key in sections:
        return f"plimsoll.{key}"
    for name, model in sections.items():
        if key in model.model_fields and key not in FREQTRADES:
            return f"plimsoll.{name}.{key}"
    return None


def _require_known(variable: str) -> None:
    section, parts = "", variable.removeprefix(OURS).lower().split("__")
    if parts[0] in KEYS and len(parts) > 1:
        section, *parts = parts
    known = list(KEYS[section].model_fields)
    if parts[0] in known:
        return
    similar = get_close_matches(parts[0], known, n=1)
    prefix = OURS + (f"{section.upper()}__" if section else "")
    advice = f"; did you mean {prefix}{similar[0].upper()}?" if similar else ""
    raise UsageError(
        f"expected the environment to name keys of the config's plimsoll section, found "
        f"{variable}{advice}"
    )
