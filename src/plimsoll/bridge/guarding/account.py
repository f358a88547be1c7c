"""What the guards ask of an account, be it a running bot's or a backtest's."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from plimsoll.candles.windows import Window
from plimsoll.core import AccountSnapshot, ModelHealth, TrackRecord
from plimsoll.risk.rearming import Standing


class Account(Protocol):
    """An account that a caller can mark to market and describe."""

    @property
    def has_positions(self) -> bool:
        """Whether there is a position to be closed."""

    @property
    def open_pairs(self) -> Collection[str]:
        """The pairs in which there is one; a resting entry counts."""

    def update(self, now: datetime) -> bool:
        """Mark the account; return whether a guard might act."""

    def snapshot(
        self, now: datetime, pair: str | None = None, *, with_record: bool = False
    ) -> AccountSnapshot:
        """Describe the account at its last mark."""

    def track_record(self, now: datetime) -> TrackRecord:
        """Return what the account has shown up to this moment."""

    def ordered(self, now: datetime) -> None:
        """Remember that an order was sent."""

    def set_models(self, models: Sequence[ModelHealth]) -> None:
        """Take what the models' predictions were worth of late."""

    @property
    def standing(self) -> Standing:
        """What of the account outlives its re-armings, as of the last mark."""

    def rearm(self, now: datetime, *, beyond_terminal: bool = False) -> None:
        """Measure from now on; the highest equity ever stays."""

    def liquidity_usd(self, pair: str, now: datetime) -> float | None:
        """Return what the market of a pair offers; ``None`` when unknown.

        A running bot reads the depth of the order book, a backtest the turnover of a candle.
        """

    def window(self, pair: str, now: datetime, candles: int) -> Window | None:
        """Return the latest closes of a pair."""

    def facts(self) -> Mapping[str, float | None]:
        """Return the figures of the last mark."""
