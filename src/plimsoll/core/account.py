"""What a guard may know of an account at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plimsoll.core.books import Break
from plimsoll.core.health import ApiHealth, DataHealth, Expectation, ModelHealth, TrackRecord
from plimsoll.core.position import ClosedTrade, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSnapshot:
    """An account as one caller sees it at one moment, in the stake currency (USD).

    ``None`` means that the caller cannot know; a guard that needs it must not answer ACTIVE.
    Sequences are views that the caller keeps and lets grow: a guard never copies or changes
    them and looks at their end only.

    Attributes
    ----------
    as_of
        The moment described; timezone-aware, UTC.
    equity_usd
        Equity now. It includes unrealised profit and loss only when
        ``sees_open_positions`` is true.
    day_start_equity_usd
        Equity when the current trading day began.
    high_water_equity_usd
        The highest equity since the account began, or since a person re-armed it.
    peak_equity_usd, peak_at
        The highest equity ever, which no re-arming resets, and when it was reached.
    sees_open_positions
        Whether the caller could mark open positions to market. Freqtrade's native
        protections cannot.
    positions
        The open positions; empty when flat, ``None`` when they cannot be seen.
    closed_trades
        Ascending by ``closed_at``.
    order_times
        When orders were sent, ascending; those of the throttle's window suffice.
    models
        The models whose signals are traded; empty when there are none.
    expectation
        What a backtest promised; ``None`` without an expectation file.
    track_record
        What the account has shown; without it only the lowest leverage is allowed.
    manual_halt_reason
        Why a person halted the account; ``None`` when no person did. A caller that cannot read
        its flag gives that as the reason.
    breaks
        Where the exchange's books and the bot's differ; empty when they agree, and where there
        is no account on an exchange, as in a dry-run.
    rearmed_at
        When a person last re-armed the account; streaks and statistics begin there.
    beyond_terminal_at
        When a person last re-armed it beyond its terminal drawdown.
    """

    as_of: datetime
    equity_usd: float | None = None
    day_start_equity_usd: float | None = None
    high_water_equity_usd: float | None = None
    peak_equity_usd: float | None = None
    peak_at: datetime | None = None
    starting_balance_usd: float | None = None
    sees_open_positions: bool = False
    positions: Sequence[Position] | None = None
    closed_trades: Sequence[ClosedTrade] | None = None
    order_times: Sequence[datetime] | None = None
    data_health: DataHealth | None = None
    api_health: ApiHealth | None = None
    models: Sequence[ModelHealth] | None = None
    expectation: Expectation | None = None
    track_record: TrackRecord | None = None
    manual_halt_reason: str | None = None
    breaks: Sequence[Break] | None = None
    rearmed_at: datetime | None = None
    beyond_terminal_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a moment that is not UTC."""
        if self.as_of.utcoffset() != timedelta(0):
            message = f"expected a timezone-aware UTC moment, found {self.as_of!r}"
            raise ValueError(message)

    def position(self, pair: str) -> Position | None:
        """Return the open position of a pair, or ``None``."""
        for position in self.positions or ():
            if position.pair == pair:
                return position
        return None

    def pairs(self) -> list[str]:
        """Return the pairs that are held or whose data is watched, each once, in a fixed order."""
        watched = self.data_health.pairs if self.data_health is not None else ()
        held = [position.pair for position in self.positions or ()]
        return list(dict.fromkeys([*held, *watched]))
