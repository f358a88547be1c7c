"""Events of a sliding window, counted from the end of an ascending sequence."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Recent(NamedTuple):
    """How many events the window holds, and when it will hold fewer than the limit.

    ``until`` is ``None`` when it already does.
    """

    events: int
    until: datetime | None


def recent_times(
    times: Sequence[datetime], as_of: datetime, *, window_seconds: float, limit: int
) -> Recent:
    """Count the events of the window that ends at ``as_of``.

    An event leaves the window when it is exactly as old as the window is long. Events later
    than ``as_of`` count: a clock that is wrong does not hide an error.
    """
    if not times:
        return Recent(0, None)
    window = timedelta(seconds=window_seconds)
    count = len(times) - bisect_right(times, as_of - window)
    return Recent(count, times[-limit] + window if count >= limit else None)
