"""Results that are better than forecasts are, and those that may be true."""

from dataclasses import replace
from math import sqrt

import pytest

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.plausible import LEAST_TRADES, TradeResults, sharpe_ceiling, too_good

HONEST = TradeResults(trades=400, mean=0.1, deviation=1.0, held_days=0.3, win_rate_fraction=0.55)


def test_ceiling_is_the_fundamental_law() -> None:
    """Grinold & Kahn (1999): information 0.20, 2,500 independent decisions a year: 10."""
    assert sharpe_ceiling(2_500) == pytest.approx(10.0)


def test_what_trades_less_than_daily_decides_once_a_day() -> None:
    assert sharpe_ceiling(3) == sharpe_ceiling(365) == pytest.approx(0.2 * sqrt(365))


def test_honest_result_may_be_true() -> None:
    assert too_good(sharpe_low=1.5, trades_per_year=400, trades=HONEST) == ()


def test_sharpe_ratio_exactly_at_the_ceiling_may_be_true_and_one_above_is_not() -> None:
    ceiling = sharpe_ceiling(1_000)
    assert too_good(sharpe_low=ceiling, trades_per_year=1_000) == ()
    (why,) = too_good(sharpe_low=ceiling + 0.1, trades_per_year=1_000)
    assert why.endswith("1,000 trades a year allow 6.3")


def test_the_same_sharpe_ratio_may_be_true_of_what_trades_more() -> None:
    assert too_good(sharpe_low=5.0, trades_per_year=100)
    assert not too_good(sharpe_low=5.0, trades_per_year=10_000)


def test_hit_rate_that_its_payoffs_do_not_allow_is_told() -> None:
    knowing = replace(HONEST, mean=0.6, win_rate_fraction=0.8)
    (why,) = too_good(sharpe_low=1.0, trades_per_year=400, trades=knowing)
    assert why.startswith("80% of 400 trades won")


def test_trades_that_are_held_long_may_win_more_often() -> None:
    held = replace(HONEST, mean=0.6, held_days=30)
    assert too_good(sharpe_low=1.0, trades_per_year=12, trades=held) == ()


def test_few_trades_say_nothing() -> None:
    knowing = replace(HONEST, mean=5.0)
    few = replace(knowing, trades=LEAST_TRADES - 1)
    assert too_good(sharpe_low=0.0, trades_per_year=100, trades=few) == ()
    enough = replace(knowing, trades=LEAST_TRADES)
    assert too_good(sharpe_low=0.0, trades_per_year=100, trades=enough)


def test_trades_that_all_won_alike_are_not_to_be_believed() -> None:
    sure = replace(HONEST, deviation=0.0)
    assert too_good(sharpe_low=0.0, trades_per_year=100, trades=sure)
    still = replace(sure, mean=0.0)
    assert too_good(sharpe_low=0.0, trades_per_year=100, trades=still) == ()


def test_number_of_trades_must_be_one() -> None:
    with pytest.raises(MeasureError, match="trades a year must be 0 or more, found nan"):
        sharpe_ceiling(float("nan"))
