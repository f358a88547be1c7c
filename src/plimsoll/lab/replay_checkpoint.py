"""What a replay leaves at each seam, and how it goes on from there."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from plimsoll.lab.replay_segment import ReplayFolder

CHECKPOINT, RECORD = "checkpoint", "checkpoint.json"


def leave_checkpoint(place: ReplayFolder, at: datetime) -> None:
    """Copy database, exchange's events and user folder, at a seam; replace the copy before.

    A kill in the middle leaves the older copy, or the new one, whole.
    """
    _gather(place.database)
    target, fresh = place.folder / CHECKPOINT, place.folder / f".{CHECKPOINT}.half"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    for source in _state(place):
        if source.is_dir():
            shutil.copytree(source, fresh / source.name)
        elif source.exists():
            shutil.copy2(source, fresh / source.name)
    (fresh / RECORD).write_text(json.dumps({"at": at.isoformat()}), encoding="utf-8")
    older = place.folder / f".{CHECKPOINT}.old"
    shutil.rmtree(older, ignore_errors=True)
    if target.exists():
        target.rename(older)
    fresh.rename(target)
    shutil.rmtree(older, ignore_errors=True)


def _gather(database: Path) -> None:
    """Bring what SQLite has written beside the database (its write-ahead log) into it."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def last_checkpoint(place: ReplayFolder) -> Path | None:
    """Return the folder of the last whole checkpoint; ``None`` when there is none."""
    for name in (CHECKPOINT, f".{CHECKPOINT}.half", f".{CHECKPOINT}.old"):
        folder = place.folder / name
        if (folder / RECORD).exists():
            return folder
    return None


def restore(place: ReplayFolder, checkpoint: Path) -> datetime:
    """Put back what a checkpoint holds, in place of what a kill left; return its instant."""
    clear(place)
    for source in checkpoint.iterdir():
        if source.is_dir():
            shutil.copytree(source, place.folder / source.name)
        elif source.name != RECORD:
            shutil.copy2(source, place.folder / source.name)
    return datetime.fromisoformat(json.loads((checkpoint / RECORD).read_text())["at"])


def clear(place: ReplayFolder) -> None:
    """Remove what bot and exchange have written so far."""
    for source in (*_state(place), place.work):
        if source.is_dir():
            shutil.rmtree(source)
        else:
            source.unlink(missing_ok=True)
    for leftover in place.folder.glob(f"{place.database.name}-*"):
        leftover.unlink()


def _state(place: ReplayFolder) -> tuple[Path, ...]:
    return (place.database, place.event_log, place.books, place.userdir, place.bot_log)
