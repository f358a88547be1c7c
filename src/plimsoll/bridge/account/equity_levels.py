"""The two levels that losses are measured from: the day's start and the high-water mark."""

from datetime import datetime, timedelta
from math import inf, isfinite

from plimsoll.risk.trading_day import day_end

ONE_DAY = timedelta(days=1)


class EquityLevels:
    """Day-start and high-water equity in the stake currency, kept from one mark to the next.

    One wrong tick must move neither: a high needs two observations in a row, and the day starts
    with the median of the last mark before it and the first two in it (with the first of these
    until there is a second). What is not finite is not taken.
    """

    def __init__(self, *, day_starts_at_hour_utc: int, confirm_highs: bool) -> None:
        self._hour = day_starts_at_hour_utc
        self._confirm = confirm_highs
        self._before: float | None = None
        self._around_start: tuple[float, float] | None = None
        self.day_ends_at: datetime | None = None
        self.day_start_usd: float | None = None
        self.high_water_usd: float | None = None

    def begin(self, now: datetime, day_start_usd: float | None, high_water_usd: float) -> None:
        """Set what is known at the start of a bot."""
        self.day_ends_at = day_end(now, starts_at_hour_utc=self._hour)
        self.day_start_usd = day_start_usd
        self.high_water_usd = high_water_usd

    def rearm(self) -> None:
        """Measure the drawdown from the next observation on."""
        self.high_water_usd = self._before = None

    def shift(self, by_usd: float) -> None:
        """Move all levels with money that came or went without a trade."""
        if self.day_start_usd is not None:
            self.day_start_usd += by_usd
        if self.high_water_usd is not None:
            self.high_water_usd += by_usd
        if self._before is not None:
            self._before += by_usd
        if self._around_start is not None:
            before, first = self._around_start
            self._around_start = before + by_usd, first + by_usd

    def observe(self, now: datetime, equity_usd: float | None) -> bool:
        """Take one mark of the account; return whether a level has changed."""
        if equity_usd is None or not isfinite(equity_usd):
            return False
        before, self._before = self._before, equity_usd
        changed = self._begin_day(now, equity_usd, before)
        high = equity_usd
        if self._confirm and self.high_water_usd is not None:
            high = -inf if before is None else min(equity_usd, before)
        if self.high_water_usd is None or high > self.high_water_usd:
            self.high_water_usd, changed = high, True
        return changed

    def _begin_day(self, now: datetime, equity_usd: float, before: float | None) -> bool:
        """Begin the day at its first mark, and correct its start by the second."""
        around, self._around_start = self._around_start, None
        if self.day_ends_at is None or now >= self.day_ends_at:
            self.day_ends_at = day_end(now, starts_at_hour_utc=self._hour)
            self.day_start_usd = equity_usd
            if self._confirm and before is not None:
                self._around_start = before, equity_usd
            return True
        if now < self.day_ends_at - ONE_DAY:  # the clock was set back over midnight
            self.day_ends_at = day_end(now, starts_at_hour_utc=self._hour)
        if around is None:
            return False
        start, self.day_start_usd = self.day_start_usd, sorted((*around, equity_usd))[1]
        return start != self.day_start_usd
