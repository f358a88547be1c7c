"""Where a search keeps its trials: a journal file, SQLite or PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from optuna.exceptions import OptunaError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from plimsoll.core import PlimsollError, UsageError
from plimsoll.core.addresses import without_password
from plimsoll.lab.search.journal_file import JournalFile

JOURNAL = ".journal"
POSTGRES = "postgresql"
SQLITE = "sqlite"
BUSY_SECONDS = 60
"""How long a writer waits for another one's lock in SQLite."""


class StorageGoneError(PlimsollError):
    """A storage that has answered does not answer any more."""


def open_storage(address: str) -> BaseStorage:
    """Open a storage by its address; it is made when it is not there.

    ``postgresql://user@host/database``, ``sqlite:///file``, or the path of a journal file.

    Raises
    ------
    UsageError
        When the address is of another kind, its driver is not installed, or nobody answers.
    """
    kind = urlsplit(address).scheme.partition("+")[0]
    if kind in (POSTGRES, "postgres"):
        return _postgres(address)
    if kind == SQLITE:
        return _sqlite(address)
    if kind:
        raise UsageError(
            f"expected --storage postgresql://…, sqlite:///FILE or the path of a file, found "
            f"{shown(address)}"
        )
    try:
        return JournalStorage(JournalFile(Path(address).expanduser()))
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{address} cannot be used as a journal of trials: {error}") from None


def shown(address: str) -> str:
    """Return an address without its password."""
    return without_password(address)


@contextmanager
def answering(address: str) -> Iterator[None]:
    """Name the storage when it does not answer within the block.

    Raises
    ------
    StorageGoneError
        In one line, instead of what the driver raised.
    """
    try:
        yield
    except Exception as error:
        # Optuna has an error of its own around the driver's.
        raised = error.__cause__ if isinstance(error, OptunaError) and error.__cause__ else error
        if isinstance(raised, SQLAlchemyError | OSError):
            raise StorageGoneError(
                f"the storage {shown(address)} does not answer any more ({first_line(raised)}); "
                "what it was told is kept there: run the same command again once it is back"
            ) from None
        if isinstance(raised, OptunaError):
            raise StorageGoneError(
                f"the storage {shown(address)} failed ({first_line(raised)}); run the same "
                "command again once it is back"
            ) from None
        raise


def _postgres(address: str) -> RDBStorage:
    try:
        import psycopg  # noqa: F401 - the driver of the address below
    except ImportError:
        raise UsageError(
            'PostgreSQL needs a driver: pip install "freqtrade-plimsoll[search]"'
        ) from None
    _, rest = address.split("://", 1)
    options = {"pool_pre_ping": True, "pool_size": 2, "connect_args": {"connect_timeout": 10}}
    return _relational(f"postgresql+psycopg://{rest}", options, address)


def _sqlite(address: str) -> RDBStorage:
    storage = _relational(address, {"connect_args": {"timeout": BUSY_SECONDS}}, address)

    @event.listens_for(storage.engine, "connect")
    def _fast(connection: Any, _: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    storage.engine.dispose()
    return storage


def _relational(url: str, options: dict[str, Any], address: str) -> RDBStorage:
    for last in (False, True):
        try:
            return RDBStorage(url, engine_kwargs=options)
        except SQLAlchemyError as error:
            # Two that make the tables at once: the second time they are there.
            if last or ("already exists" not in str(error) and "duplicate key" not in str(error)):
                raise UsageError(
                    f"expected a storage at {shown(address)}, found none: {first_line(error)}"
                ) from None
        except Exception as error:  # noqa: BLE001 - an address that the driver cannot read
            raise UsageError(
                f"{shown(address)} is no storage that can be used: {first_line(error)}"
            ) from None
    raise AssertionError(address)


def first_line(error: BaseException) -> str:
    """Return what a storage said of a failure, in a line."""
    cause = getattr(error, "orig", None) or error.__cause__ or error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return lines[0] if lines else type(cause).__name__


def default_journal(userdir: Path, study: str) -> Path:
    """Return where a study lies when nobody names a storage."""
    return userdir / "plimsoll" / "search" / f"{study}{JOURNAL}"


def is_journal(address: str) -> bool:
    """Return whether an address is that of a journal file."""
    return not urlsplit(address).scheme


def is_local(address: str) -> bool:
    """Return whether only processes of this machine can share the storage."""
    return not address.startswith(POSTGRES)
