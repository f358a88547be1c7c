"""Whether a bar that has just arrived may be used: the archive's checks, one bar at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from math import nan
from typing import Any

from plimsoll.candles.quality import PRICES, contradictory, possible


class BarFault(StrEnum):
    """Why a bar must not be used."""

    PARTIAL = "partial"
    OUT_OF_ORDER = "out of order"
    AFTER_A_GAP = "after a gap"
    MISALIGNED = "misaligned"
    IMPOSSIBLE = "impossible price"
    CONTRADICTORY = "contradictory prices"


@dataclass(frozen=True, slots=True)
class BarFinding:
    """One fault of one bar, with what was expected and found."""

    fault: BarFault
    reason: str


def check_live_bar(
    bar: Mapping[Any, object],
    *,
    timeframe_seconds: int,
    received_at: datetime,
    previous_open: datetime | None = None,
) -> tuple[BarFinding, ...]:
    """Return every fault of a closed bar that has just arrived; none means that it may be used.

    How late it came is no fault of the bar: `plimsoll.risk.guards.stale_data` judges that.

    Parameters
    ----------
    bar
        ``date`` (opening time, UTC), ``open``, ``high``, ``low``, ``close``. A price that is
        no number is impossible.
    timeframe_seconds
        The bar's length.
    received_at
        When it arrived, UTC, by the clock that the exchange's time was compared with.
    previous_open
        Opening time of the bar before it, None for the first.

    Raises
    ------
    ValueError
        When a time has no time zone, or the length is not positive.
    """
    if timeframe_seconds <= 0:
        message = f"expected a positive length, found {timeframe_seconds}"
        raise ValueError(message)
    opened_s, received_s = _seconds(bar["date"], "date"), _seconds(received_at, "received_at")
    faults = []
    left_s = opened_s + timeframe_seconds - received_s
    if left_s > 0:
        reason = f"the bar of {_minute(opened_s)} closes in {left_s:.1f} s"
        faults.append(BarFinding(BarFault.PARTIAL, reason))
    if (opened_s - _offset(timeframe_seconds)) % timeframe_seconds:
        opened = datetime.fromtimestamp(opened_s, UTC)
        reason = f"{opened:%Y-%m-%d %H:%M:%S} is no opening time of {timeframe_seconds} s bars"
        faults.append(BarFinding(BarFault.MISALIGNED, reason))
    if previous_open is not None:
        before_s = _seconds(previous_open, "previous_open")
        faults += _sequence(opened_s, before_s, timeframe_seconds)
    return (*faults, *_prices(bar))


def _sequence(opened_s: float, before_s: float, length_s: int) -> list[BarFinding]:
    if opened_s <= before_s:
        reason = f"opens {_minute(opened_s)}, not after {_minute(before_s)}"
        return [BarFinding(BarFault.OUT_OF_ORDER, reason)]
    if opened_s > before_s + length_s:
        missing = int((opened_s - before_s) // length_s) - 1
        reason = f"{missing} bars are missing after {_minute(before_s)}"
        return [BarFinding(BarFault.AFTER_A_GAP, reason)]
    return []


def _prices(bar: Mapping[Any, object]) -> list[BarFinding]:
    prices = [_number(bar.get(name)) for name in PRICES]
    if possible(*prices) and not contradictory(*prices):
        return []
    shown = ", ".join(f"{name} {bar.get(name)}" for name in PRICES)
    if not possible(*prices):
        return [BarFinding(BarFault.IMPOSSIBLE, f"expected prices above 0, found {shown}")]
    reason = f"expected high and low around open and close, found {shown}"
    return [BarFinding(BarFault.CONTRADICTORY, reason)]


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return nan


def _offset(timeframe_seconds: int) -> int:
    """Return where the grid starts: weeks open on Mondays, and 1970-01-01 was a Thursday."""
    return 4 * 86_400 if timeframe_seconds % 604_800 == 0 else 0


def _minute(moment_s: float) -> str:
    return f"{datetime.fromtimestamp(moment_s, UTC):%Y-%m-%d %H:%M}"


def _seconds(moment: Any, name: str) -> float:
    """Return a time as seconds since the epoch."""
    if moment.tzinfo is None:
        message = f"expected {name} with a time zone, found {moment}"
        raise ValueError(message)
    return float(moment.timestamp())
