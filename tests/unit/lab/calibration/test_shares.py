"""Shares and their intervals, against published figures; the curve's crossing."""

import math

import pytest

from plimsoll.lab.calibration.shares import (
    alone,
    by_criterion,
    mean_sharpe,
    passes,
    reached,
    share_of,
)


def row(sharpe: float | None, *, low: bool, days: bool) -> dict[str, object]:
    passed = {"low": low, "days": days}
    return {"go": low and days, "passed": passed, "figures": {"sharpe": sharpe}}


ROWS = [
    row(1.0, low=True, days=True),
    row(0.0, low=False, days=True),
    row(None, low=False, days=False),
    row(2.0, low=True, days=False),
]


def test_the_interval_is_clopper_and_pearsons() -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263, 15 of 148, 0 of 20."""
    for passed, count, low, high in (
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
    ):
        share = share_of(passed, count)
        assert (share.low, share.high) == (
            pytest.approx(low, abs=5e-5),
            pytest.approx(high, abs=5e-5),
        )
    assert share_of(20, 20).high == 1.0


def test_words_are_per_cent_and_nothing_is_no_share() -> None:
    assert share_of(1, 4).words() == "25.0% (0.6% to 80.6%)"
    assert share_of(0, 0).words() == "-"
    assert math.isnan(share_of(0, 0).value)


def test_criteria_are_counted_each_and_where_one_alone_kept_the_gate_shut() -> None:
    assert (passes(ROWS).passed, passes(ROWS).count) == (1, 4)
    assert {name: one.passed for name, one in by_criterion(ROWS).items()} == {"low": 2, "days": 2}
    assert alone(ROWS) == {"low": 1, "days": 1}
    assert by_criterion([]) == {}


def test_a_market_without_a_trade_has_a_ratio_of_nothing() -> None:
    mean, error = mean_sharpe(ROWS)
    assert mean == 0.75
    assert error == pytest.approx(0.4787, abs=1e-4)


def test_a_curve_is_read_between_its_points() -> None:
    points = [(2.0, 0.9), (1.0, 0.5), (0.5, 0.1)]
    assert reached(points, 0.8) == pytest.approx(1.75)
    assert reached(points, 0.95) is None
    assert reached(points, 0.05) == 0.5
