"""A database that does not answer costs a look some seconds, never the look."""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from plimsoll.monitoring.bot_traces import CONNECT_SECONDS
from plimsoll.monitoring.database import Database

SOON = 0.3


class DriverError(Exception):
    """What the driver raises when the connection ends."""


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10.0)
        yield server


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """A driver of PostgreSQL that waits for ever, whatever timeout it is given; its options."""
    given: list[dict[str, Any]] = []
    open_sockets: list[socket.socket] = []

    def connect(**wanted: Any) -> None:
        given.append(wanted)
        connection = socket.create_connection((wanted["host"], wanted["port"]))
        open_sockets.append(connection)
        connection.sendall(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")
        connection.recv(1)
        raise DriverError("the connection was closed")

    driver = ModuleType("psycopg2")
    members = {
        "connect": connect,
        "Error": DriverError,
        "__version__": "2.9.0",
        "paramstyle": "pyformat",
        "extras": ModuleType("psycopg2.extras"),
        "extensions": ModuleType("psycopg2.extensions"),
    }
    vars(driver).update(members)
    monkeypatch.setitem(sys.modules, "psycopg2", driver)
    yield given
    for one in open_sockets:
        with suppress(OSError):  # its other end may be gone
            one.shutdown(socket.SHUT_RDWR)
        one.close()


def test_a_server_that_accepts_and_says_nothing_is_a_fault(
    silent: socket.socket, options: list[dict[str, Any]]
) -> None:
    port = silent.getsockname()[1]
    database = Database(f"postgresql+psycopg2://bot@127.0.0.1:{port}/bot", answer_seconds=SOON)
    began = time.monotonic()
    assert database.look().fault == "no answer within 0.3 s"
    assert time.monotonic() - began < 10 * SOON
    assert options[0]["connect_timeout"] == CONNECT_SECONDS
    assert database.look().fault == "it has not answered the last question yet"
    assert len(options) == 1, "one question at a time"


def test_it_is_asked_again_once_the_last_question_has_ended(
    silent: socket.socket, options: list[dict[str, Any]]
) -> None:
    port = silent.getsockname()[1]
    database = Database(f"postgresql+psycopg2://bot@127.0.0.1:{port}/bot", answer_seconds=SOON)
    database.look()
    silent.accept()[0].close()
    assert database._asking is not None
    database._asking.join(10.0)
    database.look()
    assert len(options) == 2


def test_what_a_driver_raises_is_a_fault(
    silent: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", ModuleType("psycopg2"))
    fault = Database("postgresql+psycopg2://bot@127.0.0.1/bot").look().fault
    assert fault is not None
    assert "psycopg2" in fault


def test_a_file_that_can_be_read_is_read(tmp_path: Path) -> None:
    file = tmp_path / "empty.sqlite"
    file.touch()
    fault = Database(f"sqlite:///{file}").look().fault
    assert fault is not None
    assert "no such table" in fault
