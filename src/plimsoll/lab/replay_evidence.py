"""What a replay did, in a form that two equal runs share to the byte."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from plimsoll.journal.canonical import SEALED
from plimsoll.journal.files import decision_files, lines
from plimsoll.journal.kind import Kind

IDS = frozenset({"id", "order_id", "ft_trade_id", "stoploss_order_id"})
"""Columns that differ between equal runs: dry-run orders have random names."""
HALTS = frozenset({Kind.HALT.value, Kind.REARM.value})
RUN_OWN = frozenset({*SEALED, "pid", "run", "session", "boot"})
FILL = "OrderFilled"
FILL_IDS = frozenset({"order_id", "fill_id", "sequence", "more", "crc32"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """Trades and orders of the bot, fills of the exchange, halts of the guards, oldest first."""

    trades: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    fills: list[dict[str, Any]]
    halts: list[dict[str, Any]]

    @property
    def hash(self) -> str:
        """SHA-256 of all of it as canonical JSON."""
        told = {
            "trades": self.trades,
            "orders": self.orders,
            "fills": self.fills,
            "halts": self.halts,
        }
        return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def read_evidence(database: Path, state: Path, event_log: Path) -> Evidence:
    """Read a replay's database, decision log and, in live mode, the exchange's events."""
    trades, orders = _rows(database)
    return Evidence(trades, orders, _fills(event_log), _halts(state / "decisions"))


def _rows(database: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return trades and orders without their ids; an order names its trade by its place."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        trades = [dict(row) for row in connection.execute("SELECT * FROM trades ORDER BY id")]
        orders = [dict(row) for row in connection.execute("SELECT * FROM orders ORDER BY id")]
    places = {row["id"]: place for place, row in enumerate(trades)}
    return (
        [_without(row, IDS) for row in trades],
        [{**_without(row, IDS), "trade": places.get(row["ft_trade_id"])} for row in orders],
    )


def _fills(event_log: Path) -> list[dict[str, Any]]:
    if not event_log.exists():
        return []
    events = (json.loads(line) for line in lines(event_log))
    return [_without(event, FILL_IDS) for event in events if event["event"] == FILL]


def _halts(folder: Path) -> list[dict[str, Any]]:
    records = (orjson.loads(line) for file in decision_files(folder) for line in lines(file))
    return [_without(one, RUN_OWN) for one in records if one.get("kind") in HALTS]


def _without(row: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    left_out = frozenset(names)
    return {key: value for key, value in row.items() if key not in left_out}
