"""Which folder has an account's latch, and who trades it: one file an account on this machine.

It lies outside of every user folder, in ``$XDG_STATE_HOME/plimsoll`` (``~/.local/state/plimsoll``),
so that it is there when a folder is not.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from plimsoll.bridge.state.database_claim import DatabaseClaim, is_on_server
from plimsoll.bridge.state.identity import Account
from plimsoll.core import PlimsollError
from plimsoll.core.addresses import without_password

_LOCK_SECONDS = 1.0
POSTGRESQL_PORT = 5432

_claimed: dict[Path, FileLock] = {}
_on_server: dict[str, DatabaseClaim] = {}
"""The databases that a server lends to this process, by their addresses."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What was registered of an account on this machine: its folder, and its last stamp."""

    folder: Path
    stamp: str


def registry_folder() -> Path:
    """Return where the registry is; `OSError` where this user has no home."""
    named = os.environ.get("XDG_STATE_HOME")
    try:
        base = Path(named) if named else Path.home() / ".local" / "state"
    except RuntimeError as error:
        raise OSError(str(error)) from error
    return base / "plimsoll"


def claim(account: Account, config: Mapping[str, Any]) -> None:
    """Take the account, when it is live, and the database for this process, until it ends.

    What it took before and no longer needs, as after ``/reload_config``, is let go. A database of
    PostgreSQL is claimed at its server, too: other machines know nothing of our files.

    Raises
    ------
    PlimsollError
        When another process has one of them.
    OSError
        When the registry cannot be written.
    """
    wanted: dict[Path, str] = {}
    folder = registry_folder()
    if account.live:
        what = f"the account ({account.name})"
        wanted[folder / "accounts" / _lock_name(account, config)] = what
    if (database := database_name(config)) is not None:
        wanted[_database_lock(database)] = f"the database {shown(database)}"
    for file in [*_claimed.keys() - wanted.keys()]:
        _claimed.pop(file).release()
    for file, what in wanted.items():
        if file not in _claimed:
            _claimed[file] = _taken(file, what)
    if account.live:  # after our own: of two that start at once never both pass
        _require_no_others(account, config, folder / "accounts")
    url = str(config.get("db_url") or "")
    _claim_on_server(url if is_on_server(url) else None, str(config.get("bot_name") or ""))


def require_claimed() -> None:
    """See that no other bot has taken a database of ours while its server was gone.

    Raises
    ------
    PlimsollError
        When one has, or the server does not answer.
    """
    for one in _on_server.values():
        one.require()


def _lock_name(account: Account, config: Mapping[str, Any]) -> str:
    """Return the name of an account's lock; each bot of a fleet has one of its own."""
    if not account.exchange_digest:
        return f"{account.digest}.lock"
    return f"{account.exchange_digest}.{_fleet_of(config)}.{account.digest}.lock"


def _fleet_of(config: Mapping[str, Any]) -> str:
    file = ((config.get("plimsoll") or {}).get("fleet") or {}).get("file") or ""
    where = (Path(config.get("user_data_dir") or "user_data") / str(file)).resolve()
    return sha256(str(where).encode()).hexdigest()[:16]


def _require_no_others(account: Account, config: Mapping[str, Any], folder: Path) -> None:
    """Refuse an account that a bot of no fleet, or of another one, trades now.

    Raises
    ------
    PlimsollError
        With what to do.
    """
    whole = account.exchange_digest or account.digest
    ours = f"{whole}.{_fleet_of(config)}." if account.exchange_digest else None
    for file in sorted(folder.glob(f"{whole}.*lock")):
        mine = file.name == _lock_name(account, config)
        if mine or (ours is not None and file.name.startswith(ours)) or file in _claimed:
            continue
        _taken(file, f"the account ({account.name})").release()


@contextmanager
def claimed(config: Mapping[str, Any]) -> Iterator[None]:
    """Have a config's database alone for the length of the block, whoever's account it is.

    Raises
    ------
    PlimsollError
        When another process has it.
    OSError
        When the registry cannot be written.
    """
    url, database = str(config.get("db_url") or ""), database_name(config)
    server = DatabaseClaim(url, "db migrate") if is_on_server(url) else None
    lock = None
    if database is not None:
        lock = _taken(_database_lock(database), f"the database {shown(database)}")
    try:
        if server is not None:
            server.require()
        yield
    finally:
        if server is not None:
            server.release()
        if lock is not None:
            lock.release()


def release() -> None:
    """Let go of all that this process has claimed; a process that ends does so anyway."""
    for file in [*_claimed]:
        _claimed.pop(file).release()
    _claim_on_server(None, "")


def _claim_on_server(url: str | None, who: str) -> None:
    for other in [one for one in _on_server if one != url]:
        _on_server.pop(other).release()
    if url is not None:
        held = _on_server.get(url) or DatabaseClaim(url, who)
        held.require()
        _on_server[url] = held


def registered(account: Account) -> Registered | None:
    """Return what is registered of an account; ``None`` when nothing, or nothing readable, is."""
    try:
        values = json.loads(_file(account).read_bytes())
        return Registered(Path(values["folder"]), str(values["stamp"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def register(account: Account, entry: Registered) -> None:
    """Store which folder has the account's latch; `OSError` when it cannot be written."""
    file = _file(account)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    values = {**asdict(entry), "folder": str(entry.folder), "account": account.name}
    part.write_text(json.dumps(values, indent=2), encoding="utf-8")
    part.replace(file)


def shown(database: str) -> str:
    """Return a database's name without the password that its address may hold."""
    return re.sub(r"(?<=://)[^/@]+(?=@)", "***", without_password(database))


def _file(account: Account) -> Path:
    return registry_folder() / "accounts" / f"{account.digest}.json"


def _taken(file: Path, what: str) -> FileLock:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(file, timeout=_LOCK_SECONDS, mode=0o600, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise PlimsollError(
            f"expected to be the only bot on {what}, found another one running; end it first, or "
            "give each bot a database and an account of its own, or name both in one fleet "
            "(docs/fleet.md)"
        ) from None
    return lock


def _database_lock(database: str) -> Path:
    name = sha256(database.encode()).hexdigest()[:16]
    return registry_folder() / "databases" / f"{name}.lock"


def database_name(config: Mapping[str, Any]) -> str | None:
    """Return the database by one name; ``None`` for one in memory, or when it is not known."""
    url = str(config.get("db_url") or "")
    if not url.startswith("sqlite"):
        return _of_server(url)
    path = url.partition(":///")[2].partition("?")[0]
    return str(Path(path).resolve()) if path and path != ":memory:" else None


def _of_server(url: str) -> str | None:
    """Return a database by host, port and name: driver, user and options tell no two apart."""
    try:
        parts = make_url(url)
    except SQLAlchemyError:
        return url or None
    host = "127.0.0.1" if parts.host in (None, "", "localhost", "::1") else parts.host
    port = parts.port or (POSTGRESQL_PORT if is_on_server(url) else "")
    return f"{parts.get_backend_name()}://{host}:{port}/{parts.database or ''}"
