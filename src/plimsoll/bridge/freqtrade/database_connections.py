"""Connections to a PostgreSQL that end their waiting, and that are tried before they are used.

Freqtrade makes its engine with an address and nothing else: a connection that the server has closed
is found out by the next question, which fails, and a server that has gone without a word is waited
for without an end. Freqtrade ends at a question that fails, also in the middle of closing.
"""

import logging
import time
from typing import Any

from freqtrade.persistence.base import ModelBase
from freqtrade.persistence.models import _KeyValueStoreModel  # noqa: F401 - declares every table
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from plimsoll.core import PlimsollError
from plimsoll.core.addresses import without_password

logger = logging.getLogger(__name__)

POSTGRESQL = "postgresql"
LIBPQ = frozenset({"psycopg", "psycopg2", "psycopg2cffi"})
"""The drivers that stand on PostgreSQL's own library, and take its options."""

OPTIONS = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""How long is waited: seconds, of the last one milliseconds; an address may say otherwise."""

ANSWER_SECONDS = 30
"""How long one question may take; Freqtrade's own take milliseconds."""

SAID_AGAIN_SECONDS = 60.0
"""For how long the same fault of a database is not said again, in real time."""


_READ_ONLY = text("SELECT current_setting('transaction_read_only')")
_DENIED = text("""
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relname = ANY(:names)
    AND relnamespace = to_regnamespace(quote_ident(current_schema())) AND NOT (
        has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
        AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))
UNION ALL SELECT 'make tables' WHERE to_regclass('trades') IS NULL
    AND NOT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)
ORDER BY 1
""")


def require_answer(db_url: str) -> None:
    """See that a database of a server takes a bot, before Freqtrade asks it for the first time.

    Freqtrade would end with a traceback. An address of another kind is not looked at.

    Raises
    ------
    PlimsollError
        In one line and without a password: when the driver is missing, the server is gone, or it
        refuses us, or what a bot writes.
    """
    try:
        url = make_url(db_url)
        if url.get_backend_name() != POSTGRESQL:
            return
    except SQLAlchemyError:
        return
    shown = without_password(url.render_as_string(hide_password=True))
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args=connect_options(url))
        with engine.connect() as connection:
            denied = list(connection.scalars(_DENIED, {"names": [*ModelBase.metadata.tables]}))
            is_read_only = connection.scalar(_READ_ONLY) == "on"
    except ImportError as error:
        raise PlimsollError(
            f"{shown} needs a driver ({error}): write postgresql+psycopg://…, and "
            'pip install "freqtrade-plimsoll[postgresql]"'
        ) from None
    except SQLAlchemyError as error:
        raise PlimsollError(f"the database {shown} does not answer: {first_line(error)}") from None
    if denied or is_read_only:
        what = "it is read-only for this role" if is_read_only else f"no right to {denied[0]}"
        raise PlimsollError(f"a bot cannot write to the database {shown}: {what}")


def first_line(error: BaseException) -> str:
    """Return what a driver said of a fault, in one line."""
    return (str(getattr(error, "orig", None) or error) or type(error).__name__).splitlines()[0]


def connect_options(url: URL) -> dict[str, Any]:
    """Return what a driver is to be told, where it can be told; without what the address says."""
    if url.get_backend_name() != POSTGRESQL or url.get_driver_name() not in LIBPQ:
        return {}
    own: dict[str, Any] = {name: value for name, value in OPTIONS.items() if name not in url.query}
    if "options" not in url.query:
        own["options"] = f"-c statement_timeout={ANSWER_SECONDS}s -c lock_timeout={ANSWER_SECONDS}s"
    return own


def try_connections(engine: Engine) -> bool:
    """Let an engine try each connection before a loop uses it, and wait for none without an end.

    Returns
    -------
    Whether it is one of PostgreSQL; nothing happens to others, or to one that is told twice.
    """
    if engine.dialect.name != POSTGRESQL:
        return False
    if event.contains(engine, "checkout", _try):
        return True
    options = connect_options(engine.url)

    def patient(_dialect: Any, _record: Any, _arguments: Any, named: dict[str, Any]) -> None:
        for name, value in options.items():
            named.setdefault(name, value)

    event.listen(engine, "do_connect", patient)
    event.listen(engine, "checkout", _try)
    event.listen(engine, "handle_error", _Told(engine.url))
    engine.dispose()  # what is connected already was told nothing
    return True


class _Told:
    """Says in one line what went wrong with a database; Freqtrade has a traceback for it."""

    def __init__(self, url: URL) -> None:
        self._shown = without_password(url.render_as_string(hide_password=True))
        self._said: dict[str, float] = {}

    def __call__(self, context: Any) -> None:
        error, now = context.original_exception, time.monotonic()
        gone = context.connection is None or context.is_disconnect
        fault = context.sqlalchemy_exception
        if not gone and (not isinstance(fault, DBAPIError) or isinstance(fault, IntegrityError)):
            return
        said = first_line(error)
        if now - self._said.get(said, -SAID_AGAIN_SECONDS) < SAID_AGAIN_SECONDS:
            return
        self._said[said] = now
        logger.error(
            "plimsoll: the bot's database %s %s: %s. Nothing is entered without it; Freqtrade may "
            "end, and what is held is held again at its next start",
            self._shown,
            "does not answer" if gone else "refused",
            said,
        )


def _try(connection: Any, _record: Any, _proxy: Any) -> None:
    """Have the pool replace a connection on which nobody answers any more."""
    cursor = connection.cursor()
    try:
        cursor.execute("SELECT 1")
    except Exception as error:
        raise DisconnectionError(str(error)) from error
    finally:
        cursor.close()
