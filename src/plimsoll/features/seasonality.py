"""Time of hour, day, week and year as circles, so that midnight is next to midnight.

All times are the candle's open, UTC. A sine and a cosine together name a moment.
"""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import math

import numpy as np

from plimsoll.features.candles import Candles, Floats
from plimsoll.features.circles import circle, seconds_into, slots
from plimsoll.features.registry import Unit, feature

DATE = ("date",)
HOUR, DAY, WEEK, YEAR = 3600.0, 86400.0, 604800.0, 365.2425 * 86400.0
MONDAY = 4 * DAY
"""1970-01-05, the first Monday after the epoch."""

CIRCLE = "Zar (2010), Biostatistical Analysis, 5th ed., ch. 26 (circular data)"
INTRADAY = "Eross, McGroarty, Urquhart & Wolfe (2019), The intraday dynamics of bitcoin, section 3"
WEEKLY = "Aharon & Qadan (2019), Bitcoin and the day-of-the-week effect, section 2"


def _into(candles: Candles, cycle: float, start: float = 0.0) -> Floats:
    """Seconds since the cycle began."""
    seconds = candles["date"]
    if cycle.is_integer():
        return seconds_into(seconds, cycle, start)
    return np.mod(seconds - start, cycle)


def _circle(candles: Candles, cycle: float, start: float = 0.0) -> tuple[Floats, Floats]:
    return circle(candles.shared(_into, cycle, start), cycle, *slots(cycle))


def _angle_of_year(candles: Candles) -> Floats:
    return candles.shared(_into, YEAR) * (2 * math.pi / YEAR)


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=CIRCLE, inputs=DATE)
def hour_sine(candles: Candles) -> Floats:
    """Sine of the minute of the hour."""
    return candles.shared(_circle, HOUR)[0]


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=CIRCLE, inputs=DATE)
def hour_cosine(candles: Candles) -> Floats:
    """Cosine of the minute of the hour."""
    return candles.shared(_circle, HOUR)[1]


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=f"{CIRCLE}; {INTRADAY}", inputs=DATE)
def day_sine(candles: Candles) -> Floats:
    """Sine of the time of day."""
    return candles.shared(_circle, DAY)[0]


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=f"{CIRCLE}; {INTRADAY}", inputs=DATE)
def day_cosine(candles: Candles) -> Floats:
    """Cosine of the time of day: 1 at midnight, −1 at noon."""
    return candles.shared(_circle, DAY)[1]


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=f"{CIRCLE}; {WEEKLY}", inputs=DATE)
def week_sine(candles: Candles) -> Floats:
    """Sine of the time of the week, which begins on Monday."""
    return candles.shared(_circle, WEEK, MONDAY)[0]


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=f"{CIRCLE}; {WEEKLY}", inputs=DATE)
def week_cosine(candles: Candles) -> Floats:
    """Cosine of the time of the week."""
    return candles.shared(_circle, WEEK, MONDAY)[1]


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=CIRCLE, inputs=DATE)
def year_sine(candles: Candles) -> Floats:
    """Sine of the time of the year."""
    return np.sin(candles.shared(_angle_of_year))


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=CIRCLE, inputs=DATE)
def year_cosine(candles: Candles) -> Floats:
    """Cosine of the time of the year."""
    return np.cos(candles.shared(_angle_of_year))


@feature(
    lookback_candles=lambda hours: 0,
    unit=Unit.FRACTION,
    source="He, Manela, Ross & von Wachter (2022), Fundamentals of Perpetual Futures (settlement)",
    inputs=DATE,
    defaults={"hours": 8},
    numbers={"hours": (1, 24)},
)
def funding_clock(candles: Candles, *, hours: float) -> Floats:
    """Part of the funding interval of ``hours`` that has passed: 0 at settlement."""
    return candles.shared(_into, hours * HOUR) / (hours * HOUR)


@feature(lookback_candles=lambda: 0, unit=Unit.FLAG, source=WEEKLY, inputs=DATE)
def weekend(candles: Candles) -> Floats:
    """1 on Saturday and Sunday, else 0."""
    return (candles.shared(_into, WEEK, MONDAY) >= 5 * DAY).astype("float64")


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.FLAG,
    source=f"{INTRADAY} (US hours, 13:00 to 21:00 UTC on weekdays)",
    inputs=DATE,
)
def us_session(candles: Candles) -> Floats:
    """1 from 13:00 to 21:00 UTC from Monday to Friday, else 0."""
    clock = candles.shared(_into, DAY)
    weekday = candles.shared(_into, WEEK, MONDAY) < 5 * DAY
    return (weekday & (clock >= 13 * HOUR) & (clock < 21 * HOUR)).astype("float64")
