"""The empty PostgreSQL that a drilled bot keeps its trades in, looked at before anything starts."""

from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from plimsoll.bridge.freqtrade.database_connections import connect_options, first_line
from plimsoll.control.database_address import address_of, shown
from plimsoll.control.database_copy import POSTGRESQL, rows_in, tables
from plimsoll.core import PlimsollError, UsageError

PROBE = "plimsoll_drill_probe"
"""The name of a table that is made and rolled back."""
PASSWORD_WORDS = frozenset({"password", "sslpassword"})


def drill_database(text: str) -> str:
    """Return the address under which a drill's bot may have a database; nothing is left in it.

    Raises
    ------
    UsageError
        When it is no PostgreSQL, its driver is missing, or the address holds a password: each
        process list shows a bot's arguments.
    PlimsollError
        When the server does not answer, something is in the database, or the role may not make
        tables there.
    """
    url = address_of(text)
    if url.get_backend_name() != POSTGRESQL:
        raise UsageError(
            "expected --db-url postgresql+psycopg://USER@HOST/DATABASE; a drill without it has a "
            "file of SQLite's of its own"
        )
    if url.password or PASSWORD_WORDS & set(url.query):
        raise UsageError(
            "expected --db-url without a password, which each process list would show; put it into "
            "PGPASSWORD or into ~/.pgpass"
        )
    _require_usable(url)
    return url.render_as_string(hide_password=False)


def _require_usable(url: URL) -> None:
    engine = create_engine(url, poolclass=NullPool, connect_args=connect_options(url))
    try:
        with engine.connect() as connection:
            _require_empty(connection, shown(url))
            connection.exec_driver_sql(f"CREATE TABLE {PROBE} (number integer)")
            connection.rollback()
    except SQLAlchemyError as error:
        raise PlimsollError(
            f"no drill can run on the database {shown(url)}: {first_line(error)}"
        ) from None


def _require_empty(connection: Connection, which: str) -> None:
    """Refuse whatever is not Freqtrade's own empty tables: a drill buys, sells and halts in it."""
    found = [f"{rows} rows in {name}" for name, rows in rows_in(connection).items() if rows]
    ours = {table.name for table in tables()}
    inspector = inspect(connection)
    for schema in inspector.get_schema_names():
        known = ours if schema == inspector.default_schema_name else set()
        if schema != "information_schema":
            others = sorted(set(inspector.get_table_names(schema)) - known)
            found += [f"a table {schema}.{name}" for name in others]
    if found:
        raise PlimsollError(
            f"expected the database {which} to be empty, found {', '.join(found[:4])}; make one "
            "for the drill: createdb NAME"
        )
