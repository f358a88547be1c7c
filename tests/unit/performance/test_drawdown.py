import pandas as pd
import pytest

from plimsoll.performance.drawdown import drawdown, drawdown_curve, worst_falls
from tests.unit.performance.frames import hours


def equity(*values: float) -> "pd.Series[float]":
    return pd.Series(values, index=hours(len(values)), dtype="float64")


def test_the_curve_is_the_fraction_lost_from_the_highest_value_so_far() -> None:
    curve = drawdown_curve(equity(100, 80, 120, 90, 130))
    assert curve.tolist() == pytest.approx([0, 0.2, 0, 0.25, 0])


def test_an_account_with_nothing_or_less_lost_everything() -> None:
    assert drawdown_curve(equity(100, 0, -50)).tolist() == [0, 1, 1]


@pytest.mark.parametrize(("value", "lost"), [(1 - 1e-9, False), (1 - 2e-9, True)])
def test_a_fall_below_a_billionth_is_rounding(value: float, lost: bool) -> None:
    assert (drawdown(equity(1.0, value)).max_fraction > 0) is lost


def test_the_deepest_fall_has_its_peak_trough_and_recovery() -> None:
    account = equity(100, 95, 110, 88, 99, 110, 105)
    measured = drawdown(account)
    assert measured.max_fraction == pytest.approx(0.2)
    index = account.index
    assert (measured.peak_at, measured.trough_at) == (index[2], index[3])
    assert measured.recovered_at == index[5]
    assert measured.longest_under_water_days == pytest.approx(3 / 24)
    assert measured.under_water_time_fraction == pytest.approx((2 + 3 + 1) / 6)


def test_an_account_still_below_its_peak_has_not_recovered() -> None:
    measured = drawdown(equity(100, 90, 95))
    assert measured.recovered_at is None
    assert measured.longest_under_water_days == pytest.approx(2 / 24)


def test_an_account_that_never_fell_has_no_dates() -> None:
    measured = drawdown(equity(100, 100, 101))
    assert (measured.peak_at, measured.trough_at, measured.recovered_at) == (None, None, None)
    assert measured.under_water_time_fraction == 0


def test_the_worst_falls_are_apart_and_the_deepest_is_first() -> None:
    account = equity(100, 90, 100, 110, 55, 80, 110, 100)
    deep, early, late = worst_falls(account, 5)
    assert deep.max_fraction == 0.5
    assert (deep.peak_at, deep.trough_at, deep.recovered_at) == tuple(hours(8)[[3, 4, 6]])
    assert early.max_fraction == pytest.approx(0.1)
    assert late.recovered_at is None
    assert (late.days, deep.days) == (1 / 24, 3 / 24)
    assert worst_falls(account, 1) == [deep]
    assert worst_falls(equity(100, 101), 5) == []
