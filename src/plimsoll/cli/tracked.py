"""Searches and walk-forwards as runs, where the config that they were given asks for it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer


def track_outcome(
    kind: str,
    arguments: Sequence[str],
    record: Mapping[str, Any],
    *,
    metrics: Mapping[str, float | None],
    files: Sequence[str | Path | None] = (),
) -> None:
    """Log what a command found, by the ``plimsoll.tracking`` of its config.

    ``arguments`` are Freqtrade's: the configs after ``-c``, the user folder, the strategy. Says on
    stderr which run it is.
    """
    named = _values(arguments, "-c", "--config")
    userdir = Path((_values(arguments, "--userdir", "--user-data-dir") or ["user_data"])[-1])
    default = [file for file in (userdir / "config.json", Path("config.json")) if file.is_file()]
    layers = [Path(one) for one in named] or default[:1]
    if not layers:
        return
    from plimsoll.bridge.config.layers import read_layers
    from plimsoll.bridge.config.settings import settings_from

    settings = settings_from(read_layers(layers)).tracking
    if not settings.enabled:
        return
    from plimsoll.bridge.config.fingerprint import code_fingerprint
    from plimsoll.tracking.runs import TrackedRun, track

    strategy = (_values(arguments, "-s", "--strategy") or [str(record.get("strategy", "?"))])[-1]
    run = TrackedRun(
        kind=kind,
        name=strategy,
        parameters={"strategy": strategy, "arguments": " ".join(arguments), **_plain(record)},
        metrics=metrics,
        tags={"code_fingerprint": code_fingerprint()},
        files=[Path(one) for one in files if one is not None],
    )
    if (number := track(settings, userdir, run)) is not None:
        typer.echo(f"Tracked as run {number} in {settings.uri_in(userdir)}", err=True)


def _values(arguments: Sequence[str], *options: str) -> list[str]:
    """Return what follows an option, or is joined to it by an equals sign."""
    found = []
    for place, one in enumerate(arguments):
        if one in options and place + 1 < len(arguments):
            found.append(arguments[place + 1])
        elif one.startswith(tuple(f"{option}=" for option in options if option[:2] == "--")):
            found.append(one.partition("=")[2])
    return found


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a record is short enough for a parameter: no tables, no lists of windows."""
    return {
        name: value
        for name, value in record.items()
        if isinstance(value, str | int | float | bool | dict) or value is None
    }
