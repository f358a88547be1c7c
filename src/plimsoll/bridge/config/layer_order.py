"""Which layer of a config loosens a limit that an earlier layer of the same config had set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.layers import read_layer, read_layers
from plimsoll.risk import RiskProfile
from plimsoll.risk.looser import is_looser

ENVIRONMENT = "the environment"


@dataclass(frozen=True, slots=True)
class LoosenedLimit:
    """A limit, its strictest value and the one that counts, each with the layer that says it."""

    name: str
    strict: Any
    strict_source: str
    value: Any
    source: str


def loosened_limits(config_files: Sequence[Path | str]) -> list[LoosenedLimit]:
    """Return each limit whose last layer is looser than an earlier one, in the profile's order.

    Parameters
    ----------
    config_files
        Every file that Freqtrade read, included ones too, as it lists them in ``config_files``.

    Raises
    ------
    UsageError
        When a file cannot be read.
    """
    strict: dict[str, tuple[Any, str]] = {}
    last: dict[str, tuple[Any, str]] = {}
    for source, limits in _limits_of(config_files):
        for name, value in limits.items():
            last[name] = value, source
            if name not in strict or not _is_looser(name, strict[name][0], value):
                strict[name] = value, source
    return [
        LoosenedLimit(name, *strict[name], *last[name])
        for name in RiskProfile.model_fields
        if name in last and _is_looser(name, strict[name][0], last[name][0])
    ]


def _limits_of(config_files: Sequence[Path | str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the limits that each layer sets, the environment last."""
    layers = {str(file): read_layer(Path(file)) for file in config_files}
    for file in _in_order(layers):
        yield Path(file).name, _limits(layers[file])
    yield ENVIRONMENT, _limits(read_layers([]))


def _in_order(layers: dict[str, dict[str, Any]]) -> list[str]:
    """Return the files as they are merged: what a file includes comes before it.

    Freqtrade lists a file in front of those read before it, but what it includes behind them.
    """
    by_place = {Path(file).resolve(): file for file in layers}

    def included(file: str) -> list[str]:
        folder = Path(file).resolve().parent
        places = [(folder / name).resolve() for name in layers[file].get("add_config_files", ())]
        return [by_place[place] for place in places if place in by_place]

    def with_included(file: str) -> Iterator[str]:
        for inner in included(file):
            yield from with_included(inner)
        yield file

    inner = {one for file in layers for one in included(file)}
    outer = [file for file in reversed(layers) if file not in inner]
    return list(dict.fromkeys(one for file in outer for one in with_included(file)))


def _limits(layer: dict[str, Any]) -> dict[str, Any]:
    section = layer.get("plimsoll")
    limits = section.get("risk") if isinstance(section, dict) else None
    known = limits if isinstance(limits, dict) else {}
    return {name: value for name, value in known.items() if name in RiskProfile.model_fields}


def _is_looser(name: str, before: Any, after: Any) -> bool:
    """Return whether a limit is looser; a value that is none is refused elsewhere."""
    try:
        return is_looser(name, before, after)
    except (TypeError, ValueError, AttributeError):
        return False
