"""What a guard may know of an account at one moment."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """An account as one caller sees it at one moment, in the stake currency (USD).

    ``None`` means that the caller cannot know the number; a guard that needs it must not
    answer ACTIVE.

    Attributes
    ----------
    as_of
        The moment described; timezone-aware, UTC.
    day_start_equity_usd
        Equity when the current trading day began.
    equity_usd
        Equity now. It includes unrealised profit and loss only when
        ``sees_open_positions`` is true.
    sees_open_positions
        Whether the caller could mark open positions to market. Freqtrade's native
        protections cannot.
    """

    as_of: datetime
    day_start_equity_usd: float | None
    equity_usd: float | None
    sees_open_positions: bool
