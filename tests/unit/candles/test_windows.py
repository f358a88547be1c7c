"""Volatility and correlation of the latest candles, also of candles with holes."""

from math import inf, nan, sqrt

import numpy as np
import pytest

from plimsoll.candles.windows import (
    SECONDS_PER_YEAR,
    Window,
    correlation,
    log_returns,
    volatility,
    yearly_volatility,
)

HOUR_S = 3600
CLOSES = [100.0, 102.0, 101.0, 105.0, 103.0]


def window(closes: list[float], *, missing: tuple[int, ...] = ()) -> Window:
    """Hourly candles with these closes; ``missing`` are hours that nobody traded in."""
    hours = [hour for hour in range(len(closes) + len(missing)) if hour not in missing]
    opened_s = np.array(hours[: len(closes)], dtype="int64") * HOUR_S
    return Window(opened_s, np.array(closes))


def expected(closes: list[float]) -> float:
    deviation = np.log(np.array(closes[1:]) / np.array(closes[:-1])).std(ddof=1)
    return float(deviation * sqrt(SECONDS_PER_YEAR / HOUR_S))


# How long a candle is


@pytest.mark.parametrize("missing", [(), (1,), (4,), (2, 3)], ids=str)
def test_a_hole_does_not_make_the_candles_longer(missing: tuple[int, ...]) -> None:
    """In particular not as the first step of the window, nor as its last."""
    found = volatility(window(CLOSES, missing=missing), least_candles=5)
    assert found == pytest.approx(expected(CLOSES))


@pytest.mark.parametrize("hole", [1, 4])
def test_a_hole_at_one_end_leaves_the_step_of_the_other(hole: int) -> None:
    opened_s = window(CLOSES, missing=(hole,)).opened_s
    assert sorted({int(opened_s[1] - opened_s[0]), int(opened_s[-1] - opened_s[-2])}) == [
        HOUR_S,
        2 * HOUR_S,
    ]
    whole, holed = (
        volatility(window(CLOSES, missing=lost), least_candles=5) for lost in ((), (hole,))
    )
    assert whole == holed


def test_candles_of_one_moment_have_no_length() -> None:
    twice = Window(np.array([0, 0, HOUR_S, HOUR_S]), np.array(CLOSES[:4]))
    assert volatility(twice, least_candles=4) is None


# What is unknown


def test_as_many_candles_as_are_needed_are_enough_and_one_fewer_is_not() -> None:
    assert volatility(window(CLOSES), least_candles=5) is not None
    assert volatility(window(CLOSES), least_candles=6) is None
    assert volatility(None, least_candles=0) is None


@pytest.mark.parametrize("close", [0.0, -1.0, nan, inf])
def test_a_price_that_is_no_price_makes_it_unknown(close: float) -> None:
    broken = window([100.0, close, 101.0, 102.0])
    assert volatility(broken, least_candles=4) is None
    assert correlation(broken, window(CLOSES[:4]), least_candles=4) is None


def test_a_price_that_stood_still_has_no_volatility_to_size_by() -> None:
    still = window([100.0] * 5)
    assert volatility(still, least_candles=5) == 0
    assert yearly_volatility(still, least_candles=5) is None
    assert yearly_volatility(window(CLOSES), least_candles=5) == pytest.approx(expected(CLOSES))


# Returns and correlation


def test_returns_that_are_kept_are_taken_without_the_one_from_outside() -> None:
    kept = window(CLOSES)._replace(returns=np.array([9.0, 1.0, 2.0, 3.0, 4.0]))
    assert log_returns(kept).tolist() == [1.0, 2.0, 3.0, 4.0]
    assert log_returns(window([1.0, np.e])).tolist() == pytest.approx([1.0])


def test_only_candles_in_common_are_correlated() -> None:
    mine, theirs = window(CLOSES), window([7 * close for close in CLOSES])
    assert correlation(mine, theirs, least_candles=5) == pytest.approx(1.0)
    opposite = window([1 / close for close in CLOSES])
    assert correlation(mine, opposite, least_candles=5) == pytest.approx(-1.0)
    later = Window(theirs.opened_s + 2 * HOUR_S, theirs.closes)
    assert correlation(mine, later, least_candles=3) is not None
    assert correlation(mine, later, least_candles=4) is None


def test_nothing_is_correlated_with_what_is_unknown_or_stands_still() -> None:
    assert correlation(None, window(CLOSES), least_candles=2) is None
    assert correlation(window(CLOSES), None, least_candles=2) is None
    assert correlation(window(CLOSES), window([5.0] * 5), least_candles=2) is None
