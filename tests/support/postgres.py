"""A real PostgreSQL on loopback, for the length of a test."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plimsoll.lab.processes import PATIENCE_SECONDS, end, free_port, wait_until

DEBIANS = Path("/usr/lib/postgresql")


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


@contextmanager
def serve_postgres() -> Iterator[str]:
    """Yield the address of a database of its own; the server ends with the block."""
    binaries, user, port = programs(), other_user(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="plimsoll-postgres-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        log = folder / "log"
        with log.open("w", encoding="utf-8") as said:
            made = [str(binaries / "initdb"), "-D", str(folder / "data"), "-A", "trust"]
            subprocess.run(
                [*made, "-U", "plimsoll", "--no-sync"],
                check=True,
                user=user,
                stdout=said,
                stderr=said,
                cwd="/",
            )
            options = [
                f"-cport={port}",
                "-clisten_addresses=127.0.0.1",
                "-cunix_socket_directories=",
            ]
            server = subprocess.Popen(
                [str(binaries / "postgres"), "-D", str(folder / "data"), *options],
                user=user,
                stdout=said,
                stderr=said,
                text=True,
                cwd="/",
            )
        try:
            ready = [str(binaries / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
            wait_until(
                lambda: subprocess.run(ready, check=False).returncode == 0,
                seconds=4 * PATIENCE_SECONDS,
                what="PostgreSQL to answer",
            )
            yield f"postgresql://plimsoll@127.0.0.1:{port}/postgres"
        finally:
            end(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
