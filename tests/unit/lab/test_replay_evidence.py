"""What two runs share is in the hash; what is a run's own is not."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plimsoll.lab.replay_evidence import Evidence, read_evidence

SCHEMA = """
CREATE TABLE trades (id INTEGER, pair TEXT, is_open INTEGER, open_rate REAL);
CREATE TABLE orders (id INTEGER, ft_trade_id INTEGER, order_id TEXT, average REAL);
"""


def evidence(folder: Path, *, run: str, rate: float = 100.0, halt: str = "daily_loss") -> Evidence:
    """Write what a run leaves, with the names that it drew itself, and read it."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "trades.sqlite")) as connection:
        connection.executescript(SCHEMA)
        connection.execute("INSERT INTO trades VALUES (4, 'BTC', 0, ?)", (rate,))
        connection.execute("INSERT INTO orders VALUES (9, 4, ?, 100.5)", (f"dry_{run}",))
        connection.commit()
    (folder / "decisions").mkdir()
    records: list[dict[str, Any]] = [
        {"kind": "start", "pid": 1, "hash": run},
        {"kind": "halt", "rule": halt, "seq": 3, "previous": run, "hash": run},
    ]
    text = "".join(json.dumps(record) + "\n" for record in records)
    (folder / "decisions/2025-04-07.jsonl").write_text(text)
    events = [
        {"event": "AccountOpened", "sequence": 1},
        {
            "event": "OrderFilled",
            "sequence": 2,
            "order_id": 7,
            "fill_id": 8,
            "price": 100.5,
            "crc32": 9,
        },
    ]
    (folder / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
    return read_evidence(folder / "trades.sqlite", folder, folder / "events.jsonl")


def test_ids_and_seals_are_a_runs_own(tmp_path: Path) -> None:
    one, other = evidence(tmp_path / "a", run="aa"), evidence(tmp_path / "b", run="bb")
    assert one == other
    assert one.hash == other.hash
    assert one.trades == [{"pair": "BTC", "is_open": 0, "open_rate": 100.0}]
    assert one.orders == [{"average": 100.5, "trade": 0}]
    assert one.fills == [{"event": "OrderFilled", "price": 100.5}]
    assert one.halts == [{"kind": "halt", "rule": "daily_loss"}]


@pytest.mark.parametrize("other", [{"rate": 100.00000001}, {"halt": "drawdown"}])
def test_any_difference_in_what_happened_is_another_hash(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    assert evidence(tmp_path / "a", run="a").hash != evidence(tmp_path / "b", run="a", **other).hash


def test_in_dry_run_there_are_no_fills(tmp_path: Path) -> None:
    evidence(tmp_path / "a", run="a")
    read = read_evidence(tmp_path / "a/trades.sqlite", tmp_path / "a", tmp_path / "none.jsonl")
    assert read.fills == []
