"""The levels that losses are measured from: the day's start, the high-water mark, the peak."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf, isfinite

from sqlalchemy.exc import SQLAlchemyError

from plimsoll.bridge.account.stored_levels import (
    BEGINNING,
    NOISE_FRACTION,
    StoredLevels,
    UnreadableLevelsError,
    read_levels,
    realised_path,
    recorded_levels,
    store_levels,
)
from plimsoll.bridge.account.stored_peak import StoredPeak, read_peak, store_peak
from plimsoll.bridge.state.locks import forget_failed_write
from plimsoll.core import ClosedTrade, PlimsollError
from plimsoll.risk import RiskProfile
from plimsoll.risk.rearming import Standing, moved_peak_usd
from plimsoll.risk.trading_day import day_end

ONE_DAY = timedelta(days=1)
STORED_EVERY = timedelta(minutes=1)
A_DIGIT = 1e-9
"""Of the highest equity: sums of the same money in another order differ by less."""


class EquityLevels:
    """Day-start, high-water and highest equity in the stake currency, from mark to mark.

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
        self.peak_usd: float | None = None
        self.peak_at: datetime | None = None

    def begin(
        self,
        now: datetime,
        day_start_usd: float | None,
        high_water_usd: float,
        peak: StoredPeak | None = None,
    ) -> None:
        """Set what is known at the start of a bot."""
        peak = peak or StoredPeak()
        self.peak_usd = max(high_water_usd, peak.peak_usd or high_water_usd)
        self.peak_at = peak.peak_at
        self.day_ends_at = day_end(now, starts_at_hour_utc=self._hour)
        self.day_start_usd = day_start_usd
        self.high_water_usd = high_water_usd

    def rearm(self) -> None:
        """Measure the drawdown from the next observation on; the peak stays."""
        self.high_water_usd = self._before = None

    def shift(self, by_usd: float) -> None:
        """Move all levels with money that came or went without a trade."""
        if self.peak_usd is not None:
            self.peak_usd = moved_peak_usd(self.peak_usd, self._before, by_usd)
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
        if self._confirm:
            high = -inf if before is None else min(equity_usd, before)
        if self.high_water_usd is None:  # as after a re-arming: the first mark counts
            self.high_water_usd, changed = equity_usd, True
        elif high > self.high_water_usd:
            self.high_water_usd, changed = high, True
        if self.peak_usd is None:
            self.peak_usd, self.peak_at, changed = equity_usd, now, True
        elif high > self.peak_usd * (1 + A_DIGIT):
            self.peak_usd, self.peak_at, changed = high, now, True
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


class LiveLevels:
    """Day-start and high-water equity over starts, gaps and re-armings of a running bot.

    A day that it does not see begin, since it did not run or was blind, starts with what is
    known from both sides (`unmarked_start_usd`). Nothing is stored before that is decided: a
    start after a crash meanwhile decides it again.
    """

    def __init__(self, profile: RiskProfile, *, rearmed_at: datetime | None) -> None:
        self._profile, self.rearmed_at = profile, rearmed_at
        self._levels = EquityLevels(
            day_starts_at_hour_utc=profile.day_starts_at_hour_utc, confirm_highs=True
        )
        self._stored = StoredLevels()
        self._stored_peak = StoredPeak()
        self.beyond_terminal_at: datetime | None = None
        self._stored_at: datetime | None = None
        self._fault: SQLAlchemyError | None = None
        self._last_mark: tuple[datetime, float] | None = None
        self._before_unmarked_usd: float | None = None

    @property
    def day_start_usd(self) -> float | None:
        """Equity when the trading day began."""
        return self._levels.day_start_usd

    @property
    def high_water_usd(self) -> float | None:
        """Highest equity since the account began or was re-armed."""
        return self._levels.high_water_usd

    def standing(self, equity_usd: float | None) -> Standing:
        """Return what outlives the account's re-armings, with its equity now."""
        levels = self._levels
        return Standing(
            self.rearmed_at, levels.peak_usd, levels.peak_at, self.beyond_terminal_at, equity_usd
        )

    def begin(
        self,
        now: datetime,
        *,
        starting_balance_usd: float,
        outside_usd: float,
        closed: Sequence[ClosedTrade],
        exact: bool = False,
    ) -> str | None:
        """Take over the levels that a bot before this one has left.

        ``exact`` says that the starting balance has no noise: any difference moves them.

        What it has left and cannot be read is replaced by the strictest that the rest of the
        database knows (`recorded_levels`); the text that is returned then says so.
        """
        stored, fault = None, None
        try:
            stored = read_levels()
        except UnreadableLevelsError as error:
            fault = (
                f"{error}; the day's start and the high-water mark are worked out from closed "
                "trades and the wallet history, the higher of both counts"
            )
        if stored is not None and exact:
            stored = stored.at_capital(starting_balance_usd, noise_fraction=0.0)
        recorded = recorded_levels(
            stored,
            now,
            starting_balance_usd=starting_balance_usd,
            outside_usd=outside_usd,
            closed=closed,
            since=self.rearmed_at,
            profile=self._profile,
        )
        self._stored = (stored or StoredLevels()).at_capital(starting_balance_usd)
        try:
            peak = read_peak()
        except UnreadableLevelsError as error:
            peak = None
            fault = f"{error}; the highest equity is worked out from closed trades"
        if peak is None:
            peak = StoredPeak(peak_usd=max(realised_path(closed, starting_balance_usd, None)))
        noise = 0.0 if exact else NOISE_FRACTION
        peak = peak.at_capital(starting_balance_usd, noise_fraction=noise)
        self.beyond_terminal_at = peak.beyond_at
        self._levels.begin(now, recorded.day_start_usd, recorded.high_water_usd, peak)
        self._before_unmarked_usd = None if recorded.day_was_marked else recorded.day_start_usd
        return fault

    def shift(self, by_usd: float) -> None:
        """Move all levels with money that came or went without a trade."""
        self._levels.shift(by_usd)
        self._stored = self._stored.shifted(by_usd)
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
        if equity_usd is None or not isfinite(equity_usd):
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

    def rearm(
        self, now: datetime, equity_usd: float | None, *, beyond_terminal: bool = False
    ) -> None:
        """Measure the drawdown from now on; the highest equity stays as it is."""
        self.rearmed_at = now
        if beyond_terminal:
            self.beyond_terminal_at = now
        self._levels.rearm()
        self._levels.observe(now, equity_usd)

    def store(
        self, now: datetime, *, starting_balance_usd: float | None, changed: bool = True
    ) -> None:
        """Write what has changed at once, and once a minute the last mark.

        A start after the end of the day needs that mark. Nothing is written before the start of
        the day is decided. A database that cannot be written is tried again at the next mark; it
        must not keep the guards from looking (`require_stored`).
        """
        at = self._stored_at
        recent = at is not None and timedelta() <= now - at < STORED_EVERY
        if self._before_unmarked_usd is not None or (recent and not changed):
            return
        self._stored = self._current(starting_balance_usd)
        self._stored_at = None
        peak = self._peak_now(self._stored.capital_usd)
        try:
            store_levels(self._stored)
            if changed or peak != self._stored_peak:
                store_peak(peak)
                self._stored_peak = peak
        except SQLAlchemyError as error:
            forget_failed_write()
            self._fault = error
        else:
            self._stored_at, self._fault = now, None

    def require_stored(self) -> None:
        """Raise what kept the last mark from being stored, once the guards have looked.

        Raises
        ------
        PlimsollError
            When the database could not be written, as while another process locks it.
        """
        if self._fault is not None:
            said = str(self._fault).splitlines()[0]
            raise PlimsollError(f"the bot's database cannot be written: {said}") from self._fault

    def _peak_now(self, capital_usd: float | None) -> StoredPeak:
        mark = None if self._last_mark is None else self._last_mark[1]
        return StoredPeak(
            self._levels.peak_usd, self._levels.peak_at, self.beyond_terminal_at, capital_usd, mark
        )

    def _current(self, starting_balance_usd: float | None) -> StoredLevels:
        """Return what is to be stored now; what is unknown stays as it was."""
        levels, stored = self._levels, self._stored
        if starting_balance_usd is not None:
            stored = replace(stored, capital_usd=starting_balance_usd)
        if levels.day_start_usd is not None and levels.day_ends_at is not None:
            # Not the day of this moment: a day without a mark has not begun yet.
            begin = levels.day_ends_at - ONE_DAY
            stored = replace(stored, day_at=begin, day_usd=levels.day_start_usd)
        if levels.high_water_usd is not None:
            since = self.rearmed_at or BEGINNING
            stored = replace(stored, high_usd=levels.high_water_usd, since=since)
        if self._last_mark is not None:
            at, equity = self._last_mark
            stored = replace(stored, mark_at=at, mark_usd=equity)
        return stored


def unmarked_start_usd(before_usd: float, first_usd: float, second_usd: float) -> float:
    """Return what a day starts with that no bot saw begin, by the marks on both sides.

    The equity of that moment is unknown. The last mark before it may lie below, when the account
    rose in between, and the first after it as well, when it fell: the higher of the two hides no
    loss of the day that either knows. Of the first marks two in a row count, the lower of them:
    one wrong tick is no start of a day.
    """
    return max(before_usd, min(first_usd, second_usd))
