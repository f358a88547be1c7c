"""Figures, times and counts as text."""

import pandas as pd
import pytest

from plimsoll.reporting.words import (
    DASH,
    counted,
    day_text,
    money_digits,
    number,
    percent,
    since,
    time_text,
)
from tests.unit.performance.frames import utc


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1,234.50"), (-0.001, "0.00"), (-1.0, "−1.00"), (float("nan"), DASH)],
)
def test_a_figure_has_a_real_minus_and_nan_is_a_dash(value: float, text: str) -> None:
    assert number(value) == text


def test_a_fraction_is_written_in_percent() -> None:
    assert percent(-0.1234, 1) == "−12.3 %"
    assert percent(float("inf")) == DASH


def test_a_time_that_is_not_there_is_a_dash() -> None:
    assert (day_text(None), time_text(pd.NaT)) == (DASH, DASH)
    assert day_text(utc("2024-01-01 12:34:56")) == "2024-01-01"


@pytest.mark.parametrize(
    ("count", "text"), [(1, "1 entry"), (0, "0 entries"), (1200, "1,200 entries")]
)
def test_a_count_takes_its_noun(count: int, text: str) -> None:
    assert counted(count, "entry", "entries") == text


@pytest.mark.parametrize(
    ("hours", "text"), [(0.5, "30 min"), (5.0, "5.0 h"), (72.0, "3.0 d"), (float("nan"), DASH)]
)
def test_a_length_has_the_unit_that_suits_it(hours: float, text: str) -> None:
    assert since(hours) == text


def test_an_account_in_coins_has_its_cents() -> None:
    assert [money_digits(name) for name in ("USDT", "btc", "ETH")] == [2, 8, 6]
