"""Request parameters as Binance checks them, and the errors it answers with."""

from collections.abc import Mapping

from plimsoll.venue.errors import ApiError
from plimsoll.venue.market.base import Window
from plimsoll.venue.market.intervals import INTERVALS, Interval

Parameters = Mapping[str, str]


def required(parameters: Parameters, name: str) -> str:
    """Return a parameter that must be there."""
    value = parameters.get(name, "")
    if not value:
        raise ApiError(
            -1102,
            f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
        )
    return value


def integer(parameters: Parameters, name: str) -> int | None:
    """Return a whole number, None when absent."""
    text = parameters.get(name, "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise ApiError(
            -1100,
            f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.",
        ) from None


def limit_of(parameters: Parameters, *, default: int, maximum: int) -> int:
    """Return the row limit, within Binance's bounds."""
    limit = integer(parameters, "limit")
    if limit is None:
        return default
    if not 1 <= limit <= maximum:
        raise ApiError(-1130, "Data sent for parameter 'limit' is not valid.")
    return limit


def interval_of(parameters: Parameters, name: str = "interval") -> Interval:
    """Return the candle interval or statistics period."""
    interval = INTERVALS.get(required(parameters, name))
    if interval is None:
        raise ApiError(-1120, "Invalid interval.")
    return interval


def window_of(parameters: Parameters, *, default: int, maximum: int) -> Window:
    """Return the asked span and limit."""
    start, end = integer(parameters, "startTime"), integer(parameters, "endTime")
    if start is not None and end is not None and start > end:
        raise ApiError(-1023, "Start time is greater than end time.")
    return Window(start, end, limit_of(parameters, default=default, maximum=maximum))


def decimal(parameters: Parameters, name: str) -> float:
    """Return a number of 0 or more, 0 when absent."""
    text = parameters.get(name, "")
    if not text:
        return 0.0
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.0 <= value < 1e15:
        raise ApiError(-1100, f"Illegal characters found in parameter '{name}'.")
    return value
