"""The compiled scans find the first candle on which something may happen, and none before it."""

import random
from math import inf, nan

import numpy as np
import pytest
from freqtrade.persistence import LocalTrade
from freqtrade.strategy import stoploss_from_absolute
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.lab.fast_lane.waking import (
    ENTER_LONG,
    EXIT_LONG,
    EXIT_SHORT,
    extremes,
    first_uncalm_step,
    first_waking_row,
    moves_held_stop,
)

NOTHING = (inf, inf, 0.0, 0.0, 0.0)
"""No profit is wanted, and nothing was paid."""


NO_STOP = (nan, 1.0, 0.0, 0.0)
"""No stop is held at a price."""


def rows(
    highs: list[float], lows: list[float], flags: list[int] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    signals = np.array(flags or [0] * len(highs), dtype=np.uint8)
    return np.array(highs), np.array(lows), signals, np.zeros(len(highs))


def test_a_long_wakes_at_the_low_that_meets_its_stop() -> None:
    candles = rows([11, 11, 11], [10, 9.01, 9.0])
    assert first_waking_row(0, 3, candles, (9.0, inf, inf), NO_STOP, (1.0, *NOTHING), (0, 0)) == 2


def test_a_short_wakes_at_the_high_that_meets_its_stop() -> None:
    candles = rows([11, 11.99, 12], [10, 10, 10])
    assert (
        first_waking_row(0, 3, candles, (-12.0, inf, inf), NO_STOP, (-1.0, *NOTHING), (0, 0)) == 2
    )


def test_a_row_that_was_seen_is_not_looked_at_again() -> None:
    candles = rows([11, 11, 11], [8, 10, 10])
    assert first_waking_row(1, 3, candles, (9.0, inf, inf), NO_STOP, (1.0, *NOTHING), (0, 0)) == 3


def test_a_long_wakes_at_the_high_beyond_which_its_levels_move() -> None:
    candles = rows([11, 12, 13], [10, 10, 10])
    assert first_waking_row(0, 3, candles, (0.0, 12.5, inf), NO_STOP, (1.0, *NOTHING), (0, 0)) == 2


def test_an_exit_signal_wakes_unless_its_entry_signal_is_set_too() -> None:
    flags = [EXIT_SHORT, EXIT_LONG | ENTER_LONG, EXIT_LONG]
    candles, asked = rows([11] * 3, [10] * 3, flags), (EXIT_LONG, ENTER_LONG)
    assert first_waking_row(0, 3, candles, (0.0, inf, inf), NO_STOP, (1.0, *NOTHING), asked) == 2
    assert first_waking_row(0, 3, candles, (0.0, inf, inf), NO_STOP, (1.0, *NOTHING), (0, 0)) == 3


def test_a_profit_wakes_with_the_funding_that_was_booked_by_then() -> None:
    high, low, flags, _ = rows([11, 11, 11], [10, 10, 10])
    candles = high, low, flags, np.array([0.0, 0.0, -1.5])
    values = 1.0, 12.0, inf, 0.0, 0.0, -1.0
    assert first_waking_row(0, 3, candles, (0.0, inf, inf), NO_STOP, values, (0, 0)) == 2


def test_a_trailing_stop_waits_for_its_price_and_its_profit() -> None:
    candles = rows([11, 12, 13, 14], [10] * 4)
    values = 1.0, inf, 13.5, 0.0, 0.0, 0.0
    assert first_waking_row(0, 4, candles, (0.0, inf, 12.0), NO_STOP, values, (0, 0)) == 3


@pytest.mark.parametrize("is_short", [False, True])
@pytest.mark.parametrize("leverage", [1.0, 3.0])
def test_a_held_stop_moves_where_freqtrade_moves_it(is_short: bool, leverage: float) -> None:
    chance, sign, moved = random.Random(4), -1 if is_short else 1, 0
    for _ in range(2000):
        price = round(chance.uniform(0.5, 2.0), 4)  # at a tick: rounding decides
        rate = round(price * (1 + sign * chance.uniform(0.001, 0.5)), 4)
        trade = LocalTrade(
            pair="A/B",
            open_rate=rate,
            is_short=is_short,
            leverage=leverage,
            price_precision=0.0001,
            precision_mode_price=4,
            stop_loss=price,
            initial_stop_loss_pct=-0.1,
        )
        fraction = max(stoploss_from_absolute(price, rate, is_short, leverage), 1e-9)
        trade.adjust_stop_loss(rate, fraction)
        held = price, leverage, 1e-9, price
        assert moves_held_stop(sign * rate, held) == (trade.stop_loss != price)
        moved += trade.stop_loss != price
    assert 0 < moved < 2000


def test_a_held_stop_wakes_on_the_candle_at_which_it_moves() -> None:
    candles = rows([11, 12, 13], [10, 10, 10])
    held = 9.0, 1.0, 1e-9, 9.0
    moving = [high for high in candles[0] if moves_held_stop(high, held)]
    assert not moving
    nearer = 9.5, 1.0, 1e-9, 9.0  # it is to be at 9.5 and stands at 9
    found = first_waking_row(1, 3, candles, (9.0, inf, inf), nearer, (1.0, *NOTHING), (0, 0))
    assert found == 1


def test_marks_are_uncalm_on_the_step_after_their_candle() -> None:
    close, steps = np.array([10.0, 10.5, 12.0]), np.array([4, 5, 6])
    candles = close, steps, np.zeros(3, dtype=np.int64)
    assert first_uncalm_step(0, 3, candles, (9.0, 12.0), (0, -1)) == 7


def test_a_mark_at_its_limit_is_not_calm() -> None:
    candles = np.array([10.0, 9.0]), np.array([0, 1]), np.zeros(2, dtype=np.int64)
    assert first_uncalm_step(0, 2, candles, (9.0, 12.0), (0, -1)) == 2


def test_a_hole_and_the_end_of_the_candles_are_not_calm() -> None:
    close, stamps = np.full(3, 10.0), np.zeros(3, dtype=np.int64)
    holed = close, np.array([4, 5, 8]), stamps
    assert first_uncalm_step(0, 3, holed, (9.0, 12.0), (0, -1)) == 7
    whole = close, np.array([4, 5, 6]), stamps
    assert first_uncalm_step(0, 3, whole, (9.0, 12.0), (0, -1)) == 8


def test_new_funding_is_not_calm_nor_the_first_after_a_fill() -> None:
    close, steps = np.full(4, 10.0), np.arange(4)
    candles = close, steps, np.array([2, 2, 2, 3])
    assert first_uncalm_step(0, 4, candles, (9.0, 12.0), (2, -1)) == 4
    assert first_uncalm_step(0, 4, candles, (9.0, 12.0), (2, 1)) == 2


@given(st.lists(st.tuples(st.floats(1, 100), st.floats(1, 100)), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_extremes_are_those_of_the_slice(candles: list[tuple[float, float]]) -> None:
    high, low = (np.array(column) for column in zip(*candles, strict=True))
    assert extremes(0, len(high), high, low) == (high.max(), low.min())
