"""What the labels of the REST endpoints mean is measured against the daily files."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.archive.statistics_api import STEP, stamp_offset
from plimsoll.core import PlimsollError

NOTHING = pd.Timedelta(0)


def column(first: str, rows: int = 100, seed: int = 1) -> "pd.Series[float]":
    index = pd.date_range(first, periods=rows, freq="5min", tz="UTC")
    return pd.Series(50_000 + np.random.default_rng(seed).normal(0, 30, rows).cumsum(), index=index)


def test_labels_that_name_the_instant_are_left_as_they_are() -> None:
    known = column("2026-11-01")
    assert stamp_offset(known, known, "openInterestHist") == NOTHING


def test_labels_that_start_the_period_are_moved_to_its_end() -> None:
    known = column("2026-11-01")
    published = known.set_axis(pd.DatetimeIndex(known.index) - STEP)
    assert stamp_offset(published, known, "openInterestHist") == STEP


def test_ratios_rounded_to_four_decimals_are_recognised() -> None:
    known = column("2026-11-01") / 40_000
    published = known.round(4).set_axis(pd.DatetimeIndex(known.index) - STEP)
    assert stamp_offset(published, known, "globalLongShortAccountRatio") == STEP


def test_where_both_fit_the_later_is_taken() -> None:
    known = column("2026-11-01") * 0 + 1.5
    assert stamp_offset(known, known, "globalLongShortAccountRatio") == STEP


def test_values_that_agree_with_neither_are_refused() -> None:
    with pytest.raises(PlimsollError, match="under either meaning"):
        stamp_offset(column("2026-11-01", seed=2), column("2026-11-01"), "openInterestHist")


@pytest.mark.parametrize(("first", "late"), [("2025-03-01", NOTHING), ("2026-11-01", STEP)])
def test_without_overlap_the_date_of_the_change_decides(first: str, late: pd.Timedelta) -> None:
    assert stamp_offset(column(first), column("2024-01-01"), "openInterestHist") == late
