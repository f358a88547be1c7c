"""The bot of a drill: its process, its folder, its books, and what a person does to it."""

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.control.bot import rest_client
from plimsoll.core import PlimsollError
from plimsoll.lab.drill_bot import ask
from plimsoll.lab.drilling.books import DatabaseSide, Differences, ExchangeSide, compare, rows
from plimsoll.lab.drilling.exchange import Exchange
from plimsoll.lab.drilling.forked import Forked, start
from plimsoll.lab.drilling.patience import Patience
from plimsoll.lab.processes import free_port, last_line
from plimsoll.lab.telegram.service import TelegramService
from plimsoll.lab.user_folder import lay_out

POLL_SECONDS = 0.05
PATIENCE_SECONDS = 150.0
"""Real seconds for what comes at once on an idle machine; a busy one takes its time."""
START_SECONDS = 120.0
COMMAND_SECONDS = 120.0
THROTTLE_SECONDS = 30
OPTIONAL_LAYERS = ("api-server.json", "telegram.json")
STRATEGIES = Path(__file__).parent / "strategies"
OWN_STRATEGY = "DrilledLong"
NO_ANSWER = "the bot did not answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class BotSetup:
    """What is drilled: a strategy, the user's own layers over ours, and where it trades."""

    strategy: str = OWN_STRATEGY
    strategy_path: Path = STRATEGIES
    layers: tuple[Path, ...] = ()
    pairs: tuple[str, ...]
    live: bool
    speed: float = 120.0
    patience: float = 1.0

    @property
    def mode(self) -> str:
        """``live`` or ``dry-run``."""
        return "live" if self.live else "dry-run"

    @property
    def is_own(self) -> bool:
        """Whether it is the drill's own strategy, not a user's."""
        return self.strategy == OWN_STRATEGY and not self.layers


@dataclass(slots=True)
class DrilledBot:
    """A bot that is started, killed and started again in one folder."""

    setup: BotSetup
    folder: Path
    exchange: Exchange
    telegram: TelegramService
    process: Forked | None = None
    rest: Any = None
    restarts: int = 0
    fallen_fraction: float = 0.0
    fallen_pairs: tuple[str, ...] | None = None
    overlay: dict[str, Any] = field(default_factory=dict)
    _port: int = 0
    _password: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def userdir(self) -> Path:
        """Its user folder."""
        return self.folder / "user_data"

    @property
    def database(self) -> Path:
        """Its database."""
        return self.folder / "bot.sqlite"

    @property
    def log(self) -> Path:
        """What it logged."""
        return self.folder / "bot.log"

    @property
    def state(self) -> StateFolder:
        """The folder that its guards write to."""
        return StateFolder(self.userdir / "plimsoll")

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.alive

    # Its process

    def lay_out(self, overlay: Mapping[str, Any]) -> None:
        """Make its folder, with the last layer of its config."""
        lay_out(self.userdir)
        self.configure(overlay)

    def configure(self, overlay: Mapping[str, Any]) -> None:
        """Write the last layer of its config; it holds from the next start or reload on."""
        self.overlay = dict(overlay)
        layer = self.folder / "drill.json"
        layer.write_text(json.dumps(self.overlay, indent=1), encoding="utf-8")

    def start(self) -> None:
        """Start it and return after its first loop.

        Raises
        ------
        PlimsollError
            When it ends instead, with what it said last.
        """
        self.exchange.venue.set_speed(1)
        began, calls = time.time(), len(self.telegram.calls)
        self.process = self.begin(self.log)

        def looped() -> bool:
            if not self.alive:
                raise PlimsollError(f"the bot ended at its start: {last_line(self.log)}")
            written = self.state.written_status()
            listens = self.telegram.is_down or self.telegram.listening(since_call=calls)
            return written is not None and written[1] > began and listens

        self.wait(looped, "a first loop", seconds=START_SECONDS)
        self.exchange.venue.set_speed(self.setup.speed)

    def begin(self, log: Path) -> Forked:
        """Start a process on its folder and return at once."""
        self._port = free_port()
        self.rest = rest_client(
            f"http://127.0.0.1:{self._port}", "plimsoll", self._password, timeout=30
        )
        self.rest._session.headers["Connection"] = "close"  # noqa: SLF001 - a busy bot drops kept ones
        words = [
            *("freqtrade", "trade", "--userdir", str(self.userdir)),
            *("--strategy", self.setup.strategy, "--db-url", f"sqlite:///{self.database}"),
            *("--strategy-path", str(self.setup.strategy_path), "--recursive-strategy-search"),
            *self.layer_words(),
        ]
        return start(words, folder=self.folder, log=log, environment=self.environment())

    def environment(self) -> dict[str, str]:
        """Return what a process of its account finds in its environment."""
        keys = {
            "FREQTRADE__EXCHANGE__KEY": self.exchange.key,
            "FREQTRADE__EXCHANGE__SECRET": self.exchange.secret,
            "FREQTRADE__PLIMSOLL__LIVE_OPT_IN": LIVE_OPT_IN,
        }
        return {
            **self.telegram.environment,
            "FREQTRADE__API_SERVER__LISTEN_PORT": str(self._port),
            "FREQTRADE__API_SERVER__PASSWORD": self._password,
            "FREQTRADE__API_SERVER__JWT_SECRET_KEY": self._password * 2,
            "XDG_STATE_HOME": str(self.folder / "state"),
            **(keys if self.setup.live else {}),
        }

    def layer_words(self) -> list[str]:
        """Return its config layers as arguments."""
        shipped = self.userdir / "config"
        names = ("base.json", "venue-binance.json", "mode-dry-run.json")
        layers = [shipped / name for name in names]
        layers += self.setup.layers
        layers += [shipped / name for name in OPTIONAL_LAYERS]
        layers += [self.exchange.venue.config, self.folder / "drill.json"]
        return [part for layer in layers for part in ("-c", str(layer))]

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self.process is not None:
            self.process.kill()

    def restart(self) -> None:
        """Start it again on the same folder and database; kill it first if it runs."""
        self.kill()
        self.restarts += 1
        self.start()

    def run(self, *words: str) -> tuple[int, str]:
        """Run ``plimsoll`` on it as a person would; return exit status and what it said."""
        log = self.folder / "command.log"
        log.unlink(missing_ok=True)
        place = ["--userdir", str(self.userdir), "--db-url", f"sqlite:///{self.database}"]
        child = start(
            ["plimsoll", *words, *place, *self.layer_words()],
            folder=self.folder,
            log=log,
            environment=self.environment(),
        )
        status = child.wait(COMMAND_SECONDS)
        if status is None:
            child.kill()
        return -1 if status is None else status, last_line(log)

    # What it says

    def status(self) -> dict[str, Any]:
        """Return the status of its last loop."""
        return self.state.status() or {}

    @property
    def guard_mode(self) -> str:
        """The mode of its account, empty before its first loop."""
        return str(self.status().get("mode") or "")

    @property
    def loops(self) -> int:
        """How many loops it has ended since its start."""
        return int(self.status().get("loops") or 0)

    def records(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the decision log's whole records, oldest first, of one kind or all."""
        records = []
        for file in sorted(self.state.decisions.glob("*.jsonl")):
            whole = file.read_bytes().rpartition(b"\n")[0]
            records += [json.loads(line) for line in whole.splitlines() if line.strip()]
        return [one for one in records if kind in (None, one["kind"])]

    def trades(self, *, is_open: bool | None = None) -> list[dict[str, Any]]:
        """Return the trades of its database, oldest first."""
        where = "" if is_open is None else f" WHERE is_open = {int(is_open)}"
        return rows(self.database, f"SELECT * FROM trades{where} ORDER BY id")  # noqa: S608

    def wait(
        self, condition: Callable[[], Any], what: str, *, seconds: float = PATIENCE_SECONDS
    ) -> Any:
        """Wait for a condition and return its value.

        Raises
        ------
        PlimsollError
            When it does not come true in so many real seconds, and the loops that go with them.
        """
        patience = self.patience(seconds)
        while not (value := condition()):
            if patience.is_over:
                raise PlimsollError(f"expected {what} within {patience}, found none")
            time.sleep(POLL_SECONDS)
        return value

    def patience(self, seconds: float, *, speed: float | None = None) -> Patience:
        """Return how long to wait for what takes no longer than so many seconds on an idle machine.

        ``speed`` is the clock's, where it is not the one of the setup.
        """
        loops_a_second = (speed or self.setup.speed) / THROTTLE_SECONDS
        return Patience(seconds * self.setup.patience, lambda: self.loops, loops_a_second)

    def pass_loops(self, count: int) -> None:
        """Let it end so many loops."""
        first = self.loops
        self.wait(lambda: not self.alive or self.loops >= first + count, f"{count} loops")

    # Both books

    def exchange_side(self) -> ExchangeSide:
        """Return the exchange's books; a dry-run has none there."""
        return ExchangeSide.of(self.exchange.venue.books())

    def database_side(self) -> DatabaseSide:
        """Return its own books."""
        return DatabaseSide.read(self.database)

    def differences(self) -> Differences:
        """Compare both books."""
        return compare(self.exchange_side(), self.database_side())

    def held(self) -> dict[str, float]:
        """Return what is held by contract: at the exchange, in a dry-run by the database."""
        if self.setup.live:
            return self.exchange_side().positions
        return self.database_side().positions

    def force_entry(self, pair: str, **options: Any) -> str | None:
        """Enter as ``/forceenter`` does; return why it was refused, None when it was not."""
        answer = ask(lambda: self.rest.forceenter(pair, "long", **options))
        if isinstance(answer, dict) and answer.get("trade_id") is not None:
            return None
        said = answer.get("error") if isinstance(answer, dict) else None
        return str(said or NO_ANSWER).rpartition("forceenter: ")[2]

    @contextmanager
    def write_lock(self) -> Iterator[None]:
        """Hold the database's write lock, as a backup job does."""
        with closing(sqlite3.connect(self.database, isolation_level=None, timeout=60)) as other:
            other.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                other.execute("ROLLBACK")


def moment(text: str) -> datetime:
    """Return a time of the log or of the database, UTC."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)
