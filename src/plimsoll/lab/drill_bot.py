"""A bot of a drill: plain ``freqtrade trade`` in dry-run on the simulated exchange."""

import json
import secrets
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.control.bot import rest_client
from plimsoll.core import PlimsollError
from plimsoll.lab.freqtrade import FAULT, RAISED
from plimsoll.lab.processes import (
    child_environment,
    command,
    free_port,
    last_line,
    running,
    wait_until,
)
from plimsoll.lab.told import Told, webhook

START_SECONDS = 180.0
COMMAND_SECONDS = 120.0
NOT_FOUND, NOT_IMPORTED = "Impossible to load Strategy", "Could not import "
HELD = frozenset({"FLATTEN", "HALTED"})
"""Modes in which everything is closed and nothing is entered."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One loop of a bot, as its status has it."""

    at: datetime
    equity_usd: float
    mode: str


@dataclass(frozen=True, slots=True)
class BotPlan:
    """What one bot runs, and where its files go; without ``db_url`` its trades are in one, too."""

    name: str
    folder: Path
    userdir: Path
    strategy: str
    strategy_path: Path
    layers: tuple[Path, ...]
    overlay: Mapping[str, Any]
    db_url: str | None = None


@dataclass(slots=True)
class DrillBot:
    """A running bot: its REST API, the status that its guards write, what it tells."""

    plan: BotPlan
    told: Told
    child: subprocess.Popen[str]
    rest: Any
    layers: tuple[Path, ...]
    samples: list[Sample] = field(default_factory=list)

    @property
    def database(self) -> str:
        """The address of its database."""
        return _database(self.plan)

    @property
    def log(self) -> Path:
        """What it logged."""
        return _log(self.plan)

    def status(self) -> dict[str, Any]:
        """Return what its guards wrote after the last loop; keep it as a sample."""
        require_alive(self.child, self.log)
        said = StateFolder(self.plan.userdir / "plimsoll").status() or {}
        equity = said.get("equity_usd")
        if "as_of" in said and isinstance(equity, int | float):
            at = datetime.fromisoformat(str(said["as_of"])).astimezone(UTC)
            if not self.samples or at > self.samples[-1].at:
                self.samples.append(Sample(at, float(equity), str(said.get("mode"))))
        return said

    def has_analysed(self) -> bool:
        """Return whether a whole loop has ended, so that every pair has its indicators."""
        return int(self.status().get("loops") or 0) > 1

    def positions(self) -> list[dict[str, Any]] | None:
        """Return its open positions; ``None`` while it does not answer."""
        answer = ask(self.rest.status)
        return list(answer) if isinstance(answer, list) else None

    def force_entry(self, pair: str, side: str) -> str | None:
        """Enter as ``/forceenter`` does; return why it was refused, ``None`` when it was not."""
        answer = ask(lambda: self.rest.forceenter(pair, side))
        if isinstance(answer, dict) and answer.get("trade_id") is not None:
            return None
        said = answer.get("error") if isinstance(answer, dict) else None
        return str(said or "the bot did not answer").rpartition("forceenter: ")[2]

    def run(self, *words: str) -> tuple[int, str]:
        """Run ``plimsoll`` on this bot as a person would; return exit status and last line."""
        arguments = [command("plimsoll"), *words, "--userdir", str(self.plan.userdir)]
        arguments += [part for file in self.layers for part in ("-c", str(file))]
        done = subprocess.run(
            [*arguments, "--db-url", self.database],
            capture_output=True,
            text=True,
            env=child_environment(settings=False),
            check=False,
            timeout=COMMAND_SECONDS,
        )
        lines = (done.stdout.strip() or done.stderr.strip()).splitlines()
        return done.returncode, lines[-1] if lines else ""


@contextmanager
def drill_bot(plan: BotPlan) -> Iterator[DrillBot]:
    """Run a bot for the length of the block; it trades when the block begins.

    Raises
    ------
    PlimsollError
        When the bot does not start, with the line in which it says why.
    """
    with webhook() as told:
        port, password = free_port(), secrets.token_urlsafe(24)
        layer = plan.folder / f"{plan.name}.json"
        layer.write_text(
            json.dumps({**plan.overlay, **_addresses(port, password, told)}, indent=2),
            encoding="utf-8",
        )
        layers = (*plan.layers, layer)
        with running(
            [command("freqtrade"), *_arguments(plan, layers)],
            log=_log(plan),
            folder=plan.folder,
            settings=False,
        ) as child:
            rest = rest_client(f"http://127.0.0.1:{port}", "plimsoll", password, timeout=30)
            rest._session.headers["Connection"] = "close"  # noqa: SLF001 - a busy bot drops kept ones
            bot = DrillBot(plan, told, child, rest, layers)
            first = "the bot's first loop"
            wait_until(lambda: _trades(bot), seconds=START_SECONDS, what=first, log=bot.log)
            yield bot


def ask(call: Callable[[], Any]) -> Any:
    """Ask a bot over REST; ``None`` while it does not answer."""
    try:
        return call()
    except (OSError, ValueError):
        return None


def require_alive(child: subprocess.Popen[str], log: Path) -> None:
    """Refuse a bot that has ended.

    Raises
    ------
    PlimsollError
        With what Freqtrade said last.
    """
    if child.poll() is None:
        return
    text = log.read_text(encoding="utf-8", errors="replace")
    faults = [match.group(1) for match in FAULT.finditer(text)]
    errors = [line for line in text.splitlines() if " ERROR - " in line or "plimsoll: " in line]
    said = (faults or errors or [last_line(log)])[-1].rpartition(" ERROR - ")[2].strip()
    if said.startswith("Fatal exception!"):
        said = ([line.strip() for line in text.splitlines() if RAISED.match(line)] or [said])[-1]
    broken = [line.partition(NOT_IMPORTED)[2] for line in text.splitlines() if NOT_IMPORTED in line]
    why = f" {NOT_IMPORTED}{broken[-1].strip()}." if broken and NOT_FOUND in said else ""
    raise PlimsollError(f"freqtrade trade ended: {said}{why} Its log is {log}")


def _trades(bot: DrillBot) -> bool:
    """Return whether the bot answers and its guards have seen the account."""
    require_alive(bot.child, bot.log)
    if (ask(bot.rest.ping) or {}).get("status") != "pong":
        return False
    return "equity_usd" in bot.status() or bool(bot.samples)


def _addresses(port: int, password: str, told: Told) -> dict[str, Any]:
    return {
        "api_server": {
            "enabled": True,
            "listen_ip_address": "127.0.0.1",
            "listen_port": port,
            "username": "plimsoll",
            "password": password,
            "jwt_secret_key": secrets.token_urlsafe(32),
            "verbosity": "error",
        },
        "webhook": told.config(),
    }


def _arguments(plan: BotPlan, layers: Sequence[Path]) -> list[str]:
    return [
        *("trade", "--userdir", str(plan.userdir), "--strategy", plan.strategy),
        *("--strategy-path", str(plan.strategy_path), "--recursive-strategy-search"),
        *("--db-url", _database(plan)),
        *(part for layer in layers for part in ("-c", str(layer))),
    ]


def _database(plan: BotPlan) -> str:
    return plan.db_url or f"sqlite:///{plan.folder / plan.name}.sqlite"


def _log(plan: BotPlan) -> Path:
    return plan.folder / f"{plan.name}.log"
