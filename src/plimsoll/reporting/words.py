"""Figures, times and counts as a page writes them: minus signs, dashes and units."""

import math

import pandas as pd

DASH = "–"
"""What stands for a figure that is not defined; the page says why."""
COIN_DIGITS = {"BTC": 8, "XBT": 8, "ETH": 6, "BNB": 5, "SOL": 5}
"""Decimals of stakes that are worth so much more than a dollar that a cent of them is money."""


def number(value: float, digits: int = 2, unit: str = "") -> str:
    """Write a figure; one that is not defined is a dash, and minus zero is zero."""
    if not math.isfinite(value):
        return DASH
    text = f"{value:,.{digits}f}"
    if float(text.replace(",", "")) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", "−") + unit


def money_digits(currency: str) -> int:
    """Return with how many decimals an amount of a stake currency is written: 2 but for coins."""
    return COIN_DIGITS.get(currency.upper(), 2)


def percent(fraction: float, digits: int = 2) -> str:
    """Write a fraction of 1 in percent, a dash for one that is not defined."""
    return number(fraction * 100.0, digits, " %")


def time_text(at: pd.Timestamp | None) -> str:
    """Write a UTC time to the minute, a dash for none."""
    return DASH if at is None or pd.isna(at) else f"{at:%Y-%m-%d %H:%M}"


def day_text(at: pd.Timestamp | None) -> str:
    """Write a UTC time to the day, a dash for none."""
    return DASH if at is None or pd.isna(at) else f"{at:%Y-%m-%d}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun, in the plural for all but 1."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def since(hours: float) -> str:
    """Write a length of time in the unit that suits it, a dash for none."""
    if not math.isfinite(hours):
        return DASH
    if hours < 2.0:
        return number(hours * 60.0, 0, " min")
    return number(hours, 1, " h") if hours < 48.0 else number(hours / 24.0, 1, " d")
