"""What a bot of a fleet tells the others of itself, and what they make of it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from plimsoll.bridge.state.fleet_folder import REPORT, FleetFolder
from plimsoll.candles.windows import Window
from plimsoll.core import Position
from plimsoll.core.side import Side
from plimsoll.risk.fleet import BotReport, FleetLevels

UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError)


def heard_report(folder: FleetFolder, name: str) -> BotReport | str:
    """Return what a bot of a fleet said last, or why that is not known."""
    try:
        values = folder.read(REPORT, name)
        if values is None:
            return f"{name} has never reported"
        positions = values["positions"]
        as_of = datetime.fromisoformat(values["as_of"])
        if as_of.tzinfo is None:
            return f"the report of {name} has no time zone"
        return BotReport(
            name=name,
            account=str(values["account"]),
            as_of=as_of,
            capital_usd=_number(values["capital_usd"]),
            profit_usd=_number(values["profit_usd"]),
            positions=None if positions is None else tuple(map(_position, positions)),
            mode=str(values.get("mode", "")),
        )
    except UNREADABLE as error:
        return f"the report of {name} cannot be read: {type(error).__name__}: {error}"


def heard_window(folder: FleetFolder, name: str, pair: str) -> Window | None:
    """Return the closes of a pair that another bot holds; ``None`` where it told none."""
    try:
        told = (folder.read(REPORT, name) or {})["windows"].get(pair)
        if told is None:
            return None
        return Window(np.asarray(told["opened_s"]), np.asarray(told["closes"], dtype=float))
    except UNREADABLE:
        return None


def told_window(window: Window) -> dict[str, list[float]]:
    """Return a window as plain values."""
    return {"opened_s": window.opened_s.tolist(), "closes": window.closes.tolist()}


def told_position(position: Position) -> dict[str, Any]:
    """Return a position as plain values."""
    return {**asdict(position), "side": position.side.value}


def _position(values: Mapping[str, Any]) -> Position:
    opened = datetime.fromisoformat(str(values["opened_at"]))
    position = Position(**{**values, "side": Side(values["side"]), "opened_at": opened})
    float(position.notional_usd)  # a number that is none is found out here
    return position


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, found {value!r}")
    return float(value)


def told_levels(values: Mapping[str, Any]) -> FleetLevels:
    """Return the levels that a bot has told; `KeyError` and the like where they are none."""
    day = values["day_at"]
    return FleetLevels(**{**values, "day_at": None if day is None else datetime.fromisoformat(day)})
