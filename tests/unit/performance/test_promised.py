"""Closed trades held to what the backtest promised."""

import math

import pandas as pd
import pytest

from plimsoll.core import Expectation
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.promised import held_to

PROMISE = Expectation(
    source="a backtest",
    trades=400,
    mean_profit_fraction=0.01,
    profit_std_fraction=0.02,
    win_rate_fraction=0.55,
)


def trades(*fractions: float, stake: float = 100.0) -> pd.DataFrame:
    profits = [fraction * stake for fraction in fractions]
    return pd.DataFrame({"profit_abs": profits, "stake_amount": stake})


def test_a_mean_is_held_to_the_promise_in_standard_errors() -> None:
    kept = held_to(PROMISE, trades(0.0, 0.0, 0.0, 0.0))
    assert kept.standard_errors == pytest.approx(-0.01 / (0.02 / 2.0))
    assert kept.is_kept is True
    assert (kept.made_usd, kept.promised_usd) == (0.0, pytest.approx(4.0))
    assert kept.win_rate_fraction == 0.0


def test_a_mean_beyond_two_standard_errors_is_more_than_luck() -> None:
    kept = held_to(PROMISE, trades(-0.01, -0.012, -0.011, -0.01, -0.01, -0.01))
    assert kept.standard_errors < -2.0
    assert kept.is_kept is False
    assert kept.as_record()["is_kept"] is False


def test_better_than_promised_is_kept() -> None:
    assert held_to(PROMISE, trades(*[0.2] * 9)).is_kept is True


def test_without_trades_nothing_can_be_said() -> None:
    kept = held_to(PROMISE, trades())
    assert kept.is_kept is None
    assert math.isnan(kept.mean_fraction)
    assert kept.as_record()["mean_fraction"] is None


def test_a_trade_without_a_stake_is_refused() -> None:
    with pytest.raises(MeasureError, match="no stake"):
        held_to(PROMISE, trades(0.1, stake=math.nan))
