"""Time of hour, day, week and year as circles, so that midnight is next to midnight.

All times are the candle's open, UTC. A sine and a cosine together name a moment.
"""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import math

import numpy as np

from plimsoll.features.candles import Candles, Floats
from plimsoll.features.registry import Unit, feature

DATE = ("date",)
HOUR, DAY, WEEK, YEAR = 3600.0, 86400.0, 604800.0, 365.2425 * 86400.0
MONDAY = 4 * DAY
"""1970-01-05, the first Monday after the epoch."""

CIRCLE = "Zar (2010), Biostatistical Analysis, 5th ed., ch. 26 (circular data)"
INTRADAY = "Eross, McGroarty, Urquhart & Wolfe (2019), The intraday dynamics of bitcoin, section 3"
WEEKLY = "Aharon & Qadan (2019), Bitcoin and the day-of-the-week effect, section 2"


def _angle(candles: Candles, cycle: float, start: float = 0.0) -> Floats:
    return np.mod(candles["date"] - start, cycle) * (2 * math.pi / cycle)


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=CIRCLE, inputs=DATE)
def hour_sine(candles: Candles) -> Floats:
    """Sine of the minute of the hour."""
    return np.sin(candles.shared(_angle, HOUR))


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=CIRCLE, inputs=DATE)
def hour_cosine(candles: Candles) -> Floats:
    """Cosine of the minute of the hour."""
    return np.cos(candles.shared(_angle, HOUR))


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=f"{CIRCLE}; {INTRADAY}", inputs=DATE)
def day_sine(candles: Candles) -> Floats:
    """Sine of the time of day."""
    return np.sin(candles.shared(_angle, DAY))


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=f"{CIRCLE}; {INTRADAY}", inputs=DATE)
def day_cosine(candles: Candles) -> Floats:
    """Cosine of the time of day: 1 at midnight, −1 at noon."""
    return np.cos(candles.shared(_angle, DAY))


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=f"{CIRCLE}; {WEEKLY}", inputs=DATE)
def week_sine(candles: Candles) -> Floats:
    """Sine of the time of the week, which begins on Monday."""
    return np.sin(candles.shared(_angle, WEEK, MONDAY))


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=f"{CIRCLE}; {WEEKLY}", inputs=DATE)
def week_cosine(candles: Candles) -> Floats:
    """Cosine of the time of the week."""
    return np.cos(candles.shared(_angle, WEEK, MONDAY))


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=CIRCLE, inputs=DATE)
def year_sine(candles: Candles) -> Floats:
    """Sine of the time of the year."""
    return np.sin(candles.shared(_angle, YEAR))


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=CIRCLE, inputs=DATE)
def year_cosine(candles: Candles) -> Floats:
    """Cosine of the time of the year."""
    return np.cos(candles.shared(_angle, YEAR))


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
    return np.mod(candles["date"], hours * HOUR) / (hours * HOUR)


@feature(lookback_candles=lambda: 0, unit=Unit.FLAG, source=WEEKLY, inputs=DATE)
def weekend(candles: Candles) -> Floats:
    """1 on Saturday and Sunday, else 0."""
    return (np.mod(candles["date"] - MONDAY, WEEK) >= 5 * DAY).astype("float64")


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.FLAG,
    source=f"{INTRADAY} (US hours, 13:00 to 21:00 UTC on weekdays)",
    inputs=DATE,
)
def us_session(candles: Candles) -> Floats:
    """1 from 13:00 to 21:00 UTC from Monday to Friday, else 0."""
    clock = np.mod(candles["date"], DAY)
    weekday = np.mod(candles["date"] - MONDAY, WEEK) < 5 * DAY
    return (weekday & (clock >= 13 * HOUR) & (clock < 21 * HOUR)).astype("float64")
