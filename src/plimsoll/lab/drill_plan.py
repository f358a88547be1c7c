"""What is drilled, what lies over the user's config for it, and the account of what was seen."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.demo import Step
from plimsoll.lab.drill_bot import Sample

SPOT = "binance-spot"
"""The one exchange of a drill where coins are traded: long only, pairs without a settlement."""
PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT", "XRP/USDT:USDT")
THROTTLE_SECONDS = 10
GUARDED, BARE = "enforce", "observe"
LIMIT_OF = {"daily_loss": "max_daily_loss_fraction", "drawdown": "drawdown_halt_fraction"}
"""The field of the risk profile that a rule of the account acts by."""
NEVER_STALE = {"max_candle_delay_seconds": 3600, "max_blind_seconds": 86_400}
"""At many times real time a second's hiccup of the machine makes candles minutes late."""
LIMITS: dict[str, Any] = {
    "drawdown_reduce_fraction": 0.02,
    "drawdown_halt_fraction": 0.03,
    "max_daily_loss_fraction": 0.1,
    "max_risk_per_trade_fraction": 0.05,
    "fixed_risk_fraction": 0.05,
    "max_correlation": 1,
    "max_consecutive_losses": 20,
    "max_trades_per_day": 1000,
    "cooldown_seconds": 0,
    "min_target_to_cost": 1,
}
"""The limits of a drill: one halt that only a person ends is near, nothing else comes before it."""


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """What is drilled; ``layers`` are the user's own config files, in order.

    Attributes
    ----------
    side
        The side of the entries that the drill forces; the market moves against it.
    fall_fraction, fall_minutes
        How far the market moves, and in how many minutes of its time; it stays there.
    before_minutes, after_minutes
        How long both bots are watched before and after the move when they are compared.
    own_limits
        Whether the limits of the user's layers hold, instead of `LIMITS`.
    compare
        Whether a second bot runs beside the first whose guards only observe.
    exchange
        Whose protocol bot and simulated exchange speak: ``binance``, ``bybit`` or
        ``binance-spot``.
    db_url
        An empty PostgreSQL for the guarded bot's trades, without a password; ``None`` for a file
        in the run's folder.
    """

    strategy: str
    strategy_path: Path
    layers: tuple[Path, ...] = ()
    pairs: tuple[str, ...] = PAIRS
    seed: int = 7
    side: str = "long"
    fall_fraction: float = 0.30
    fall_minutes: float = 30.0
    before_minutes: float = 6.0
    after_minutes: float = 20.0
    speed: float = 60.0
    own_limits: bool = False
    compare: bool = False
    exchange: str = "binance"
    db_url: str | None = None

    def overlay(self, guards: str) -> dict[str, Any]:
        """Return the last layer of a bot's config: what makes it a bot of a drill."""
        risk = NEVER_STALE if self.own_limits else {**NEVER_STALE, **LIMITS}
        plimsoll: dict[str, Any] = {"risk": risk, "state_folder": ""}
        return {
            "bot_name": f"drill-{guards}",
            "dry_run": True,
            "initial_state": "running",
            "force_entry_enable": True,
            "internals": {"process_throttle_secs": THROTTLE_SECONDS},
            "pairlists": [{"method": "StaticPairList"}],
            "telegram": {"enabled": False, "token": "", "chat_id": ""},
            "discord": {"enabled": False, "webhook_url": ""},
            "plimsoll": plimsoll if guards == GUARDED else {**plimsoll, "guards": guards},
        }


@dataclass(slots=True)
class DrillAccount:
    """What the drill did; times are the market's.

    Attributes
    ----------
    market
        The mean price of the pairs over their first, by time.
    equity
        The loops of each bot by the mode of its guards.
    held_by, limit_fraction
        The rule that closed the account and its reason; its limit, where it is a fraction.
    exits
        Why each position of the guarded bot was closed, oldest first.
    """

    plan: DrillPlan
    folder: Path
    tell: Callable[[Step], None]
    steps: list[Step] = field(default_factory=list)
    market: list[tuple[datetime, float]] = field(default_factory=list)
    equity: dict[str, list[Sample]] = field(default_factory=dict)
    exits: list[str] = field(default_factory=list)
    crash_at: datetime | None = None
    held_at: datetime | None = None
    held_by: str = ""
    limit_fraction: float | None = None
    flat_at: datetime | None = None
    rearmed_at: datetime | None = None

    @property
    def rule(self) -> str:
        """The rule that closed the account, with its limit: ``daily loss 3 %``."""
        name = self.held_by.partition(":")[0].replace("_", " ")
        return name if self.limit_fraction is None else f"{name} {100 * self.limit_fraction:g} %"

    @property
    def ok(self) -> bool:
        """Whether every step went as it should."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    def say(self, subject: str, text: str, *, ok: bool = True) -> None:
        """Add a step and tell it."""
        step = Step(datetime.now(UTC), f"{subject}: {text}", ok)
        self.steps.append(step)
        self.tell(step)


def pairs_of(text: str, exchange: str = "binance") -> tuple[str, ...]:
    """Return the pairs of a list such as ``BTC,ETH/USDT:USDT``, of spot such as ``BTC/USDT``.

    Raises
    ------
    UsageError
        When it names none, or one that the exchange does not trade in that mode.
    """
    names: Sequence[str] = [part.strip().upper() for part in text.split(",") if part.strip()]
    if not names:
        raise UsageError(f'expected --pairs such as BTC,ETH, found "{text}"')
    settled = "" if exchange == SPOT else ":USDT"
    pairs = tuple(name if "/" in name else f"{name}/USDT{settled}" for name in names)
    wrong = [pair for pair in pairs if (":" in pair) is not bool(settled)]
    if wrong:
        raise UsageError(
            f"expected --pairs of {exchange} such as BTC/USDT{settled}, found {wrong[0]}"
        )
    return pairs


def write_record(account: DrillAccount) -> Path:
    """Write all that was seen into the run's folder, as JSON, and return the file."""
    record = {
        "strategy": account.plan.strategy,
        "ok": account.ok,
        "crash_at": account.crash_at,
        "held_at": account.held_at,
        "held_by": account.held_by,
        "flat_at": account.flat_at,
        "rearmed_at": account.rearmed_at,
        "exits": account.exits,
        "steps": [{"text": step.text, "ok": step.ok} for step in account.steps],
        "market": account.market,
        "equity": {
            mode: [(one.at, one.equity_usd, one.mode) for one in samples]
            for mode, samples in account.equity.items()
        },
    }
    file = account.folder / "drill.json"
    try:
        file.write_text(json.dumps(record, default=str, indent=1), encoding="utf-8")
    except OSError as error:
        raise PlimsollError(f"expected to write {file}, found {error}") from error
    return file
