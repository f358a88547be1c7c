"""Weeks of a real market drawn anew: its moves as large as they were, its directions by coin."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.calibration.hours import Hours
from plimsoll.lab.calibration.real_blocks import WEEK, drawn_hours, real_hours

WEEKS = 60


def trending(seed: int) -> pd.DataFrame:
    """Hourly candles that rise by a third a week: an edge that nobody could miss."""
    count = (WEEKS + 1) * WEEK
    lot = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(lot.normal(0.0017, 0.004, count)) / 4)
    opened = np.concatenate([[100.0], close[:-1]])
    return pd.DataFrame(
        {
            "date": pd.date_range("2024-01-01", periods=count, freq="h", tz="UTC"),
            "open": opened,
            "high": np.maximum(opened, close) * 1.002,
            "low": np.minimum(opened, close) * 0.999,
            "close": close,
            "volume": 10.0,
        }
    )


@pytest.fixture(scope="module")
def real() -> Hours:
    return real_hours({"BTC": trending(1), "ETH": trending(2)})


def test_hours_are_whole_weeks_from_a_wednesday_on(real: Hours) -> None:
    assert len(real) % WEEK == 0
    assert len(real) // WEEK == WEEKS
    candles = trending(1).set_index("date")["close"]
    wednesday = pd.Timestamp("2024-01-03", tz="UTC")
    hour = pd.Timedelta(hours=1)
    assert real.moves[0, 0] == pytest.approx(np.log(candles[wednesday] / candles[wednesday - hour]))


def test_what_went_up_is_expected_nowhere(real: Hours) -> None:
    assert real.moves.mean() / real.moves.std() * np.sqrt(real.moves.size) > 10
    held = [np.expm1(drawn_hours(real, seed, 5000).moves[0]) for seed in range(30)]
    means = np.array([one.mean() / one.std() * np.sqrt(len(one)) for one in held])
    assert abs(means.mean()) < 3 / np.sqrt(30)


def test_moves_stay_as_large_and_turn_together(real: Hours) -> None:
    drawn = drawn_hours(real, 5, 3 * WEEK)
    size = np.abs(drawn.moves + np.log(np.cosh(drawn.moves)))
    known = np.sort(np.abs(real.moves[0]).round(9))
    places = np.searchsorted(known, size[0].round(9) - 2e-6)
    np.testing.assert_allclose(known[np.minimum(places, len(known) - 1)], size[0], atol=1e-4)
    assert (drawn.rises >= np.maximum(drawn.moves, 0)).all()
    assert (drawn.falls >= np.maximum(-drawn.moves, 0)).all()


def test_a_price_is_expected_to_stay_exactly() -> None:
    """Up and down by the coin are as far away in price, not in its logarithm."""
    moves = np.full((1, WEEK * 52), 0.2)
    drawn = drawn_hours(Hours(moves, moves, np.zeros_like(moves), moves), 1, 1000)
    np.testing.assert_allclose(np.abs(np.expm1(drawn.moves)), np.tanh(0.2))


def test_a_turned_hour_rises_as_far_as_it_fell() -> None:
    moves = np.full((1, WEEK * 52), 0.01)
    flat = np.zeros_like(moves)
    drawn = drawn_hours(Hours(moves, moves + 0.005, flat + 0.001, flat + 1.0), 1, 2000)
    fell = drawn.moves[0] < 0
    assert 0.4 < fell.mean() < 0.6
    np.testing.assert_allclose(drawn.falls[0][fell], 0.015)
    np.testing.assert_allclose(drawn.rises[0][fell], 0.001)
    np.testing.assert_allclose(drawn.rises[0][~fell], 0.015)


def test_a_seed_is_a_market(real: Hours) -> None:
    one, same, other = (drawn_hours(real, seed, 400) for seed in (1, 1, 2))
    assert (one.moves == same.moves).all()
    assert (one.moves != other.moves).any()


def test_a_hole_or_too_few_weeks_are_refused() -> None:
    holed = trending(1).drop(index=[2000])
    with pytest.raises(UsageError, match="BTC has a hole at 2024-03-24 08:00 UTC"):
        real_hours({"BTC": holed})
    with pytest.raises(UsageError, match="expected 52 weeks of BTC, found 2"):
        real_hours({"BTC": trending(1).iloc[: 3 * WEEK]})
