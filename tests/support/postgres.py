"""A real PostgreSQL on loopback, for the length of a test."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from plimsoll.lab.processes import PATIENCE_SECONDS, end, free_port, wait_until

DEBIANS = Path("/usr/lib/postgresql")
SECURED = "with_password"
"""Whose members have to give their password; anybody else is trusted."""


def programs() -> Path:
    """The folder of ``initdb`` and ``postgres``; the test is skipped where there is none."""
    if (there := shutil.which("postgres")) is not None:
        return Path(there).resolve().parent
    versions = sorted(DEBIANS.glob("*/bin/postgres"))
    if not versions:
        pytest.skip("PostgreSQL is not installed (Debian's package `postgresql`)")
    return versions[-1].parent


def other_user() -> str | None:
    """Who runs it: it refuses root; `None` for ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres")


class PostgresServer:
    """One server in a folder of its own, that can be ended, killed and started again."""

    def __init__(self, folder: Path, *, safe: bool = False) -> None:
        self.folder, self.port = folder, free_port()
        self._safe = safe
        self._binaries, self._user = programs(), other_user()
        self._child: subprocess.Popen[str] | None = None
        if self._user is not None:
            shutil.chown(folder, self._user)
        made = [str(self._binaries / "initdb"), "-D", str(folder / "data"), "-A", "trust"]
        with self._log() as said:
            subprocess.run(
                [*made, "-U", "plimsoll", "--no-sync"],
                check=True,
                user=self._user,
                stdout=said,
                stderr=said,
                cwd="/",
            )
        rules = folder / "data" / "pg_hba.conf"
        secured = f"host all +{SECURED} 127.0.0.1/32 scram-sha-256"
        rules.write_text(f"{secured}\n{rules.read_text(encoding='utf-8')}", encoding="utf-8")

    def url(
        self,
        database: str = "postgres",
        *,
        driver: str = "",
        user: str = "plimsoll",
        password: str = "",
    ) -> str:
        """The address of a database on it."""
        kind = f"postgresql+{driver}" if driver else "postgresql"
        who = f"{user}:{password}" if password else user
        return f"{kind}://{who}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = [
            f"-cport={self.port}",
            "-clisten_addresses=127.0.0.1",
            "-cunix_socket_directories=",
            *([] if self._safe else ["-cfsync=off"]),
        ]
        with self._log() as said:
            self._child = subprocess.Popen(
                [str(self._binaries / "postgres"), "-D", str(self.folder / "data"), *options],
                user=self._user,
                stdout=said,
                stderr=said,
                text=True,
                cwd="/",
            )
        ready = [str(self._binaries / "pg_isready"), "-h", "127.0.0.1", "-p", str(self.port), "-q"]
        wait_until(
            lambda: subprocess.run(ready, check=False).returncode == 0,
            seconds=4 * PATIENCE_SECONDS,
            what="PostgreSQL to answer",
        )

    @property
    def pid(self) -> int:
        """The process id of the server that runs."""
        assert self._child is not None, "the server was not started"
        return self._child.pid

    def stop(self) -> None:
        """End it at once, with all its connections, as `pg_ctl stop -m fast` does."""
        child, self._child = self._child, None
        if child is not None:
            if child.poll() is None:
                child.send_signal(signal.SIGINT)
            try:
                child.wait(4 * PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                end(child)

    def new_database(self) -> str:
        """Make an empty database; return its name."""
        name = f"bot_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def add_role(self, name: str, password: str) -> None:
        """Make a role that may log in with its password alone, and own nothing."""
        group = f"IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{SECURED}')"
        self.execute(f"DO $$ BEGIN {group} THEN CREATE ROLE {SECURED}; END IF; END $$")
        self.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE {SECURED}")

    def execute(self, words: str, database: str = "postgres") -> None:
        """Have it do something outside of a transaction."""
        engine = create_engine(self.url(database, driver="psycopg"), poolclass=NullPool)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(words)

    @contextmanager
    def session(self, database: str) -> Iterator[Connection]:
        """Yield a transaction of somebody else's; it is rolled back at the end."""
        engine = create_engine(self.url(database, driver="psycopg"), poolclass=NullPool)
        with engine.connect() as connection:
            yield connection
            connection.rollback()

    def _log(self) -> TextIO:
        return (self.folder / "log").open("a", encoding="utf-8")


@contextmanager
def postgres_server(*, safe: bool = False) -> Iterator[PostgresServer]:
    """Yield a server that runs; it ends with the block.

    With ``safe`` it waits for its disk, as it does by default and a test need not.
    """
    folder = Path(tempfile.mkdtemp(prefix="plimsoll-postgres-"))
    try:
        server = PostgresServer(folder, safe=safe)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serve_postgres() -> Iterator[str]:
    """Yield the address of a database of its own; the server ends with the block."""
    with postgres_server() as server:
        yield server.url()
