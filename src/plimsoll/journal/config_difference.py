"""Which setting changed since a bot's previous start."""

from collections.abc import Iterable, Mapping
from typing import Any

from plimsoll.journal.canonical import Canonical


def flat_config(config: Mapping[str, Any], *, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """Return a config as dotted keys with canonical values and without secrets.

    Lists stay whole; keys of empty mappings are kept.
    """
    flat: dict[str, Any] = {}
    _flatten(Canonical(secrets).mapping(config), "", flat)
    return flat


def difference(
    previous_start: Mapping[str, Any] | None, config: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Compare a config with that of the previous start.

    Parameters
    ----------
    previous_start
        The record that ``DecisionLog.last("start")`` returned; ``None`` at the first start.
    config
        Flat, as from :func:`flat_config`, or nested.

    Returns
    -------
    dict
        By dotted key: ``before`` and ``after``; a key that was added has no ``before``, one
        that was removed no ``after``. Empty at the first start. A secret that changed does
        not show.
    """
    if previous_start is None:
        return {}
    before, after = flat_config(previous_start.get("config") or {}), flat_config(config)
    changed = {}
    for key in sorted(before.keys() | after.keys()):
        sides = {
            name: side[key] for name, side in (("before", before), ("after", after)) if key in side
        }
        if len(sides) == 1 or sides["before"] != sides["after"]:
            changed[key] = sides
    return changed


def _flatten(values: Mapping[str, Any], prefix: str, flat: dict[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            _flatten(value, f"{prefix}{key}.", flat)
        else:
            flat[f"{prefix}{key}"] = value
