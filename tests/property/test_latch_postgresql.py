"""The same latch on a real PostgreSQL: killed before each write, lost, and put back from a dump."""

import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plimsoll.bridge.state import registry
from tests.property.test_latch import LIFE, World, lives_on, puts_back_a_copy
from tests.support.postgres import PostgresServer, programs

pytestmark = pytest.mark.slow


@dataclass
class ServerWorld(World):
    """A bot whose database is on a server; a copy of it is a dump."""

    server: PostgresServer | None = None
    name: str = ""

    @property
    def url(self) -> str:
        assert self.server is not None
        return self.server.url(self.name, driver="psycopg")

    def keep_database(self, file: Path) -> None:
        self._run("pg_dump", "--format=custom", f"--file={file}")

    def put_database_back(self, file: Path) -> None:
        self.lose_database()
        self._run("pg_restore", "--exit-on-error", f"--dbname={self.name}", str(file))

    def lose_database(self) -> None:
        assert self.server is not None
        self.server.execute(f"DROP DATABASE {self.name} WITH (FORCE)")
        self.server.execute(f"CREATE DATABASE {self.name}")

    def _run(self, program: str, *words: str) -> None:
        assert self.server is not None
        where = ["-h", "127.0.0.1", "-p", str(self.server.port), "-U", "plimsoll"]
        named = [self.name] if program == "pg_dump" else []
        subprocess.run([str(programs() / program), *where, *words, *named], check=True)


def world_of(server: PostgresServer, root: Path, live: bool) -> World:
    registry.release()
    return ServerWorld(root, live, server=server, name=server.new_database())


@pytest.mark.parametrize("write", range(12))
def test_a_kill_before_each_write_and_an_older_dump(postgres: PostgresServer, write: int) -> None:
    fills, world_in = ["fill", "fill"], partial(world_of, postgres)
    puts_back_a_copy([(fills, write, None)], [], live=True, world_in=world_in)
    puts_back_a_copy([(fills, None, write)], ["fill"], live=True, world_in=world_in)
    registry.release()


@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.booleans(), st.lists(LIFE, min_size=2, max_size=4))
def test_what_was_halted_is_halted_after_any_start(
    postgres: PostgresServer, live: bool, lives: list[Any]
) -> None:
    lives_on(lives, live=live, world_in=partial(world_of, postgres))
    registry.release()
