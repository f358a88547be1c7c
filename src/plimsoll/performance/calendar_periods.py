"""Whole days, weeks and months of UTC: the periods that digests and reviews are of."""

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from plimsoll.performance.errors import MeasureError

A_DAY = pd.Timedelta(days=1)


class Length(StrEnum):
    """How long a period is: a day, a week from Monday, or a month."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True)
class Period:
    """A whole day, week or month of UTC, from its first midnight to the one that ends it."""

    length: Length
    start: pd.Timestamp
    end: pd.Timestamp

    @property
    def name(self) -> str:
        """Its name, which also sorts: 2026-11-20, 2026-W47 (ISO 8601) or 2026-11."""
        match self.length:
            case Length.DAILY:
                return f"{self.start:%Y-%m-%d}"
            case Length.WEEKLY:
                year, week, _ = self.start.isocalendar()
                return f"{year}-W{week:02d}"
            case Length.MONTHLY:
                return f"{self.start:%Y-%m}"

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        last = self.end - A_DAY
        match self.length:
            case Length.DAILY:
                return f"{self.start:%A, %Y-%m-%d}"
            case Length.WEEKLY:
                return f"week {self.name}, {self.start:%Y-%m-%d} to {last:%Y-%m-%d}"
            case Length.MONTHLY:
                return f"{self.start:%B %Y}"

    @property
    def days(self) -> int:
        """How many days it has."""
        return int((self.end - self.start) / A_DAY)


def period_of(length: Length, day: pd.Timestamp) -> Period:
    """Return the period in which a UTC time lies.

    Raises `MeasureError` for a time without a zone.
    """
    if day.tz is None:
        raise MeasureError(f"a period needs a UTC time, found {day} without a zone")
    midnight = day.tz_convert("UTC").normalize()
    match length:
        case Length.DAILY:
            return Period(length, midnight, midnight + A_DAY)
        case Length.WEEKLY:
            monday = midnight - A_DAY * midnight.weekday()
            return Period(length, monday, monday + 7 * A_DAY)
        case Length.MONTHLY:
            first = midnight.replace(day=1)
            return Period(length, first, first + pd.DateOffset(months=1))


def last_whole(length: Length, now: pd.Timestamp) -> Period:
    """Return the newest period that is over at ``now``, UTC."""
    return period_of(length, period_of(length, now).start - A_DAY)
