"""What an account has shown."""

from datetime import UTC, datetime, timedelta
from math import sqrt
from statistics import mean, stdev

import pytest

from plimsoll.core import TrackRecord
from plimsoll.risk.track_record import track_record
from tests.unit.risk.accounts import closed

START = datetime(2024, 1, 1, 9, tzinfo=UTC)


def days(*profits: float):
    """One trade a day, at ten o'clock."""
    return [
        closed(profit, closed_at=START + timedelta(days=index, hours=1))
        for index, profit in enumerate(profits)
    ]


def record(trades, *, balance: float = 1000.0, as_of=None) -> TrackRecord:
    end = as_of or START + timedelta(days=max(len(trades) - 1, 0), hours=2)
    return track_record(trades, starting_balance_usd=balance, as_of=end)


def test_figures_by_hand() -> None:
    found = record(days(100.0, -110.0, 0.0, 50.0))
    returns = [100 / 1000, -110 / 1100, 0.0, 50 / 990]
    assert found.trades == 4
    assert found.win_rate_fraction == 0.5
    assert found.max_drawdown_fraction == pytest.approx(0.1)
    assert found.sharpe == pytest.approx(mean(returns) / stdev(returns) * sqrt(365))


def test_idle_days_count() -> None:
    trades = days(10.0, 20.0)
    found = record(trades, as_of=START + timedelta(days=3))
    returns = [10 / 1000, 20 / 1010, 0.0, 0.0]
    assert found.sharpe == pytest.approx(mean(returns) / stdev(returns) * sqrt(365))


def test_trades_of_one_day_are_one_return() -> None:
    trades = [*days(10.0), *days(20.0), *days(0.0, 5.0)[1:]]
    found = record(trades, as_of=START + timedelta(days=1, hours=2))
    returns = [30 / 1000, 5 / 1030]
    assert found.sharpe == pytest.approx(mean(returns) / stdev(returns) * sqrt(365))


def test_a_day_ends_at_midnight() -> None:
    late = closed(20.0, closed_at=START.replace(day=2, hour=0, minute=30))
    found = record([*days(10.0), late], as_of=START.replace(day=2, hour=2))
    returns = [10 / 1000, 20 / 1010]
    assert found.sharpe == pytest.approx(mean(returns) / stdev(returns) * sqrt(365))


def test_a_small_win_of_a_small_account_counts() -> None:
    found = record(days(0.5, -0.25), balance=0.9)
    assert found.win_rate_fraction == 0.5
    assert found.sharpe is not None


def test_no_trades_prove_nothing() -> None:
    assert record([]) == TrackRecord(
        trades=0, win_rate_fraction=None, sharpe=None, max_drawdown_fraction=None
    )


def test_one_day_and_equal_days_have_no_sharpe() -> None:
    assert record(days(10.0)).sharpe is None
    assert record(days(0.0, 0.0)).sharpe is None
    assert record(days(0.0, 0.0)).max_drawdown_fraction == 0


def test_a_lost_account_has_no_sharpe() -> None:
    found = record(days(-1000.0, 10.0))
    assert found.sharpe is None
    assert found.max_drawdown_fraction == 1


def test_trades_after_the_moment_have_no_sharpe() -> None:
    assert record(days(1.0, 2.0, 3.0), as_of=START + timedelta(days=1)).sharpe is None


@pytest.mark.parametrize("balance", [0.0, -1.0, float("nan"), float("inf")])
def test_a_balance_that_is_none_proves_nothing(balance: float) -> None:
    found = record(days(1.0, 2.0), balance=balance)
    assert (found.trades, found.win_rate_fraction, found.sharpe) == (2, None, None)


def test_a_profit_that_is_not_finite_proves_nothing() -> None:
    assert record(days(1.0, float("nan"))).max_drawdown_fraction is None
