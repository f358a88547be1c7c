"""What must hold inside of the image: its user, its files, its packages, its programs."""

import subprocess
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

from plimsoll.lab.processes import end, free_port
from tests.conftest import ROOT
from tests.image.engine import Container, Engine, ImageError

ENTRY = "/usr/local/lib/plimsoll/entrypoint.sh"
HEALTH = "/usr/local/lib/plimsoll/healthcheck.py"
USER = "10001"
MAY_WRITE = ("/tmp", "/var/tmp", "/run/lock", "/var/lock", "/srv/plimsoll", "/dev", "/proc", "/sys")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
TAG = f"localhost/freqtrade-plimsoll:{VERSION}"
# Those with a library of C below them, which a small base may lack.
IMPORTS = (
    *("lightgbm", "numba", "scipy", "talib", "pyarrow", "matplotlib.pyplot", "cryptography"),
    *("psycopg", "prometheus_client", "sqlalchemy", "ccxt", "freqtrade", "plimsoll.cli"),
)
VENUE_SECONDS = 180.0


@dataclass(frozen=True)
class Check:
    """One check of the image: what it says, and what it found."""

    says: str
    found: str
    well: bool


def checks(engine: Engine, inside: Container) -> list[Check]:
    """Return every check, in the order in which they were made; none of them raises."""
    asked: tuple[tuple[str, Callable[[], str]], ...] = (
        ("runs as a user without rights", lambda: _user(inside)),
        ("says how it is stopped and asked for its health", lambda: _configured(engine)),
        ("can write in its own folders alone", lambda: _writable(inside)),
        ("has every package that it needs", lambda: _packages(inside)),
        ("has both programs, and refuses others", lambda: _programs(inside)),
        ("its health check sees a venue, and the lack of one", lambda: _health(inside)),
    )
    return [_checked(says, ask) for says, ask in asked]


def demo(inside: Container) -> Check:
    """Run ``plimsoll demo`` inside: a backtest, a bot in dry-run and a crash."""

    def played() -> str:
        began = time.monotonic()
        inside.run(ENTRY, "plimsoll", "demo", seconds=1800)
        inside.run("test", "-s", "out/demo/report.html")
        return f"{time.monotonic() - began:.0f} s, with a report"

    return _checked("runs the demo to its end", played)


def _checked(says: str, ask: Callable[[], str]) -> Check:
    try:
        return Check(says, ask(), well=True)
    except (ImageError, subprocess.TimeoutExpired, OSError) as error:
        return Check(says, str(error), well=False)


def _require(well: bool, said: str) -> str:
    if not well:
        raise ImageError(said)
    return said


def _user(inside: Container) -> str:
    told = inside.run("id")
    return _require(f"uid={USER}" in told and f"gid={USER}" in told, told.strip())


def _configured(engine: Engine) -> str:
    config = engine.config(TAG)
    health = config.get("Healthcheck") or {}
    found = f"{config.get('StopSignal')}, {health.get('Test') if isinstance(health, dict) else ''}"
    well = config.get("User") == f"{USER}:{USER}" and config.get("StopSignal") == "SIGINT"
    return _require(well and HEALTH in found and config.get("Entrypoint") == [ENTRY], found)


def _writable(inside: Container) -> str:
    # What cannot be read into is not writable either; find says so with a status of its own.
    line = "find / -xdev \\( -type d -o -type f \\) -writable 2>/dev/null || true"
    found = inside.run("/bin/sh", "-c", line).split()
    others = [path for path in found if not path.startswith(MAY_WRITE)]
    return _require(not others, f"writable beside its folders: {others[:5] or 'nothing'}")


def _packages(inside: Container) -> str:
    line = "; ".join(f"import {name}" for name in IMPORTS)
    inside.run("/opt/plimsoll/bin/python", "-c", line)
    listed = inside.run(
        "/opt/plimsoll/bin/python",
        "-c",
        "import importlib.metadata as m; print(*sorted(d.name for d in m.distributions()))",
    ).split()
    developers = {"pytest", "mypy", "ruff", "hypothesis", "hatchling", "pip"} & set(listed)
    return _require(
        not developers, f"{len(listed)} packages, of developers' {developers or 'none'}"
    )


def _programs(inside: Container) -> str:
    said = inside.run(ENTRY, "plimsoll", "--version").strip()
    inside.run(ENTRY, "freqtrade", "--version")
    refused = inside.status(ENTRY, "sh", "-c", "id")
    return _require(
        said == f"plimsoll {VERSION}" and refused == 2, f"{said}; sh ends with {refused}"
    )


def _health(inside: Container) -> str:
    port = free_port()
    url = f"http://127.0.0.1:{port}/plimsoll/health"
    before = inside.status(HEALTH, url)
    serve = inside.words(ENTRY, "plimsoll", "venue", "serve", f"--port={port}")
    child = subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    try:
        began, found = time.monotonic(), 1
        while found and time.monotonic() - began < VENUE_SECONDS and child.poll() is None:
            time.sleep(2)
            found = inside.status(HEALTH, url)
    finally:
        end(child)
    after = inside.status(HEALTH, url)
    told = f"{before} without, {found} with one, {after} when it has ended"
    return _require((before, found, after) == (1, 0, 1), told)
