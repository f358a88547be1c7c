"""The database of a drill: an empty PostgreSQL, and no password on a command line."""

import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.drill_database import drill_database
from tests.support.postgres import PostgresServer
from tests.unit.bridge.trades import database_trades
from tests.unit.cli.bots import make_database


@pytest.fixture
def name(postgres: PostgresServer) -> str:
    return postgres.new_database()


def tables(url: str) -> list[str]:
    return inspect(create_engine(url, poolclass=NullPool)).get_table_names()


def test_an_empty_one_is_taken_as_often_as_it_is_empty(
    postgres: PostgresServer, name: str, tmp_path: Path
) -> None:
    bare, url = postgres.url(name), postgres.url(name, driver="psycopg")
    assert drill_database(bare) == drill_database(url) == url
    assert tables(url) == []
    with database_trades(tmp_path / "unused.sqlite", url):  # Freqtrade's tables, without a row
        pass
    assert drill_database(url) == url
    assert "trades" in tables(url)


def test_whatever_is_in_it_is_left_alone(
    postgres: PostgresServer, name: str, tmp_path: Path
) -> None:
    url = postgres.url(name, driver="psycopg")
    postgres.execute("CREATE SCHEMA other", name)
    postgres.execute("CREATE TABLE other.trades (id integer)", name)
    with pytest.raises(PlimsollError, match=r"to be empty, found a table other\.trades"):
        drill_database(url)
    make_database(tmp_path / "unused.sqlite", url=url)
    with pytest.raises(PlimsollError, match="6 rows in trades"):
        drill_database(url)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql+psycopg://ada:horse@127.0.0.1/x", "without a password"),
        ("postgresql://ada@127.0.0.1/x?password=horse", "without a password"),
        ("sqlite:///horse.sqlite", "expected --db-url postgresql"),
        ("mysql://ada:horse@127.0.0.1/x", "expected sqlite:///FILE or postgresql"),
        ("postgresql+nodriver://ada@127.0.0.1/x", "expected sqlite:///FILE or postgresql"),
    ],
)
def test_an_address_that_cannot_be_meant_is_wrong_usage(address: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        drill_database(address)
    assert "horse" not in str(raised.value)


def test_a_missing_driver_is_named_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"freqtrade-plimsoll\[postgresql\]"):
        drill_database("postgresql+psycopg://ada@127.0.0.1/x")


def test_a_server_or_a_right_that_is_missing_is_one_line(
    postgres: PostgresServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.add_role("guest", "horse")
    url = postgres.url(name, driver="psycopg", user="guest")
    for password, said in (("wrong", "authentication failed"), ("horse", "permission denied")):
        monkeypatch.setenv("PGPASSWORD", password)
        with pytest.raises(PlimsollError, match=said) as raised:
            drill_database(url)
        assert "\n" not in str(raised.value)
    with pytest.raises(PlimsollError, match=r"no drill can run .* refused") as raised:
        drill_database("postgresql+psycopg://ada@127.0.0.1:1/x")
    assert "\n" not in str(raised.value)
