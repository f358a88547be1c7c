"""What a window of candles says: returns, correlation, volatility."""

from dataclasses import replace

import numpy as np
import pytest

from plimsoll.candles.windows import (
    Window,
    correlation,
    log_returns,
    volatility,
    yearly_volatility,
)

STEP = 300


# Returns


def test_returns_are_those_between_the_candles_one_fewer_than_candles() -> None:
    returns = log_returns(window([0, 1, 2], [100.0, 110.0, 99.0]))
    assert returns.tolist() == pytest.approx([np.log(1.1), np.log(0.9)])


def test_returns_that_are_kept_are_not_worked_out_again() -> None:
    kept = replace(window([0, 1, 2], [100.0, 110.0, 99.0]), returns=np.array([9.0, 0.5, -0.5]))
    assert log_returns(kept).tolist() == [0.5, -0.5], "the first leads to the first candle"
    assert np.isnan(log_returns(window([0, 1], [100.0, -1.0])))


# Correlation


def window(rows: list[int], prices: list[float]) -> Window:
    return Window(np.array(rows) * STEP, np.array(prices, dtype="float64"))


RISES = [100.0, 101.0, 100.5, 102.0, 101.0, 103.0]
ROWS = list(range(6))


def test_the_same_moves_correlate_fully_and_opposite_ones_against() -> None:
    one = window(ROWS, RISES)
    assert correlation(one, window(ROWS, [p * 7 for p in RISES]), least_candles=3) == pytest.approx(
        1.0
    )
    against = window(ROWS, [1 / price for price in RISES])
    assert correlation(one, against, least_candles=3) == pytest.approx(-1.0)


def test_only_common_candles_are_compared() -> None:
    """Other calendars and holes: the odd candles of one are not the even ones of the other."""
    one = window(ROWS, RISES)
    other = window([1, 3, 4, 5, 6], [RISES[row] * 2 for row in (1, 3, 4, 5)] + [900.0])
    assert correlation(one, other, least_candles=4) == pytest.approx(1.0)
    assert correlation(one, other, least_candles=5) is None
    assert correlation(one, window([r + 6 for r in ROWS], RISES), least_candles=2) is None


def test_it_is_the_correlation_of_log_returns() -> None:
    rng = np.random.default_rng(5)
    first, second = np.exp(np.cumsum(rng.normal(0, 0.01, (2, 100)), axis=1))
    pearson = correlation(
        window(list(range(100)), first.tolist()),
        window(list(range(100)), second.tolist()),
        least_candles=50,
    )
    returns = np.diff(np.log([first, second]), axis=1)
    assert pearson == pytest.approx(np.corrcoef(returns)[0, 1])


@pytest.mark.parametrize("flaw", [0.0, -1.0, np.nan])
def test_a_price_that_is_none_makes_it_unknown(flaw: float) -> None:
    flawed = window(ROWS, [*RISES[:-1], flaw])
    assert correlation(window(ROWS, RISES), flawed, least_candles=3) is None
    assert correlation(flawed, window(ROWS, RISES), least_candles=3) is None


def test_a_market_that_did_not_move_or_is_not_known_correlates_with_nothing() -> None:
    moved, still = window(ROWS, RISES), window(ROWS, [100.0] * 6)
    assert correlation(moved, still, least_candles=3) is None
    assert correlation(still, moved, least_candles=3) is None
    assert correlation(None, moved, least_candles=3) is None
    assert correlation(moved, None, least_candles=3) is None


# Volatility


def test_the_yearly_volatility_of_five_minutes() -> None:
    rng = np.random.default_rng(3)
    prices = np.exp(np.cumsum(rng.normal(0, 0.001, 2001)))
    yearly = yearly_volatility(window(list(range(2001)), prices.tolist()), least_candles=2001)
    # 105,120 periods of five minutes in a year.
    assert yearly == pytest.approx(np.diff(np.log(prices)).std(ddof=1) * 105_120**0.5)


def test_too_few_candles_or_no_move_have_no_volatility() -> None:
    assert yearly_volatility(window(ROWS, RISES), least_candles=7) is None
    assert yearly_volatility(window(ROWS, RISES), least_candles=6) is not None
    assert yearly_volatility(window(ROWS, [100.0] * 6), least_candles=6) is None
    assert yearly_volatility(window(ROWS, [*RISES[:5], 0.0]), least_candles=6) is None
    assert yearly_volatility(None, least_candles=1) is None


def test_a_price_that_stood_still_has_a_volatility_of_zero_and_none_to_size_by() -> None:
    still = window(ROWS, [100.0] * 6)
    assert volatility(still, least_candles=6) == 0.0
    assert yearly_volatility(still, least_candles=6) is None


def test_a_hole_at_one_end_of_a_window_is_no_longer_candle() -> None:
    moved = volatility(window(ROWS, RISES), least_candles=6)
    assert volatility(window([0, 3, 4, 5, 6, 7], RISES), least_candles=6) == moved
    assert volatility(window([0, 1, 2, 3, 4, 9], RISES), least_candles=6) == moved


def test_candles_of_one_moment_have_no_volatility() -> None:
    assert volatility(window([1] * 6, RISES), least_candles=6) is None
