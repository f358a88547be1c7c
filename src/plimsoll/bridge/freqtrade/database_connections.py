"""Connections to a PostgreSQL that end their waiting, and that are tried before they are used.

Freqtrade makes its engine with an address and nothing else: a connection that the server has closed
is found out by the next question, which fails, and a server that has gone without a word is waited
for without an end. Freqtrade ends at a question that fails, also in the middle of closing.
"""

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError

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
    engine.dispose()  # what is connected already was told nothing
    return True


def _try(connection: Any, _record: Any, _proxy: Any) -> None:
    """Have the pool replace a connection on which nobody answers any more."""
    cursor = connection.cursor()
    try:
        cursor.execute("SELECT 1")
    except Exception as error:
        raise DisconnectionError(str(error)) from error
    finally:
        cursor.close()
