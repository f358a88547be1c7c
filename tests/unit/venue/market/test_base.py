import numpy as np
import pytest

from plimsoll.venue.market.base import (
    CANDLE,
    Rows,
    Window,
    aggregate,
    fill_quote_volume,
    grid_between,
    path_vertices,
    round_sums,
)
from plimsoll.venue.market.intervals import DAY_MS, INTERVALS, MINUTE_MS

FIVE = 5 * MINUTE_MS


def candle(open_ms: int, opened: float, high: float, low: float, close: float) -> tuple[float, ...]:
    return (open_ms, opened, high, low, close, 2.0, 200.0, 3, 1.0, 100.0)


def rows(*candles: tuple[float, ...]) -> Rows:
    return np.array(list(candles), dtype=CANDLE)


def test_a_rising_candle_visits_its_low_first_and_a_falling_one_its_high() -> None:
    rising, falling = candle(0, 10, 14, 9, 12), candle(0, 12, 14, 9, 10)
    paths = np.exp(path_vertices(rows(rising, falling)))
    assert paths.tolist() == [pytest.approx([10, 9, 14, 12]), pytest.approx([12, 14, 9, 10])]


def test_fine_candles_merge_into_the_coarse_ones_that_hold_them() -> None:
    fine = rows(candle(0, 10, 11, 9, 10), candle(1, 10, 15, 10, 14), candle(2, 14, 14, 8, 9))
    merged = aggregate(fine, np.array([0, 0, 2]))
    assert merged[["open_ms", "open", "high", "low", "close", "volume", "trades"]].tolist() == [
        (0, 10, 15, 9, 14, 4, 6),
        (2, 14, 14, 8, 9, 2, 3),
    ]
    assert len(aggregate(fine[:0], np.empty(0, dtype=np.int64))) == 0


@pytest.mark.parametrize(
    ("window", "opens"),
    [
        (Window(None, None, 3), [2, 3, 4]),
        (Window(None, 3 * FIVE + 1, 2), [2, 3]),
        (Window(0, None, 2), [1, 2]),
        (Window(2 * FIVE, 3 * FIVE, 10), [2, 3]),
        (Window(2 * FIVE + 1, 3 * FIVE, 10), [3]),
        (Window(9 * FIVE, None, 10), []),
    ],
)
def test_a_grid_has_the_opens_of_the_window_since_the_listing(
    window: Window, opens: list[int]
) -> None:
    grid = grid_between(INTERVALS["5m"], window, FIVE, 4 * FIVE + 7)
    assert (grid // FIVE).tolist() == opens


def test_a_grid_of_months_reaches_far_enough_back() -> None:
    grid = grid_between(INTERVALS["1M"], Window(None, None, 24), 0, 10_000 * DAY_MS)
    assert len(grid) == 24
    assert grid.astype("datetime64[ms]").astype("datetime64[D]")[-1] == np.datetime64("1997-05-01")


def test_quote_volume_is_volume_times_the_typical_price() -> None:
    filled = fill_quote_volume(rows(candle(0, 1000, 1400, 800, 1200)))
    assert filled["quote_volume"].tolist() == [2 * 1100]
    assert filled["taker_quote"].tolist() == [1100]
    assert filled["trades"].tolist() == [3]


def test_rounded_sums_have_the_contract_s_decimals() -> None:
    summed = rows(candle(0, 1, 1, 1, 1))
    summed["volume"], summed["quote_volume"] = 0.1 + 0.2, 1.00004
    assert round_sums(summed, 1)["volume"].tolist() == [0.3]
    assert summed["quote_volume"].tolist() == [1.0]
