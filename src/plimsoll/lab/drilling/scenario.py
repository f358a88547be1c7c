"""How each guard is made to trip, from outside of the bot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from plimsoll.lab.drilling.bot import DrilledBot

BTC, ETH, SOL, XRP = (f"{base}/USDT:USDT" for base in ("BTC", "ETH", "SOL", "XRP"))
FOUR = (BTC, ETH, SOL, XRP)
TWO = (BTC, ETH)
BLIND = "blind_guards"
"""The rule of guards that cannot look; no guard has that name."""
LEAST_FALL, MOST_FALL = 0.02, 0.30
REASON = "drill"
FOREIGN = "SOLUSDT"
NEVER_STALE = {"max_candle_delay_seconds": 3600, "max_blind_seconds": 86_400}
"""At 120 times real time a second's hiccup of the machine makes candles two minutes late."""
STALE = {"max_candle_delay_seconds": 240, "max_blind_seconds": 300}
WIDE: dict[str, Any] = {
    "max_daily_loss_fraction": 0.1,
    "drawdown_reduce_fraction": 0.14,
    "drawdown_halt_fraction": 0.15,
    "terminal_drawdown_fraction": 0.5,
    "probation_days": 0,
    "max_consecutive_losses": 20,
    "break_even_trades": None,
    "cooldown_seconds": 0,
    "max_trades_per_day": 10_000,
    "max_orders": 1_000,
    "max_open_positions": 20,
    "max_risk_per_trade_fraction": 0.05,
    "fixed_risk_fraction": 0.05,
    "max_correlation": 1,
    "max_price_deviation_fraction": 0.1,
    "max_spread_fraction": 0.05,
    "min_target_to_cost": 1,
    "max_api_errors": 1_000,
    "flatten_api_errors": 1_000,
    "reconcile_seconds": 15,
    **NEVER_STALE,
}
"""Limits out of each other's way; a scenario narrows the one that it is about."""


class Act(StrEnum):
    """What a guard does when it trips."""

    HALT = "halts"
    FLATTEN = "flattens"
    PAIR = "flattens a pair"
    DENY = "denies"
    REDUCE = "reduces"
    STEP = "is killed at a step"


def nothing(bot: DrilledBot) -> None:
    """Leave everything as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One guard or switch, the profile in which it is the nearest, and what makes it trip.

    Attributes
    ----------
    rule
        The rule that must be on record: the guard's name.
    risk, section
        What its bot's config has over the wide profile, and in the section ``plimsoll``.
    trip
        What is done from outside; ``undo`` puts the market back when the row is over.
    pair, closes
        The pair that it is about, where it is about one; how many positions it closes.
    reusable
        Whether what it measured ends with a resume, so that the next row may go on with its bot.
    ends_itself
        Whether it trades again once the cause is over, which a restart may be.
    resume
        More words for ``plimsoll resume``.
    request
        The request at which a bot is killed, in a scenario that is a step.
    entry, config
        More options of the entries that are forced; what the config of a strategy that is not
        the drill's own has at the top.
    """

    name: str
    rule: str
    act: Act
    how: str
    trip: Callable[[DrilledBot], None] = nothing
    prepare: Callable[[DrilledBot], None] = nothing
    undo: Callable[[DrilledBot], None] = nothing
    risk: Mapping[str, Any] = field(default_factory=dict)
    section: Mapping[str, Any] = field(default_factory=dict)
    pairs: tuple[str, ...] = TWO
    pair: str | None = None
    closes: int = 2
    reusable: bool = False
    ends_itself: bool = False
    resume: tuple[str, ...] = ()
    request: str = ""
    entry: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)

    def profile(self) -> dict[str, Any]:
        """Return the limits of its bot."""
        return {**WIDE, **self.risk}
