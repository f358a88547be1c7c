"""What a replay runs, how far it has come, and what it leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from plimsoll.lab.book_agreement import BookAgreement

Market = Literal["replay", "synthetic"]
Mode = Literal["dry-run", "live"]
Realism = Literal["minute", "tick", "probe"]
MARKETS: tuple[Market, ...] = ("replay", "synthetic")
MODES: tuple[Mode, ...] = ("dry-run", "live")
REALISMS: tuple[Realism, ...] = ("minute", "tick", "probe")


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """One run of the real bot on a stepped clock; times are UTC, the end is excluded.

    Attributes
    ----------
    layers
        Config layers of the user's own, over the shipped base and below the exchange's.
    overlay
        The last layer of the bot's config: it has the last word over ``layers`` and exchange.
    timeframe
        Overrides the strategy's own; ``None`` keeps it.
    datadir
        The Freqtrade data folder (with ``futures/`` inside) that the market ``replay`` serves.
    segment_days
        Bot and exchange end and start again so often, and leave a checkpoint; 0 for never.
    spread_scale
        Factor on the exchange's modelled spread; 0 gives bid = ask = last.
    plain
        Replace nothing of Freqtrade for speed.
    adjust_seconds
        The bot also looks so often while a position is open that the strategy may adjust; 0 for
        at no other instants than those of ``realism``.
    """

    strategy: str
    begin: datetime
    end: datetime
    strategy_path: Path | None = None
    layers: tuple[Path, ...] = ()
    overlay: Mapping[str, Any] = field(default_factory=dict)
    pairs: tuple[str, ...] = ("BTC/USDT:USDT", "ETH/USDT:USDT")
    timeframe: str | None = None
    market: Market = "replay"
    datadir: Path | None = None
    mode: Mode = "dry-run"
    realism: Realism = "tick"
    seed: int = 7
    segment_days: float = 7.0
    spread_scale: float = 1.0
    balance_usd: float = 10_000.0
    plain: bool = False
    adjust_seconds: int = 0

    @property
    def days(self) -> float:
        """How many simulated days it covers."""
        return (self.end - self.begin) / timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReplayProgress:
    """How far a running replay has come."""

    now: datetime
    days_done: float
    days_in_all: float
    seconds: float

    @property
    def days_a_minute(self) -> float:
        """Simulated days a minute of real time so far; 0 before any passed."""
        return 60 * self.days_done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Real seconds until the end at this pace; ``None`` before it is known."""
        pace = self.days_a_minute
        return None if pace <= 0 else 60 * (self.days_in_all - self.days_done) / pace


@dataclass(frozen=True, slots=True)
class ReplayRecord:
    """What a finished replay left.

    Attributes
    ----------
    database
        Freqtrade's own database of trades and orders.
    decision_log
        The folder of the guards' state, with their decision log; it may be empty.
    event_log
        The exchange's events in live mode; ``None`` in dry-run.
    hash
        SHA-256 over trades, orders, fills and halts without their ids: equal runs have one hash.
    agreement
        How far the exchange's books and the database agree; ``None`` in dry-run.
    seconds, processor_seconds
        Real time, and time of the processor in bot and exchange, of the segments run now.
    """

    plan: ReplayPlan
    folder: Path
    database: Path
    decision_log: Path
    event_log: Path | None
    hash: str
    trades: int
    orders: int
    fills: int
    halts: int
    segments: int
    resumed_at: datetime | None
    days_run: float
    seconds: float
    processor_seconds: float
    agreement: BookAgreement | None = None

    @property
    def database_url(self) -> str:
        """The database as Freqtrade and SQLAlchemy name it."""
        return f"sqlite:///{self.database}"

    @property
    def days_a_minute(self) -> float:
        """Simulated days a minute of real time."""
        return 60 * self.days_run / self.seconds if self.seconds > 0 else 0.0
