"""A drill: the running bot against the simulated exchange, with everything a test must see.

with drill(tmp_path, DrillPlan(risk={"max_daily_loss_fraction": 0.02})) as bot:
    bot.wait_for_positions(2)
    bot.move(-0.05, seconds=60)
    flat = bot.until_flat()
    assert bot.decisions("halt")
    assert bot.telegram_messages("halt")
"""

import json
import logging
import os
import secrets
import signal
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from freqtrade.misc import deep_merge_dicts
from freqtrade_client import FtRestClient
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.core import PlimsollError
from plimsoll.lab.freqtrade import FAULT
from plimsoll.lab.processes import command, last_line, running, wait_until
from plimsoll.lab.telegram.service import Sent, TelegramService, telegram_service
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import Venue, serve_venue
from tests.ports import free_port
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.venue_keys import ENVIRONMENT

STRATEGIES = Path(__file__).parent / "strategies"
PROFILES = ("base.json", "venue-binance.json", "mode-dry-run.json")
OPTIONAL_PROFILES = ("api-server.json", "telegram.json")
MARKET_ORDERS = dict.fromkeys(
    ("entry", "exit", "emergency_exit", "force_entry", "force_exit", "stoploss"), "market"
)
ON_POSTGRESQL = "PLIMSOLL_DRILLS_ON_POSTGRESQL"
"""With it in the environment each drill's bot keeps its trades in a PostgreSQL of its own."""
POLL_SECONDS = 0.05
TIMEOUT_SECONDS = 120.0
"""How long a test waits for what comes at once on an idle machine; a busy one takes its time."""
NEVER_STALE = {"max_candle_delay_seconds": 3600, "max_blind_seconds": 86_400}
"""At 120 times real time a second's hiccup of the machine makes candles two minutes late."""


@dataclass(frozen=True, kw_only=True)
class DrillPlan:
    """What a drill runs. `risk` is the profile's ``plimsoll.risk``, `overlay` any other config.

    A loop comes each `throttle_seconds` of simulated time: 30 at 120 times real time are four
    loops a real second. `preset` names a shipped ``risk-*.json``; with `live` the same bot trades
    the venue's account with real orders; a `talkative` one logs how long each loop took.

    A guarded bot sizes by the distance of its stop, `stop_fraction` of the price: with 1 % of
    10,000 USD at risk and a stop 50 % away it holds 200 USD a pair. For a loss that an account
    guard sees, raise ``max_risk_per_trade_fraction`` and ``fixed_risk_fraction`` in `risk`.
    Candles are late only when `risk` says how late they may be: else a busy machine would decide
    what is closed.
    """

    strategy: str = "AlwaysLong"
    pairs: tuple[str, ...] = ("BTC/USDT:USDT", "ETH/USDT:USDT")
    start: str = "2025-05-29T13:48:00Z"
    seed: int = 7
    speed: float = 120.0
    throttle_seconds: int = 30
    stake_usd: float = 1000.0
    stop_fraction: float = 0.5
    preset: str | None = None
    live: bool = False
    exchange: str = "binance"
    talkative: bool = False
    risk: Mapping[str, Any] = field(default_factory=dict)
    overlay: Mapping[str, Any] = field(default_factory=dict)

    def config(self) -> dict[str, Any]:
        """Return the last layer of the bot's config."""
        own: dict[str, Any] = {
            "dry_run": not self.live,
            "stake_amount": self.stake_usd,
            "max_open_trades": len(self.pairs),
            "stoploss": -self.stop_fraction,
            "force_entry_enable": True,
            "internals": {"process_throttle_secs": self.throttle_seconds},
            "pairlists": [{"method": "StaticPairList"}],
            # A dry-run fills a stop on the exchange at its price, whatever the market does.
            "order_types": {**MARKET_ORDERS, "stoploss_on_exchange": False},
        }
        own["plimsoll"] = {"risk": {**NEVER_STALE, **self.risk}}
        return dict(deep_merge_dicts(dict(self.overlay), own))


@dataclass(frozen=True, slots=True)
class Flat:
    """How long it took until no position was open.

    `venue_seconds` run from the instant that `Drill.until_flat` was told, or its call, to
    `closed_at`, the last close in the database (None when nothing closed since); `loops` are the
    iterations that they span, one each ``throttle_seconds``: 1 is the one that they began in.
    """

    loops: int
    venue_seconds: float
    real_seconds: float
    closed_at: datetime | None


class Drill:
    """A bot in dry-run with its REST API, its Telegram, its database and its exchange."""

    def __init__(
        self, folder: Path, plan: DrillPlan, venue: Venue, telegram: TelegramService
    ) -> None:
        self.folder, self.plan, self.venue, self.telegram = folder, plan, venue, telegram
        self.userdir = folder / "user_data"
        self.database = folder / "drill.sqlite"
        self.server: PostgresServer | None = None
        self.on_server = ""
        """The name of its database, where that is on a server."""
        self.login: dict[str, str] = {}
        """As whom it logs in there: ``user`` and ``password``; as the owner by default."""
        self.log = folder / "bot.log"
        self._config = folder / "drill.json"
        self._port, self._password = free_port(), secrets.token_urlsafe(24)
        self._jwt_key = secrets.token_urlsafe(32)
        self._stack = ExitStack()
        self._child: subprocess.Popen[str] | None = None
        # It warns of every call until the bot is up.
        logging.getLogger("ft_rest_client").setLevel(logging.ERROR)
        self.rest = FtRestClient(
            f"http://127.0.0.1:{self._port}", "plimsoll", self._password, timeout=60
        )
        self.rest._session.trust_env = False  # the client would ask a proxy for loopback
        # A connection kept is closed by the bot after some seconds, maybe under a question.
        self.rest._session.headers["Connection"] = "close"

    @property
    def db_url(self) -> str:
        """The address of its database."""
        if self.server is not None:
            return self.server.url(self.on_server, driver="psycopg", **self.login)
        return f"sqlite:///{self.database}"

    def move_to(self, server: PostgresServer) -> None:
        """Keep its trades in a new database of a server, from the next start on."""
        self.server, self.on_server = server, server.new_database()

    # The bot's process

    @property
    def pid(self) -> int:
        """The bot's process id."""
        assert self._child is not None, "the bot was not started"
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the bot's process runs."""
        return self._child is not None and self._child.poll() is None

    def start(self, *, seconds: float = 180.0) -> None:
        """Start the bot and return when REST answers and Telegram is polled."""
        calls = len(self.telegram.calls)
        self.venue.set_speed(1)
        self._child = self._stack.enter_context(
            running(
                [command("freqtrade"), *self._arguments()],
                log=self.log,
                folder=self.folder,
                environment=self.environment(),
            )
        )

        def ready() -> bool:
            self._require_alive()
            answer = self.rest.ping() or {}
            return answer.get("status") == "pong" and self.telegram.listening(since_call=calls)

        wait_until(ready, seconds=seconds, what="REST and Telegram of the bot", pause_seconds=0.1)
        self.venue.set_speed(self.plan.speed)

    def kill9(self) -> None:
        """Kill the bot as a power cut would."""
        assert self._child is not None, "the bot was not started"
        self._child.send_signal(signal.SIGKILL)
        self._child.wait(60)

    def interrupt(self, *, seconds: float = TIMEOUT_SECONDS) -> int:
        """End the bot as Ctrl-C does, between two of its loops; return its exit status.

        In the middle of a commit it would end with a fault of the database's.
        """
        assert self._child is not None, "the bot was not started"
        self.venue.set_speed(1)  # a loop each `throttle_seconds` of real time
        loops = -1
        while loops != (loops := self._loops()):
            time.sleep(1.5)
        self._child.send_signal(signal.SIGINT)
        return self._child.wait(seconds)

    def restart(self) -> None:
        """Start the bot again on the same folder and database; kill it first if it runs."""
        if self.alive:
            self.kill9()
        self.start()

    def close(self) -> None:
        """End the bot, whatever state it is in."""
        if self.alive:
            self.kill9()
        self._stack.close()

    def configure(self, overlay: Mapping[str, Any]) -> None:
        """Merge into the bot's last config layer; it holds after `reload_config` or a restart."""
        config = (
            json.loads(self._config.read_text(encoding="utf-8"))
            if (self._config.exists())
            else self.plan.config()
        )
        merged = deep_merge_dicts(dict(overlay), config)
        self._config.write_text(json.dumps(merged, indent=2), encoding="utf-8")

    def _loops(self) -> int:
        """Return how many loops the bot has completed, from its status."""
        return int((StateFolder(self.userdir / "plimsoll").status() or {}).get("loops", 0))

    def reload_config(self) -> None:
        """Let the bot read its config again, as ``/reload_config`` does."""
        self.rest.reload_config()

    def environment(self) -> dict[str, str]:
        """Return what its process finds in its environment."""
        live = {**ENVIRONMENT, "FREQTRADE__PLIMSOLL__LIVE_OPT_IN": LIVE_OPT_IN}
        return {
            **self.telegram.environment,
            "FREQTRADE__API_SERVER__LISTEN_PORT": str(self._port),
            "FREQTRADE__API_SERVER__PASSWORD": self._password,
            "FREQTRADE__API_SERVER__JWT_SECRET_KEY": self._jwt_key,
            **(live if self.plan.live else {}),
        }

    def _arguments(self, userdir: Path | None = None) -> list[str]:
        userdir = userdir or self.userdir
        shipped = userdir / "config"
        layers = [shipped / name for name in PROFILES]
        if self.plan.preset is not None:
            layers.append(shipped / f"risk-{self.plan.preset}.json")
        layers += [shipped / name for name in OPTIONAL_PROFILES]
        layers += [self.venue.config, self._config]
        return [
            *("trade", *(["-v"] if self.plan.talkative else [])),
            *("--userdir", str(userdir), "--strategy", self.plan.strategy),
            *("--strategy-path", str(STRATEGIES), "--db-url", self.db_url),
            *(part for layer in layers for part in ("-c", str(layer))),
        ]

    def _require_alive(self) -> None:
        if not self.alive:
            fault = FAULT.search(self.log.read_text(encoding="utf-8", errors="replace"))
            said = fault.group(1) if fault else last_line(self.log)
            raise PlimsollError(f"freqtrade trade ended: {said}; its log is {self.log}")

    # What it did

    def wait_until(
        self, condition: Callable[[], object], *, seconds: float = TIMEOUT_SECONDS, what: str
    ) -> None:
        """Wait real seconds for a condition; raises `PlimsollError` naming what was expected."""
        wait_until(condition, seconds=seconds, what=what, pause_seconds=POLL_SECONDS)

    def wait_for_positions(
        self, count: int = 1, *, seconds: float = TIMEOUT_SECONDS
    ) -> list[dict[str, Any]]:
        """Wait until so many positions are open and filled; return them as REST shows them."""

        def filled() -> bool:
            held = [trade for trade in self.positions() if not trade["has_open_orders"]]
            return len(held) >= count

        self.wait_until(filled, seconds=seconds, what=f"{count} open positions")
        return self.positions()

    def positions(self) -> list[dict[str, Any]]:
        """Return open trades as REST shows them; none while the bot is down."""
        answer = self.rest.status()
        return answer if isinstance(answer, list) else []

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Return the rows of a query on the bot's database, also when the bot is down."""
        if self.server is not None:
            return self._rows_on_server(query)
        if not self.database.exists():
            return []
        with closing(
            sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=60)
        ) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    def _rows_on_server(self, query: str) -> list[dict[str, Any]]:
        """Return rows as SQLite has them: times are text; none while the server is down."""
        engine = create_engine(self.db_url, poolclass=NullPool)
        try:
            with engine.connect() as connection:
                found = [dict(row) for row in connection.execute(text(query)).mappings()]
        except SQLAlchemyError:
            return []
        return [
            {
                name: value.isoformat(" ") if isinstance(value, datetime) else value
                for name, value in row.items()
            }
            for row in found
        ]

    def trades(self, *, is_open: bool | None = None) -> list[dict[str, Any]]:
        """Return recorded trades, oldest first, from the database."""
        where = "" if is_open is None else f" WHERE is_open = {is_open}"
        return self.rows(f"SELECT * FROM trades{where} ORDER BY id")

    def locks(self, *, active: bool = True) -> list[dict[str, Any]]:
        """Return pair locks from the database, also when the bot is down; ``*`` is all pairs."""
        locks = self.rows("SELECT * FROM pairlocks ORDER BY id")
        if not active:
            return locks
        now = self.now().replace(tzinfo=None).isoformat(" ")
        return [lock for lock in locks if lock["active"] and lock["lock_end_time"] > now]

    def telegram_messages(self, containing: str = "") -> list[Sent]:
        """Return what the bot has sent to Telegram, oldest first; the text in any case."""
        return [sent for sent in list(self.telegram.messages) if sent.says(containing)]

    def decisions(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the decision log's records, oldest first, of one kind or all."""
        files = sorted((self.userdir / "plimsoll" / "decisions").glob("*.jsonl"))
        records = []
        for file in files:
            whole = file.read_bytes().rpartition(b"\n")[0]  # a last line may be half written
            records += [json.loads(line) for line in whole.splitlines() if line.strip()]
        return [record for record in records if kind in (None, record.get("kind"))]

    def log_lines(self, containing: str) -> list[str]:
        """Return the lines of the bot's log that contain a text."""
        if not self.log.exists():
            return []
        with self.log.open(encoding="utf-8", errors="replace") as lines:
            return [line.rstrip() for line in lines if containing in line]

    def until_flat(
        self, *, since: datetime | None = None, seconds: float = TIMEOUT_SECONDS
    ) -> Flat:
        """Wait until the database has no open trade; raises `PlimsollError` when it does not.

        ``since`` is the venue's time of what should close them, such as a verdict's.
        """
        began, since = time.monotonic(), since or self.now()
        open_ids = {trade["id"] for trade in self.trades(is_open=True)}
        while held := [trade["pair"] for trade in self.trades(is_open=True)]:
            if time.monotonic() - began > seconds:
                raise PlimsollError(f"expected flat within {seconds:.0f} s, still open: {held}")
            time.sleep(POLL_SECONDS)
        took = time.monotonic() - began
        closes = {row["id"]: _utc(row["close_date"]) for row in self.trades(is_open=False)}
        counted = [at for id_, at in closes.items() if id_ in open_ids or at >= since]
        if not counted:
            return Flat(0, 0.0, took, None)
        venue_seconds = max((max(counted) - since).total_seconds(), 0.0)
        loops = 1 + int(venue_seconds // self.plan.throttle_seconds)
        return Flat(loops, venue_seconds, took, max(counted))

    # What a person does

    def force_enter(
        self, pair: str, side: str = "long", *, stake_usd: float | None = None, **options: Any
    ) -> Any:
        """Enter by hand over REST; return the answer, an error message when it was refused."""
        return self.rest.forceenter(pair, side, stake_amount=stake_usd, **options)

    def pause(self) -> None:
        """Open nothing new, as ``/pause`` does; `resume` ends it."""
        self.rest.stopbuy()

    def resume(self) -> None:
        """Trade again, as ``/start`` does."""
        self.rest.start()

    def force_exit(self, trade_id: int | str = "all") -> Any:
        """Exit by hand over REST."""
        return self.rest.forceexit(trade_id)

    # The exchange

    def now(self) -> datetime:
        """Return the venue's time."""
        return datetime.fromtimestamp(self.venue.now_ms() / 1000, UTC)

    def move(
        self, fraction: float, *, pairs: tuple[str, ...] | None = None, seconds: float = 60.0
    ) -> None:
        """Push prices by a fraction in a straight line over simulated seconds; they stay there."""
        options: dict[str, object] = {"magnitude": fraction, "duration_seconds": seconds}
        if pairs is not None:
            options["symbols"] = list(pairs)
        self.venue.start_scenario("move", **options)

    def scenario(self, name: str, **options: object) -> None:
        """Start a scenario of ``plimsoll venue scenarios``."""
        self.venue.start_scenario(name, **options)

    def fault(self, kind: str, **options: object) -> int:
        """Start a fault of ``plimsoll venue faults``; return its number."""
        return int(self._venue("POST", {"kind": kind, **options})["id"])

    def mend(self, number: int | None = None) -> None:
        """End one fault, or all."""
        self._venue("DELETE", {} if number is None else {"id": number})

    def faults(self) -> list[dict[str, Any]]:
        """Return every fault that was started, with how often it was met and hit."""
        return list(self._venue("GET")["started"])

    def _venue(self, method: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.venue.url}/plimsoll/faults",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return dict(json.load(answer))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@contextmanager
def drill(folder: Path, plan: DrillPlan | None = None, *, start: bool = True) -> Iterator[Drill]:
    """Run a drill in ``folder``; every process it starts has ended afterwards, by its id.

    With ``start=False`` the bot waits for `Drill.start`, so that a test may write files or
    config first.
    """
    plan = plan or DrillPlan()
    arguments = ["--market", "synthetic", "--seed", str(plan.seed), "--start", plan.start]
    arguments += ["--exchange", plan.exchange, "--symbols", ",".join(plan.pairs)]
    with (
        serve_venue(arguments, folder=folder) as venue,
        telegram_service(folder / "telegram") as telegram,
        ExitStack() as served,
    ):
        made = Drill(folder, plan, venue, telegram)
        lay_out(made.userdir)
        made.configure({})
        if os.environ.get(ON_POSTGRESQL):
            made.move_to(served.enter_context(postgres_server()))
        try:
            if start:
                made.start()
            yield made
        finally:
            made.close()
