"""One bot on a database of a server: an advisory lock that PostgreSQL keeps while we are connected.

A file on this machine knows nothing of a bot on another one, nor that two addresses are of one
database. The server does, and lets go of the lock when the connection ends, however the bot ended.
"""

import os
import socket
from contextlib import suppress

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from plimsoll.bridge.freqtrade.database_connections import POSTGRESQL, connect_options
from plimsoll.core import PlimsollError
from plimsoll.core.addresses import without_password

NUMBERS = 0x504C, 0x494D
"""The two numbers of the lock, ``PLIM``; PostgreSQL keeps such locks apart by database."""
LONGEST_NAME = 63
"""What PostgreSQL keeps of the name by which a session is shown."""

_HOLDER = text(
    "SELECT a.application_name, host(a.client_addr) FROM pg_locks l JOIN pg_stat_activity a "
    "USING (pid) WHERE l.locktype = 'advisory' AND l.granted AND l.classid = :one "
    "AND l.objid = :two AND l.database = (SELECT oid FROM pg_database "
    "WHERE datname = current_database())"
)
_TAKE = text("SELECT pg_try_advisory_lock(:one, :two)")
_LOCK = {"one": NUMBERS[0], "two": NUMBERS[1]}


def is_on_server(db_url: str) -> bool:
    """Return whether a database is one that a server can lend to one bot: a PostgreSQL's."""
    try:
        return make_url(db_url).get_backend_name() == POSTGRESQL
    except SQLAlchemyError:
        return False


class DatabaseClaim:
    """The lock of one database, for as long as this process is connected.

    Parameters
    ----------
    db_url
        Its address.
    who
        By what the holder is shown to one that is refused.
    """

    def __init__(self, db_url: str, who: str = "") -> None:
        url = make_url(db_url)
        name = f"plimsoll {who} {socket.gethostname()} pid {os.getpid()}".replace("  ", " ")
        arguments = connect_options(url)
        if arguments:
            arguments["application_name"] = name[:LONGEST_NAME]
        self._shown = without_password(url.render_as_string(hide_password=True))
        self._engine = create_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=arguments
        )
        self._connection: Connection | None = None

    def require(self) -> None:
        """Hold the lock, and take it again where its connection has ended.

        Raises
        ------
        PlimsollError
            When another process has it, or the server does not answer.
        """
        try:
            if self._connection is not None and self._answers(self._connection):
                return
            self._connection = None
            self._take()
        except SQLAlchemyError as error:
            said = (str(getattr(error, "orig", None) or error) or "no reason").splitlines()[0]
            raise PlimsollError(
                f"the database {self._shown} cannot be claimed for this bot: {said}"
            ) from None

    def release(self) -> None:
        """Let go of it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()
        self._engine.dispose()

    def _answers(self, connection: Connection) -> bool:
        try:
            connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            with suppress(SQLAlchemyError):
                connection.close()
            return False
        return True

    def _take(self) -> None:
        connection = self._engine.connect()
        if connection.scalar(_TAKE, _LOCK):
            self._connection = connection
            return
        holder = connection.execute(_HOLDER, _LOCK).first()
        connection.close()
        named = [str(part) for part in (() if holder is None else holder) if part]
        who = f" ({' at '.join(named)})" if named else ""
        raise PlimsollError(
            f"expected to be the only bot on the database {self._shown}, found another one "
            f"running{who}; end it first, or give each bot a database of its own"
        )
