"""What a bot of a fleet tells the others of itself, and what they make of it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from plimsoll.bridge.state.fleet_folder import REPORT, FleetFolder
from plimsoll.bridge.state.identity import account_of
from plimsoll.candles.windows import Window
from plimsoll.core import PlimsollError, Position
from plimsoll.core.side import Side
from plimsoll.risk.fleet import PAPER, SHARE, BotReport, FleetLevels

LEVELS_USD = ("day_usd", "high_usd", "last_usd", "capital_usd")
UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError)


def heard_report(folder: FleetFolder, name: str, fleet: str) -> BotReport | str:
    """Return what a bot of a fleet said last, or why that is not known.

    ``fleet`` is the digest of the fleet's file that it must run by, as its reader does.
    """
    try:
        values = folder.read(REPORT, name)
        if values is None:
            return f"{name} has never reported"
        positions = values["positions"]
        as_of = datetime.fromisoformat(values["as_of"])
        if as_of.tzinfo is None:
            return f"the report of {name} has no time zone"
        if values.get("fleet") != fleet:
            return f"{name} runs by another fleet file: /reload_config it"
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
    day = None if day is None else datetime.fromisoformat(day)
    if day is not None and day.tzinfo is None:
        raise ValueError("expected a day with its time zone")
    bots = tuple(map(str, values.get("bots", ())))
    numbers = {name: _number(values.get(name)) for name in LEVELS_USD}
    return FleetLevels(epoch=str(values["epoch"]), day_at=day, bots=bots, **numbers)


def whose_money(config: Mapping[str, Any], bot: str, *, books: bool) -> str:
    """Return whose money a bot trades: the account's, or a share or paper of its own.

    ``books`` says whether the exchange's own books tell what the account's money is.

    Raises
    ------
    PlimsollError
        When bots of one wallet would each take all of it for their own.
    """
    if config.get("dry_run", True):
        return f"{PAPER}{bot}"
    if not books:
        if "available_capital" not in config:
            raise PlimsollError(
                "expected available_capital in a fleet's spot bot, whose wallet does not tell "
                "what is whose, found none"
            )
        return f"{SHARE}{bot}"
    return wallet_of(config)


def wallet_of(config: Mapping[str, Any]) -> str:
    """Return which account at an exchange a bot trades; bots of one share its orders and coins."""
    account = account_of(config)
    return "" if account is None else account.exchange_digest
