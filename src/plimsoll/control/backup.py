"""A backup of what a bot cannot lose: its database, its decision log, its flag and its evidence.

It is made beside a bot that runs. The database is copied first, by SQLite's own backup or, of a
PostgreSQL, as it is at one moment into a file of SQLite's, and the log after it: what acted in
between is in the log, which alone is enough to hold it again.
"""

import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

import plimsoll
from plimsoll.bridge.state.database_claim import is_on_server
from plimsoll.bridge.state.folder import DECISIONS, HALT, STATUS
from plimsoll.bridge.state.identity import Account
from plimsoll.bridge.state.outbox import OUTBOX
from plimsoll.control.backup_file import (
    DATABASE,
    FORMAT,
    MANIFEST,
    STATE,
    Manifest,
    archive,
    digest,
    files_in,
)
from plimsoll.control.bot import Bot, look
from plimsoll.control.latch import on_record
from plimsoll.control.migrate import copy_to_file
from plimsoll.control.rearm import is_written
from plimsoll.core import PlimsollError, UsageError
from plimsoll.journal.check import verify
from plimsoll.journal.files import decision_files, torn_files

EVIDENCE = "evidence"
"""The folder of the gates' records and bundles in a bot's state folder."""
SUFFIX = ".backup.tar.gz"
TRIES = 3


def back_up(bot: Bot, file: Path) -> Manifest:
    """Write a backup of a bot, running or not, in one move.

    Raises
    ------
    UsageError
        When there is such a file already, or there is no database.
    PlimsollError
        When the database is damaged, or what is to be copied does not hold still.
    """
    if file.exists():
        raise UsageError(f"expected a new file for the backup, found {file}; name another one")
    on_server = is_on_server(bot.db_url)
    source = Path() if on_server else sqlite_file(bot.db_url)
    if not on_server and not source.is_file():
        raise UsageError(
            f"expected the bot's database at {source.resolve()}, found none; name it with "
            "--db-url, or its config files with -c"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as name:
        work = Path(name)
        for _ in range(TRIES):
            began, running = datetime.now(UTC), is_written(bot.folder.decisions)
            if on_server:
                copy_to_file(bot.db_url, work / DATABASE)
            else:
                copy_database(source, work / DATABASE)
            _copy_state(bot.folder.path, work / STATE, whole=not running)
            # Of a bot that died meanwhile the last, torn line may be a halt: it is copied again.
            if is_written(bot.folder.decisions) == running:
                break
        else:
            raise PlimsollError("the bot started and ended while it was copied; try again")
        manifest = _manifest(bot, work, began, running=running)
        (work / MANIFEST).write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
        archive(work, file)
    return manifest


def sqlite_file(db_url: str) -> Path:
    """Return the file of a database.

    Raises
    ------
    UsageError
        When the database is no file of SQLite's.
    """
    try:
        url = make_url(db_url)
    except ArgumentError:
        raise UsageError(f"expected a database such as sqlite:///FILE, found {db_url!r}") from None
    if url.get_backend_name() != "sqlite":
        raise UsageError(
            f"expected a database in a file of SQLite's, found {url.get_backend_name()}; name a "
            "new file with --db-url sqlite:///FILE, and move it with plimsoll db migrate"
        )
    if url.database in (None, "", ":memory:"):
        raise UsageError(f"the database {db_url} is in the bot's memory and cannot be kept")
    return Path(str(url.database))


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, while others may write it.

    Raises
    ------
    PlimsollError
        When it cannot be read, or SQLite finds it damaged.
    """
    target.unlink(missing_ok=True)
    try:
        address = f"{source.resolve().as_uri()}?mode=ro"
        with (
            closing(sqlite3.connect(address, uri=True, timeout=30)) as from_,
            closing(sqlite3.connect(target)) as to,
        ):
            from_.backup(to)
            # One file: without its log beside it nothing is missing.
            to.execute("PRAGMA journal_mode=DELETE")
            said = [row[0] for row in to.execute("PRAGMA integrity_check(3)")]
    except sqlite3.Error as error:
        raise PlimsollError(f"{source} cannot be copied: {error}") from None
    if said != ["ok"]:
        raise PlimsollError(
            f"{source} is damaged ({'; '.join(said)}), and a backup of it would be, too; restore "
            "an earlier one"
        )


def kind_of(config: Mapping[str, Any]) -> tuple[str, str, bool]:
    """Return the kind of a config's account: exchange, market, whether with money."""
    exchange = str((config.get("exchange") or {}).get("name") or "")
    live = config.get("dry_run", True) is False
    return exchange, str(config.get("trading_mode") or "spot"), live


def backup_name(now: datetime) -> str:
    """Return the name of a backup in a folder of them; names sort as their times do."""
    return f"plimsoll-{now:%Y%m%dT%H%M%S}Z{SUFFIX}"


def prune(folder: Path, keep: int, made: Path) -> list[Path]:
    """Remove all but the newest backups of a folder; return what was removed.

    Those of a time after the one just ``made`` are of a clock that was ahead: they go first.
    """
    found = sorted(
        folder.glob(f"plimsoll-*Z{SUFFIX}"), key=lambda one: (one.name <= made.name, one.name)
    )
    gone = found[: max(0, len(found) - keep)]
    for file in gone:
        file.unlink()
    return gone


def _copy_state(state: Path, target: Path, *, whole: bool) -> None:
    """Copy flag, status, undelivered alarms, evidence and decision log, no request of a person.

    A request to re-arm, or to accept looser limits, would be obeyed by the bot that is restored.
    """
    decisions = target / DECISIONS
    decisions.mkdir(parents=True, exist_ok=True)
    for name in (HALT, STATUS, OUTBOX):
        _copy(state / name, target / name)
    for file in sorted((state / EVIDENCE).rglob("*")):
        inside = file.relative_to(state)
        if file.is_file() and not any(part.startswith(".") for part in inside.parts):
            _copy(file, target / inside)
    for file in torn_files(state / DECISIONS):
        _copy(file, decisions / file.name)
    daily = decision_files(state / DECISIONS)
    for file in daily:
        content = file.read_bytes()
        if file == daily[-1] and not whole:  # the last line may be in the middle of being written
            content = content[: content.rfind(b"\n") + 1]
        (decisions / file.name).write_bytes(content)


def _copy(file: Path, target: Path) -> None:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _manifest(bot: Bot, work: Path, began: datetime, *, running: bool) -> Manifest:
    log = verify(work / STATE / DECISIONS)
    has_log = bool(decision_files(work / STATE / DECISIONS))
    view = look(bot)
    exchange, market, live = kind_of(bot.config)
    # The one that started last, where the config's never did: a timer has no key of the bot's.
    account = on_record(bot.folder, bot.config, bot.db_url, began).account
    return Manifest(
        format=FORMAT,
        made_at=began.isoformat(timespec="seconds"),
        plimsoll=plimsoll.__version__,
        freqtrade=version("freqtrade"),
        account=None if account is None else _account_fields(account),
        exchange=exchange,
        market=market,
        live=live,
        while_running=running,
        log_records=log.records,
        log_head=log.head,
        log_fault=log.fault.what if has_log and log.fault is not None else None,
        held=tuple(view.held) + (() if view.flag is None else (f"flag file: {view.flag}",)),
        files={
            file.relative_to(work).as_posix(): (file.stat().st_size, digest(file))
            for file in files_in(work)
        },
    )


def _account_fields(account: Account) -> dict[str, Any]:
    return {"digest": account.digest, "name": account.name, "live": account.live}
