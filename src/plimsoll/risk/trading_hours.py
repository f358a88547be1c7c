"""Windows of the week in which entries are allowed."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator


class Weekday(StrEnum):
    """A day of the week, in the order of ``datetime.weekday``."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_DAYS = tuple(Weekday)
_WINDOW = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")

Hours = Mapping[Weekday, tuple[str, ...]]


def minutes(window: str) -> tuple[int, int]:
    """Return a window ``HH:MM-HH:MM`` as minutes of the day: its first, and one past its last.

    Raises
    ------
    ValueError
        When it is no such window, or does not end after it begins.
    """
    match = _WINDOW.fullmatch(window)
    if match is not None:
        first_hour, first, last_hour, last = map(int, match.groups())
        whole_day = timedelta(days=1) // timedelta(minutes=1)
        hour = timedelta(hours=1) // timedelta(minutes=1)
        begin, end = first_hour * hour + first, last_hour * hour + last
        if begin < end <= whole_day:
            return begin, end
    message = (
        f'expected a window of one day as "08:00-22:00" or "00:00-24:00", found {window!r}; '
        "write one over midnight as two"
    )
    raise ValueError(message)


def _checked(window: str) -> str:
    minutes(window)
    return window


Window = Annotated[str, AfterValidator(_checked)]


def check_hours(hours: Hours | None) -> Hours | None:
    """Refuse hours without a single window: that is a halt, not a schedule."""
    if hours is not None and not any(hours.values()):
        message = "expected at least one window in the week, found none"
        raise ValueError(message)
    return hours


def is_open(hours: Hours, moment: datetime) -> bool:
    """Return whether ``moment`` (UTC) lies in a window; a window's end is outside it."""
    return any(begin <= moment < end for begin, end in _windows(hours, moment))


def next_opening(hours: Hours, moment: datetime) -> datetime:
    """Return the first moment after ``moment`` at which a window begins."""
    for days in range(len(_DAYS) + 1):
        begins = [begin for begin, _ in _windows(hours, moment + timedelta(days=days))]
        later = [begin for begin in begins if begin > moment]
        if later:
            return min(later)
    message = "expected at least one window in the week, found none"
    raise ValueError(message)


def _windows(hours: Hours, moment: datetime) -> list[tuple[datetime, datetime]]:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        (midnight + timedelta(minutes=begin), midnight + timedelta(minutes=end))
        for begin, end in map(minutes, hours.get(_DAYS[moment.weekday()], ()))
    ]
