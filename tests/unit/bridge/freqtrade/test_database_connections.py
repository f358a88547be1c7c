"""A connection that the server has closed is replaced before a loop uses it."""

from collections.abc import Iterator

import pytest
from freqtrade.persistence import Trade, init_db
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from plimsoll.bridge.freqtrade.database_connections import connect_options, try_connections
from tests.support.postgres import PostgresServer, postgres_server


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


def test_what_the_address_says_is_kept_and_other_databases_are_left_alone() -> None:
    own = connect_options(make_url("postgresql+psycopg://a@b/c?connect_timeout=3&options=-cx%3D1"))
    assert "connect_timeout" not in own
    assert "options" not in own
    assert own["keepalives_idle"] == 15
    assert connect_options(make_url("postgresql+pg8000://a@b/c")) == {}
    assert connect_options(make_url("sqlite:///file")) == {}
    assert not try_connections(create_engine("sqlite://"))
