"""Stores of one seat, and models of a few bytes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plimsoll.bridge.champions.store import SeatStore
from plimsoll.bridge.champions.versions import Made
from plimsoll.champions.seat import Version

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def made(at: datetime = NOON) -> Made:
    return Made(at - timedelta(days=30), at, at, {"holdout": 0.01, "features": ["rsi"]})


def writes(text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "model.txt").write_text(text)
        (folder / "pipeline.txt").write_text(text * 100)

    return write


def trained(store: SeatStore, count: int = 1, *, at: datetime = NOON) -> list[Version]:
    return [store.train(made(at), writes(f"trees {at} {n}")) for n in range(count)]
