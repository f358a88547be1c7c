"""Two databases agree when every value does, and what does not fit is named before it is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from math import nan
from pathlib import Path

import pytest
from freqtrade.persistence import KeyValueStore, Trade
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from plimsoll.control.database_copy import (
    copy_tables,
    require_columns,
    rows_in,
    tables,
    totals_of,
)
from plimsoll.core import PlimsollError
from tests.unit.bridge.trades import database_trades, trade_fields


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Connection]:
    file = tmp_path / "bot.sqlite"
    opened = datetime.now(UTC).replace(tzinfo=None)
    with database_trades(file):
        Trade.session.add(Trade(**trade_fields(opened, stop_loss=90.0)))
        Trade.commit()
        KeyValueStore.store_value("bot_start_time", 0.1)
    with create_engine(f"sqlite:///{file}", poolclass=NullPool).connect() as connection:
        yield connection


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Connection]:
    with create_engine(f"sqlite:///{tmp_path / 'new.sqlite'}", poolclass=NullPool).begin() as one:
        yield one


def test_every_table_is_copied_with_its_sums(source: Connection, target: Connection) -> None:
    totals = {one.name: one for one in copy_tables(source, target)}
    assert rows_in(target) == rows_in(source)
    assert totals["trades"].rows == 1
    assert totals["trades"].sums["stop_loss"] == 90.0
    assert totals["KeyValueStore"].sums["float_value"] == 0.1


def test_one_value_makes_another_digest(source: Connection, target: Connection) -> None:
    copy_tables(source, target)
    table = next(one for one in tables() if one.name == "trades")
    before = totals_of(target, table)
    target.execute(text("UPDATE trades SET pair = 'ETH/USDT:USDT'"))
    after = totals_of(target, table)
    assert before.sums == after.sums
    assert before.digest != after.digest


def test_a_copy_that_differs_is_refused(
    source: Connection, target: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plimsoll.control import database_copy

    def spoilt(table: object, connection: Connection) -> None:
        if getattr(table, "name", "") == "trades":
            connection.execute(text("UPDATE trades SET stop_loss = 91"))

    monkeypatch.setattr(database_copy, "_go_on_after_highest", spoilt)
    with pytest.raises(PlimsollError, match=r"the sum of stop_loss is 90.0 there, 91.0 here"):
        copy_tables(source, target)


def test_no_number_is_in_no_sum(source: Connection) -> None:
    table = next(one for one in tables() if one.name == "KeyValueStore")
    source.execute(text('UPDATE "KeyValueStore" SET float_value = :no'), {"no": nan})
    assert "float_value" not in totals_of(source, table).sums


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DROP TABLE wallet_history", "no table wallet_history"),
        ("ALTER TABLE pairlocks RENAME COLUMN reason TO why", "pairlocks has no column reason"),
        ("ALTER TABLE orders ADD COLUMN more TEXT", "orders has a column more"),
    ],
)
def test_tables_of_another_version_are_named(source: Connection, change: str, said: str) -> None:
    require_columns(source, "it")
    source.execute(text(change))
    with pytest.raises(PlimsollError, match=said):
        require_columns(source, "it")
