"""Freqtrade's tables from one database into an empty other one, value by value.

Freqtrade's own ``convert-db`` commits table by table and writes to the database that it reads; its
tables, which it has declared, are used here, in one transaction, and both sides are read again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import fsum, isfinite
from typing import Any

from freqtrade.persistence.base import ModelBase
from freqtrade.persistence.models import _KeyValueStoreModel  # noqa: F401 - declares its table
from sqlalchemy import (
    Connection,
    Float,
    Integer,
    String,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
)

from plimsoll.core import PlimsollError

ROWS_AT_ONCE = 1000
POSTGRESQL, SQLITE = "postgresql", "sqlite"
INTEGERS = range(-(2**31), 2**31)
"""What an integer column of PostgreSQL holds; SQLite holds more."""


@dataclass(frozen=True, slots=True)
class TableTotals:
    """What a table says of itself on either side of a copy.

    Attributes
    ----------
    sums
        The sum of each column of numbers, without what is no number.
    digest
        SHA-256 over every value of every row, in the order of the primary key.
    """

    name: str
    rows: int
    sums: Mapping[str, float]
    digest: str


def tables() -> list[Table]:
    """Return Freqtrade's tables, each after those that it refers to."""
    return list(ModelBase.metadata.sorted_tables)


def rows_in(connection: Connection) -> dict[str, int]:
    """Return how many rows each of Freqtrade's tables has that is there."""
    there = set(inspect(connection).get_table_names())
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in tables()
        if table.name in there
    }


def require_columns(connection: Connection, shown: str) -> None:
    """Refuse a database whose tables are not those of this Freqtrade; none of them may be lacking.

    Raises
    ------
    PlimsollError
        With the first difference.
    """
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    for table in tables():
        if table.name not in there:
            raise _other_version(shown, f"it has no table {table.name}")
        found = {column["name"] for column in inspector.get_columns(table.name)}
        wanted = {column.name for column in table.columns}
        if lacking := sorted(wanted - found):
            raise _other_version(shown, f"{table.name} has no column {lacking[0]}")
        if unknown := sorted(found - wanted):
            raise _other_version(shown, f"{table.name} has a column {unknown[0]}")


def copy_tables(source: Connection, target: Connection) -> tuple[TableTotals, ...]:
    """Make the tables where they are not, fill them, and return what both sides agree about.

    Nothing is committed. The ids go on after the highest one.

    Raises
    ------
    PlimsollError
        When a value does not fit the target, or the target has something else afterwards.
    """
    ModelBase.metadata.create_all(target)
    totals = []
    for table in tables():
        for rows in _batches(source, table):
            if target.dialect.name == POSTGRESQL:
                _require_fit(table, rows)
            target.execute(insert(table), rows)
        _go_on_after_highest(table, target)
    for table in tables():
        one, other = totals_of(source, table), totals_of(target, table)
        if one != other:
            raise PlimsollError(
                f"the copy of {table.name} differs: {_difference(one, other)}; nothing was kept"
            )
        totals.append(one)
    return tuple(totals)


def totals_of(connection: Connection, table: Table) -> TableTotals:
    """Return count, sums and digest of a table."""
    digest, count = sha256(), 0
    numbers = [one.name for one in table.columns if isinstance(one.type, Float | Integer)]
    values: dict[str, list[float]] = {name: [] for name in numbers}
    for rows in _batches(connection, table):
        for row in rows:
            count += 1
            digest.update(repr([_plain(value) for value in row.values()]).encode())
            for name in numbers:
                value = row[name]
                if isinstance(value, int | float) and isfinite(value):
                    values[name].append(float(value))
    sums = {name: fsum(found) for name, found in values.items() if found}
    return TableTotals(table.name, count, sums, digest.hexdigest())


def _batches(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    found = connection.execute(
        select(table).order_by(*table.primary_key.columns),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    for rows in found.mappings().partitions():
        yield [dict(row) for row in rows]


def _plain(value: object) -> object:
    """Return a value as both databases have it: of an enumeration, its text."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return str(value)
    return value


def _require_fit(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse what SQLite has kept and PostgreSQL would not.

    Raises
    ------
    PlimsollError
        With the first row that does not fit.
    """
    keys = [column.name for column in table.primary_key.columns]
    for row in rows:
        for column in table.columns:
            value = row[column.name]
            if (fault := _unfit(column.type, value)) is not None:
                which = ", ".join(f"{name} {row[name]}" for name in keys)
                raise PlimsollError(
                    f"{table.name}.{column.name} of {which} does not fit PostgreSQL: {fault}; "
                    "nothing was kept"
                )


def _unfit(kind: object, value: object) -> str | None:
    if isinstance(value, str):
        longest = kind.length if isinstance(kind, String) else None
        if longest is not None and len(value) > longest:
            return f"{len(value)} characters, at most {longest}"
        return "a character NUL" if "\0" in value else None
    if isinstance(kind, Integer) and value is not None:
        if not isinstance(value, int):
            return f"expected a whole number, found {value!r}"
        return None if value in INTEGERS else f"{value} is beyond 32 bits"
    return None


def _go_on_after_highest(table: Table, target: Connection) -> None:
    """Let the next id follow the highest one: SQLite does that by itself."""
    keys = list(table.primary_key.columns)
    if target.dialect.name != POSTGRESQL or len(keys) != 1:
        return
    quoted = f'"{table.name}"'
    sequence = target.scalar(
        text("SELECT pg_get_serial_sequence(:table, :column)"),
        {"table": quoted, "column": keys[0].name},
    )
    highest = target.scalar(select(func.max(keys[0])))
    if sequence is not None and highest is not None:
        target.execute(text("SELECT setval(:name, :at)"), {"name": sequence, "at": highest})


def _difference(one: TableTotals, other: TableTotals) -> str:
    if one.rows != other.rows:
        return f"{one.rows} rows there, {other.rows} here"
    for name in one.sums.keys() | other.sums.keys():
        if one.sums.get(name) != other.sums.get(name):
            return f"the sum of {name} is {one.sums.get(name)} there, {other.sums.get(name)} here"
    return "a value in it is another one"


def _other_version(shown: str, what: str) -> PlimsollError:
    return PlimsollError(
        f"{shown} is not as this Freqtrade keeps its trades: {what}; let the freqtrade that is "
        "installed here open it once (freqtrade show-trades --db-url …), which brings it up to date"
    )
