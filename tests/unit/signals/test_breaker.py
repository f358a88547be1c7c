"""The breaker of a leg: beyond what a day does, and no entry right after it."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import Side
from plimsoll.signals.breaker import breaker_fractions, is_barred, is_halfway
from tests.unit.signals.columns import NAN, series, sides

DAYS = pd.date_range("2024-01-01", periods=60, freq="D", tz="UTC")


def swinging(step: float) -> pd.Series:
    """Closes that go up and down by a log step in turn: its sample deviation over 30 days."""
    return pd.Series(100 * np.exp(np.where(np.arange(60) % 2, step, 0.0)), DAYS)


def test_it_is_eight_daily_volatilities_and_never_less_than_thirty_percent() -> None:
    closes = pd.DataFrame({"calm": swinging(0.01), "wild": swinging(0.10)})
    fractions = breaker_fractions(closes)
    assert fractions["calm"].eq(0.30).all()
    deviation = 0.10 * (30 / 29) ** 0.5
    assert fractions["wild"].iloc[-1] == pytest.approx(8 * deviation)


def test_before_the_volatility_is_known_it_is_thirty_percent() -> None:
    closes = pd.DataFrame({"wild": swinging(0.10)})
    assert breaker_fractions(closes)["wild"].iloc[:20].eq(0.30).all()
    assert breaker_fractions(closes)["wild"].iloc[21] > 0.5


def test_a_day_depends_on_no_later_one() -> None:
    closes = pd.DataFrame({"wild": swinging(0.10)})
    later = closes.copy()
    later.iloc[40:] *= 3
    before = breaker_fractions(closes).iloc[:40]
    pd.testing.assert_frame_equal(before, breaker_fractions(later).iloc[:40])


@pytest.mark.parametrize(("side", "prices"), [(Side.LONG, (86, 85)), (Side.SHORT, (114, 115))])
def test_halfway_is_half_of_the_way_from_the_fill_to_the_stop(
    side: Side, prices: tuple[float, float]
) -> None:
    stop = 100 - 30 * side.sign
    nearly, there = [
        is_halfway(side, fill_price=100, stop_price=stop, price=price) for price in prices
    ]
    assert (nearly, there) == (False, True)
    assert not is_halfway(side, fill_price=100, stop_price=stop, price=100 + 20 * side.sign)


@sides
def test_a_leg_is_barred_until_its_target_was_zero_or_opposite(side: Side) -> None:
    sign = side.sign
    assert is_barred(side, series(0.1, 0.2) * sign, decisions=7)
    assert is_barred(side, series(NAN, 0.2) * sign, decisions=7)
    assert is_barred(side, series(), decisions=7)
    assert not is_barred(side, series(0.1, 0.0, 0.2) * sign, decisions=7)
    assert not is_barred(side, series(0.1, -0.1, 0.2) * sign, decisions=7)


@sides
def test_a_leg_is_free_after_so_many_decisions(side: Side) -> None:
    weights = pd.Series(0.1 * side.sign, DAYS[:7])
    assert is_barred(side, weights.iloc[:6], decisions=7)
    assert not is_barred(side, weights, decisions=7)
