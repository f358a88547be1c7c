"""Whether a bar that has just arrived may be used: the archive's checks, one bar at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import pandas as pd

from plimsoll.candles.quality import PRICES, contradictory_prices, impossible_prices

MAX_DELAY_SECONDS = 5.0


class BarFault(StrEnum):
    """Why a bar must not be used."""

    PARTIAL = "partial"
    LATE = "late"
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
    max_delay_seconds: float = MAX_DELAY_SECONDS,
) -> tuple[BarFinding, ...]:
    """Return every fault of a closed bar that has just arrived; none means that it may be used.

    Parameters
    ----------
    bar
        ``date`` (opening time, UTC), ``open``, ``high``, ``low``, ``close``, ``volume``.
    timeframe_seconds
        The bar's length.
    received_at
        When it arrived, UTC, by the clock that the exchange's time was compared with.
    previous_open
        Opening time of the bar before it, None for the first.
    max_delay_seconds
        How long after its close a bar may arrive.

    Raises
    ------
    ValueError
        When a time has no time zone, or the lengths are not positive.
    """
    if timeframe_seconds <= 0 or not max_delay_seconds > 0:
        message = f"expected positive lengths, found {timeframe_seconds} and {max_delay_seconds}"
        raise ValueError(message)
    opened, received = _utc(bar["date"], "date"), _utc(received_at, "received_at")
    length = timedelta(seconds=timeframe_seconds)
    delay = (received - (opened + length)).total_seconds()
    found = []
    if delay < 0:
        reason = f"the bar of {opened:%Y-%m-%d %H:%M} closes in {-delay:.1f} s"
        found.append(BarFinding(BarFault.PARTIAL, reason))
    if delay > max_delay_seconds:
        reason = f"expected within {max_delay_seconds:g} s of its close, came after {delay:.1f} s"
        found.append(BarFinding(BarFault.LATE, reason))
    if (opened.timestamp() - _offset(timeframe_seconds)) % timeframe_seconds:
        reason = f"{opened:%Y-%m-%d %H:%M:%S} is no opening time of {timeframe_seconds} s bars"
        found.append(BarFinding(BarFault.MISALIGNED, reason))
    found += _sequence(opened, previous_open, length)
    found += _prices(bar)
    return tuple(found)


def _sequence(
    opened: pd.Timestamp, previous_open: datetime | None, length: timedelta
) -> list[BarFinding]:
    if previous_open is None:
        return []
    before = _utc(previous_open, "previous_open")
    if opened <= before:
        reason = f"opens {opened:%Y-%m-%d %H:%M}, not after {before:%Y-%m-%d %H:%M}"
        return [BarFinding(BarFault.OUT_OF_ORDER, reason)]
    if opened > before + length:
        missing = int((opened - before).total_seconds() // length.total_seconds()) - 1
        reason = f"{missing} bars are missing after {before:%Y-%m-%d %H:%M}"
        return [BarFinding(BarFault.AFTER_A_GAP, reason)]
    return []


def _prices(bar: Mapping[Any, object]) -> list[BarFinding]:
    row = pd.DataFrame([{name: bar.get(name) for name in PRICES}])
    numbers = row.apply(pd.to_numeric, errors="coerce")
    shown = ", ".join(f"{name} {bar.get(name)}" for name in PRICES)
    if bool(impossible_prices(numbers).iloc[0]):
        return [BarFinding(BarFault.IMPOSSIBLE, f"expected prices above 0, found {shown}")]
    if bool(contradictory_prices(numbers).iloc[0]):
        reason = f"expected high and low around open and close, found {shown}"
        return [BarFinding(BarFault.CONTRADICTORY, reason)]
    return []


def _offset(timeframe_seconds: int) -> int:
    """Return where the grid starts: weeks open on Mondays, and 1970-01-01 was a Thursday."""
    return 4 * 86_400 if timeframe_seconds % 604_800 == 0 else 0


def _utc(moment: object, name: str) -> pd.Timestamp:
    stamp = pd.Timestamp(moment)  # type: ignore[arg-type]
    if stamp.tzinfo is None:
        message = f"expected {name} with a time zone, found {moment}"
        raise ValueError(message)
    return stamp.tz_convert("UTC")
