"""A bot's two books as a test wants them: what log and database hold, together or apart."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from freqtrade.persistence import PairLocks, Trade

from plimsoll.bridge.account.stored_peak import StoredPeak, read_peak, store_peak
from plimsoll.bridge.config.settings import LIVE_OPT_IN, settings_from
from plimsoll.bridge.state import locks, recorder
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.bridge.state.latch import Beginning, Latch
from plimsoll.control.bot import Bot
from plimsoll.control.rearm import rearm_stopped
from plimsoll.core import Mode, Verdict
from plimsoll.journal.kind import Kind
from plimsoll.journal.latch_record import verdict_fields
from tests.unit.bridge.trades import database_trades, trade_fields

FELL = Verdict(Mode.HALTED, "drawdown", "drawdown 13.00 % reached its limit 12.00%")
BY_HAND = Verdict(Mode.HALTED, "manual_halt", "I do not like it")
TERMINAL = Verdict(Mode.HALTED, "terminal_drawdown", "26 % below the highest equity ever")


@dataclass
class Books:
    """Folder, log and database of one bot, which is not running."""

    folder: Path
    live: bool = True
    key: str = "a-key-of-mine"

    @property
    def database(self) -> Path:
        return self.folder / "bot.sqlite"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.database}"

    @property
    def state(self) -> StateFolder:
        return StateFolder(self.folder / "plimsoll")

    @property
    def config(self) -> dict[str, Any]:
        return {
            "exchange": {"name": "binance", "key": self.key, "secret": "a-secret-of-mine"},
            "dry_run": not self.live,
            "trading_mode": "futures",
            "user_data_dir": self.folder,
            "db_url": self.url,
            "plimsoll": {"live_opt_in": LIVE_OPT_IN},
        }

    @property
    def bot(self) -> Bot:
        config = self.config
        return Bot(self.state, config, settings_from(config), config["db_url"])

    def begin(
        self,
        *in_log: Verdict,
        in_database: tuple[Verdict, ...] | None = None,
        trades: int = 0,
        peak_usd: float | None = None,
    ) -> Beginning:
        """Start the bot, let verdicts act, and end it.

        A verdict is in both books unless ``in_database`` says what is in that one.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        timeframe, PairLocks.timeframe = PairLocks.timeframe, "5m"
        with database_trades(self.database, self.url):
            try:
                latch = Latch(self.state, self.config, settings_from(self.config))
                now = datetime.now(UTC)
                beginning = latch.begin(now)
                for verdict in in_log:
                    kind = Kind.HALT if verdict.mode is Mode.HALTED else Kind.VERDICT
                    fields = verdict_fields(verdict)
                    latch.recorder(kind, now, durable=True, event="acted", **fields)
                for verdict in in_log if in_database is None else in_database:
                    locks.hold(verdict, now)
                for _ in range(trades):
                    opened = now.replace(tzinfo=None) - timedelta(hours=2)
                    Trade.session.add(Trade(**trade_fields(opened)))
                if peak_usd is not None:
                    store_peak(StoredPeak(peak_usd=peak_usd, capital_usd=1000.0))
                Trade.commit()
            finally:
                self._end()
                PairLocks.timeframe = timeframe  # a command finds none
        return beginning

    def held(self) -> set[str]:
        """Start the bot, end it, and return the rules that it started with."""
        return {rule for rule, _ in self.begin().held}

    def resume(self, *, beyond: bool = False) -> None:
        """Let a person re-arm the bot, which does not run."""
        try:
            self.state.clear_halt()
            rearm_stopped(
                self.state,
                self.config,
                self.config["db_url"],
                reason="compared",
                by="Ada",
                now=datetime.now(UTC),
                beyond_terminal=beyond,
            )
        finally:
            self._end()

    def trades(self) -> int:
        """Return how many trades the database has."""
        with database_trades(self.database, self.url):
            count = len(Trade.get_trades().all())
        self._end()
        return count

    def peak(self) -> StoredPeak | None:
        """Return the highest equity that the database has."""
        with database_trades(self.database, self.url):
            peak = read_peak()
        self._end()
        return peak

    def _end(self) -> None:
        """End the process as far as log and database are concerned."""
        Trade.session.remove()
        Trade.session.get_bind().dispose()
        log = recorder._open.pop(self.state.decisions, None)
        if log is not None:
            log.close()
