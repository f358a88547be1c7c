"""A database of a PostgreSQL is lent to one bot, whatever its address is written like."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from plimsoll.bridge.state.database_claim import DatabaseClaim, is_on_server
from plimsoll.core import PlimsollError
from plimsoll.lab.processes import wait_until
from tests.support.postgres import PostgresServer, postgres_server

HOLDS = """
import sys
from plimsoll.bridge.state.database_claim import DatabaseClaim

claim = DatabaseClaim(sys.argv[1], "trend")
claim.require()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def own() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


def test_a_database_that_another_process_has_is_refused_until_that_one_is_killed(
    postgres: PostgresServer,
) -> None:
    name = postgres.new_database()
    url = postgres.url(name, driver="psycopg")
    other = url.replace("127.0.0.1", "localhost") + "?application_name=x"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        claim = DatabaseClaim(other, "carry")
        with pytest.raises(PlimsollError, match="only bot on the database") as raised:
            claim.require()
        assert "plimsoll trend" in str(raised.value)
        holder.kill()
        holder.wait()
    wait_until(lambda: _takes(claim), seconds=10, what="the lock of a killed bot to end")
    claim.release()


def test_another_database_of_the_same_server_is_another_bots(postgres: PostgresServer) -> None:
    urls = [postgres.url(postgres.new_database(), driver="psycopg") for _ in range(2)]
    one, other = (DatabaseClaim(url) for url in urls)
    one.require()
    other.require()
    one.release()
    other.release()


def test_the_lock_is_taken_again_after_the_server_has_restarted(own: PostgresServer) -> None:
    claim = DatabaseClaim(own.url(driver="psycopg"))
    claim.require()
    own.stop()
    with pytest.raises(PlimsollError, match="cannot be claimed"):
        claim.require()
    own.start()
    claim.require()
    with pytest.raises(PlimsollError, match="only bot"):
        DatabaseClaim(own.url(driver="psycopg")).require()
    claim.release()


def test_one_that_another_bot_took_meanwhile_is_refused(own: PostgresServer) -> None:
    url = own.url(driver="psycopg")
    first, second = DatabaseClaim(url, "first"), DatabaseClaim(url, "second")
    first.require()
    own.stop()
    own.start()
    second.require()
    with pytest.raises(PlimsollError, match="plimsoll second"):
        first.require()
    second.release()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://ada@localhost/bot", True),
        ("postgresql+psycopg2://ada@localhost/bot", True),
        ("sqlite:///bot.sqlite", False),
        ("sqlite://", False),
        ("", False),
        ("no address", False),
    ],
)
def test_only_a_servers_database_is_claimed_there(url: str, expected: bool) -> None:
    assert is_on_server(url) is expected


def _takes(claim: DatabaseClaim) -> bool:
    try:
        claim.require()
    except PlimsollError:
        return False
    return True
