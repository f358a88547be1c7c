"""The levels that a running bot's losses are measured from, kept in its database."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from plimsoll.bridge.account.equity_levels import EquityLevels
from plimsoll.bridge.account.level_store import (
    recorded_levels,
    store_equity,
    store_levels,
    unmarked_start_usd,
)
from plimsoll.core import ClosedTrade
from plimsoll.risk import RiskProfile

EQUITY_STORED_EVERY = timedelta(minutes=1)


class LiveLevels:
    """Day-start and high-water equity over starts, gaps and re-armings of a running bot.

    A day that it does not see begin, since it did not run or was blind, starts with what is
    known from both sides (`unmarked_start_usd`). Nothing is stored before that is decided: after
    a crash meanwhile it is asked anew.
    """

    def __init__(self, profile: RiskProfile, *, rearmed_at: datetime | None) -> None:
        self._profile, self.rearmed_at = profile, rearmed_at
        self._levels = EquityLevels(
            day_starts_at_hour_utc=profile.day_starts_at_hour_utc, confirm_highs=True
        )
        self._last_mark: tuple[datetime, float] | None = None
        self._before_unmarked_usd: float | None = None
        self._equity_stored_at: datetime | None = None

    @property
    def day_start_usd(self) -> float | None:
        """Equity when the trading day began."""
        return self._levels.day_start_usd

    @property
    def high_water_usd(self) -> float | None:
        """Highest equity since the account began or was re-armed."""
        return self._levels.high_water_usd

    def begin(
        self,
        now: datetime,
        *,
        starting_balance_usd: float,
        outside_usd: float,
        closed: Sequence[ClosedTrade],
    ) -> None:
        """Find the levels again that a bot before this one has left."""
        found = recorded_levels(
            now,
            starting_balance_usd=starting_balance_usd,
            outside_usd=outside_usd,
            closed=closed,
            since=self.rearmed_at,
            profile=self._profile,
        )
        self._levels.begin(now, found.day_start_usd, found.high_water_usd)
        self._before_unmarked_usd = None if found.day_was_marked else found.day_start_usd

    def shift(self, by_usd: float) -> None:
        """Move all levels with money that came or went without a trade."""
        self._levels.shift(by_usd)
        if self._last_mark is not None:
            at, equity = self._last_mark
            self._last_mark = at, equity + by_usd
        if self._before_unmarked_usd is not None:
            self._before_unmarked_usd += by_usd

    def observe(self, now: datetime, equity_usd: float | None) -> bool:
        """Take one mark of the account; return whether a level has changed."""
        levels, last = self._levels, self._last_mark
        day_ended_at = levels.day_ends_at
        changed = levels.observe(now, equity_usd)
        if equity_usd is None:
            return changed
        self._last_mark = now, equity_usd
        if last is None:
            return changed
        at, last_usd = last
        if levels.day_ends_at != day_ended_at:
            seconds_blind = (now - at).total_seconds()
            unseen = seconds_blind > self._profile.max_blind_seconds
            self._before_unmarked_usd = last_usd if unseen else None
            if unseen:
                levels.day_start_usd = last_usd
        elif self._before_unmarked_usd is not None:
            levels.day_start_usd = unmarked_start_usd(
                self._before_unmarked_usd, last_usd, equity_usd
            )
            self._before_unmarked_usd, changed = None, True
        return changed

    def rearm(self, now: datetime, equity_usd: float | None) -> None:
        """Measure the drawdown from now on."""
        self.rearmed_at = now
        self._levels.rearm()
        self._levels.observe(now, equity_usd)

    def store(self, now: datetime, *, starting_balance_usd: float | None) -> None:
        """Write the levels, unless the start of the day is not decided yet."""
        if self._before_unmarked_usd is not None:
            return
        store_levels(
            self._levels,
            now,
            self._profile,
            since=self.rearmed_at,
            starting_balance_usd=starting_balance_usd,
        )
        self._equity_stored_at = None

    def store_equity(self, now: datetime, equity_usd: float | None) -> None:
        """Write the mark once a minute, for a start that comes after the end of the day."""
        if equity_usd is None or self._before_unmarked_usd is not None:
            return
        stored_at = self._equity_stored_at
        if stored_at is None or not timedelta() <= now - stored_at < EQUITY_STORED_EVERY:
            store_equity(now, equity_usd)
            self._equity_stored_at = now
