"""One account of the sweep: the exchange, the folder, and the bot that lives and dies in it."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.core import PlimsollError
from plimsoll.lab.drilling.books import DatabaseSide, Differences, ExchangeSide, compare, rows
from plimsoll.lab.processes import last_line
from plimsoll.lab.user_folder import lay_out
from tests.drills.scene import profile
from tests.kill_sweep.bot import start_bot
from tests.kill_sweep.exchange import TrappedExchange
from tests.support.drill import MARKET_ORDERS
from tests.support.venue_keys import ENVIRONMENT

PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
START = "2025-05-29T13:48:00Z"
STRATEGIES = Path(__file__).parent / "strategies"
LAYERS = ("base.json", "venue-binance.json", "mode-dry-run.json")
SPEED = 120
THROTTLE_SECONDS = 30
POLL_SECONDS = 0.05
PATIENCE_SECONDS = 120.0
CONFIG: dict[str, Any] = {
    "dry_run": False,
    "stake_amount": 1000,
    "max_open_trades": len(PAIRS),
    "stoploss": -0.5,
    "internals": {"process_throttle_secs": THROTTLE_SECONDS},
    "pairlists": [{"method": "StaticPairList"}],
    "order_types": {**MARKET_ORDERS, "stoploss_on_exchange": True},
    "exchange": {"enable_ws": False, "_ft_has_params": {"ws_enabled": False}},
    "plimsoll": {"risk": profile()},
}


class SweptAccount:
    """A bot that trades live on the exchange; it is killed and started again many times."""

    def __init__(self, folder: Path, exchange: TrappedExchange) -> None:
        self.folder, self.exchange = folder, exchange
        self.userdir = folder / "user_data"
        self.database = folder / "sweep.sqlite"
        self.log = folder / "bot.log"
        self._process: BaseProcess | None = None
        self._begin()

    def _begin(self) -> None:
        lay_out(self.userdir)
        (self.folder / "sweep.json").write_text(json.dumps(CONFIG), encoding="utf-8")

    # The process

    @property
    def pid(self) -> int:
        """The bot's process id."""
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the bot runs."""
        return self._process is not None and self._process.is_alive()

    def start(self) -> None:
        """Start the bot and return after its first loop; raises `PlimsollError` when it ends."""
        self.exchange.venue.set_speed(1)
        began = time.time()
        layers = [self.userdir / "config" / name for name in LAYERS]
        layers += [self.exchange.venue.config, self.folder / "sweep.json"]
        self._process = start_bot(
            [
                *("trade", "--userdir", str(self.userdir), "--strategy", "SweptLong"),
                *("--strategy-path", str(STRATEGIES), "--db-url", f"sqlite:///{self.database}"),
                *(part for layer in layers for part in ("-c", str(layer))),
            ],
            folder=self.folder,
            log=self.log,
            environment={
                **ENVIRONMENT,
                "FREQTRADE__PLIMSOLL__LIVE_OPT_IN": LIVE_OPT_IN,
                "XDG_STATE_HOME": str(self.folder / "state"),
            },
        )

        def looped() -> bool:
            if not self.alive:
                raise PlimsollError(f"the bot ended at its start: {last_line(self.log)}")
            written = self.state.written_status()
            return written is not None and written[1] > began

        self.wait(looped, "a first loop")
        self.exchange.venue.set_speed(SPEED)

    def kill(self) -> None:
        """Kill the bot and wait until it is gone."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._process.join(30)

    def wait(
        self, condition: Callable[[], Any], what: str, *, seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Wait for a condition; raises `PlimsollError` when it does not come true."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise PlimsollError(f"expected {what} within {seconds:.0f} s")
            time.sleep(POLL_SECONDS)

    # What it says

    @property
    def state(self) -> StateFolder:
        """The bot's own folder."""
        return StateFolder(self.userdir / "plimsoll")

    @property
    def status(self) -> Mapping[str, Any]:
        """The last status."""
        return self.state.status() or {}

    def now(self) -> datetime:
        """The exchange's time."""
        return datetime.fromtimestamp(self.exchange.venue.now_ms() / 1000, UTC)

    def records(self) -> list[dict[str, Any]]:
        """Return the decision log's whole records, oldest first."""
        records = []
        for file in sorted(self.state.decisions.glob("*.jsonl")):
            whole = file.read_bytes().rpartition(b"\n")[0]
            records += [json.loads(line) for line in whole.splitlines() if line.strip()]
        return records

    def halt_on_record(self) -> bool:
        """Whether the log or the database says that the account is halted."""
        held = False
        for record in self.records():
            if record["kind"] == "halt" and record.get("event") in (None, "acted"):
                held = True
            if record["kind"] == "rearm":
                held = False
        return held or bool(self.halting_locks())

    def halting_locks(self) -> list[dict[str, Any]]:
        """Return the active locks that halt."""
        query = "SELECT * FROM pairlocks WHERE active = 1 AND reason LIKE 'plimsoll HALTED %'"
        return rows(self.database, query)

    @property
    def halted(self) -> bool:
        """Whether the running bot says so."""
        return self.status.get("mode") == "HALTED"

    # Both books

    def differences(self) -> Differences:
        """Read the exchange's books and the database, and compare them."""
        return compare(ExchangeSide.read(self.exchange.get), DatabaseSide.read(self.database))

    @property
    def is_flat(self) -> bool:
        """Whether the exchange holds and orders nothing, and the database holds nothing."""
        exchange = ExchangeSide.read(self.exchange.get)
        return exchange.is_flat and not DatabaseSide.read(self.database).positions

    @property
    def is_held(self) -> bool:
        """Whether each pair has a position with its stop, and the books agree."""
        bot = DatabaseSide.read(self.database)
        return len(bot.positions) == len(PAIRS) and self.differences().agree

    # What is wanted

    def want(self, what: str) -> None:
        """Tell the strategy what to do."""
        part = self.userdir / ".wanted"
        part.write_text(what, encoding="utf-8")
        part.replace(self.userdir / "wanted")

    def make_flat(self) -> None:
        """Re-arm what is halted, close everything and wait until both books are flat."""
        self.state.clear_halt()
        if self.halted:
            self.state.ask_to_resume("the next round", "the sweep")
            self.wait(lambda: not self.halted, "a re-armed bot")
        self.want("leave")
        self.wait(lambda: self.is_flat, "a flat account")
        self.want("")

    def begin_again(self) -> None:
        """Throw the bot's database and folder away, and close what the exchange still holds."""
        self.kill()
        self.clean_exchange()
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{self.database}{suffix}").unlink(missing_ok=True)
        for folder in (self.userdir / "plimsoll", self.folder / "state"):
            shutil.rmtree(folder, ignore_errors=True)
        self.want("")

    def clean_exchange(self) -> None:
        """Cancel every order and close every position from outside of the bot."""
        for symbol in self.exchange.venue.symbols:
            self.exchange.cancel_all(symbol)
        for row in self.exchange.get("/fapi/v2/positionRisk"):
            amount = float(row["positionAmt"])
            self.exchange.order(
                symbol=row["symbol"],
                side="SELL" if amount > 0 else "BUY",
                type="MARKET",
                quantity=row["positionAmt"].lstrip("-"),
                reduceOnly="true",
            )

    def run_clock_to(self, instant: datetime) -> None:
        """Let the exchange's clock run ahead to a moment; the bot should be down."""
        while (left := (instant - self.now()).total_seconds()) > 1:
            self.exchange.venue.set_speed(min(100_000.0, max(left / 0.3, 1.0)))
            time.sleep(0.1)
        self.exchange.venue.set_speed(1)
