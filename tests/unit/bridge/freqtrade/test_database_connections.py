"""A connection that the server has closed is replaced before a loop uses it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from freqtrade.persistence import Trade, init_db
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InternalError, OperationalError, ProgrammingError

from plimsoll.bridge.freqtrade.database_connections import (
    connect_options,
    require_answer,
    try_connections,
)
from plimsoll.bridge.state.locks import forget_failed_write
from plimsoll.core import PlimsollError
from tests.support.postgres import PostgresServer, postgres_server
from tests.unit.bridge.trades import database_trades, trade_fields

DRIVER = "psycopg"


@pytest.fixture
def own() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


def test_freqtrades_own_session_outlives_a_restart_between_two_loops(own: PostgresServer) -> None:
    """The fact that this rests on comes first: without it the next question fails."""
    init_db(own.url(driver="psycopg"))
    engine = Trade.session.get_bind()
    assert isinstance(engine, Engine)
    try:
        Trade.get_open_trades()
        Trade.commit()
        own.stop()
        own.start()
        with pytest.raises(OperationalError):
            Trade.get_open_trades()
        Trade.rollback()
        assert try_connections(engine)
        assert try_connections(engine), "told twice is told once"
        Trade.get_open_trades()
        Trade.commit()
        own.stop()
        own.start()
        assert Trade.get_open_trades() == []
    finally:
        Trade.session.remove()
        engine.dispose()


def test_a_question_that_is_not_answered_ends(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plimsoll.bridge.freqtrade.database_connections.ANSWER_SECONDS", 1)
    engine = create_engine(postgres.url(driver="psycopg"))
    try_connections(engine)
    with engine.connect() as connection, pytest.raises(OperationalError, match="timeout"):
        connection.execute(text("SELECT pg_sleep(30)"))
    engine.dispose()


def test_a_question_that_failed_does_not_fail_the_next_one_once_it_is_forgotten(
    postgres: PostgresServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The fact comes first: PostgreSQL aborts the transaction, and SQLAlchemy goes on in it."""
    with database_trades(tmp_path / "unused", postgres.url(postgres.new_database(), driver=DRIVER)):
        try_connections(cast(Engine, Trade.session.get_bind()))
        for _ in range(2):
            with pytest.raises(ProgrammingError, match="does not exist"):
                Trade.session.execute(text("SELECT * FROM nothing"))
            with pytest.raises(InternalError, match="transaction is aborted"):
                Trade.get_open_trades()
            assert Trade.session.is_active
            forget_failed_write()
            assert Trade.get_open_trades() == []
        Trade.commit()
    said = [one.getMessage() for one in caplog.records if "plimsoll: the bot's" in one.message]
    assert len(said) == 2, "each fault once, however often it is met"
    assert "refused: relation" in said[0]


def test_what_is_not_committed_yet_is_not_forgotten_without_a_failure(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.url(postgres.new_database(), driver=DRIVER)
    with database_trades(tmp_path / "unused", url):
        Trade.session.add(Trade(**trade_fields(datetime(2026, 1, 1, tzinfo=UTC))))
        Trade.session.flush()
        forget_failed_write()
        Trade.commit()
        assert len(Trade.get_open_trades()) == 1


def test_a_server_that_does_not_answer_at_a_start_is_one_line_without_a_password(
    postgres: PostgresServer,
) -> None:
    require_answer(postgres.url(driver=DRIVER))
    require_answer("sqlite:///nothing/is/asked")
    for address, said in (
        ("postgresql+psycopg://ada:horse@127.0.0.1:1/x", "refused"),
        (postgres.url("nothing", driver=DRIVER), "does not exist"),
        ("postgresql+psycopg2://ada:horse@127.0.0.1:1/x", "needs a driver|refused"),
    ):
        with pytest.raises(PlimsollError, match=said) as raised:
            require_answer(address)
        assert "horse" not in str(raised.value)
        assert "\n" not in str(raised.value)


def test_a_role_that_may_not_write_is_told_so_before_freqtrade_tries(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    name = postgres.new_database()
    postgres.add_role("bystander", "horse")
    own = postgres.url(name, driver=DRIVER)
    url = postgres.url(name, driver=DRIVER, user="bystander", password="horse")
    with pytest.raises(PlimsollError, match=r"cannot write .*: no right to make tables"):
        require_answer(url)
    with database_trades(tmp_path / "unused", own):
        pass
    with pytest.raises(PlimsollError, match=r"cannot write .*: no right to KeyValueStore"):
        require_answer(url)
    postgres.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO bystander", name)
    require_answer(url)
    postgres.execute("REVOKE UPDATE ON pairlocks FROM bystander", name)
    with pytest.raises(PlimsollError, match=r"cannot write .*: no right to pairlocks"):
        require_answer(url)
    postgres.execute("ALTER ROLE bystander SET default_transaction_read_only = on")
    with pytest.raises(PlimsollError, match=r"cannot write .*: it is read-only"):
        require_answer(url)


def test_what_the_address_says_is_kept_and_other_databases_are_left_alone() -> None:
    own = connect_options(make_url("postgresql+psycopg://a@b/c?connect_timeout=3&options=-cx%3D1"))
    assert "connect_timeout" not in own
    assert "options" not in own
    assert own["keepalives_idle"] == 15
    assert connect_options(make_url("postgresql+pg8000://a@b/c")) == {}
    assert connect_options(make_url("sqlite:///file")) == {}
    assert not try_connections(create_engine("sqlite://"))
