import numpy as np
import pytest

from plimsoll.venue.market.base import CANDLE, Rows
from plimsoll.venue.market.intervals import INTERVALS, MINUTE_MS
from plimsoll.venue.market.pathwise import bend_rows, forming_candle, log_at
from plimsoll.venue.market.scenario import Overlay, start_event

SYMBOL = "BTCUSDT"
THREE = INTERVALS["3m"]


@pytest.fixture
def rows() -> Rows:
    """Two rising candles of three minutes: one vertex a minute."""
    first = (0, 100.0, 130.0, 90.0, 120.0, 3.0, 300.0, 3, 1.5, 150.0)
    second = (3 * MINUTE_MS, 120.0, 150.0, 110.0, 140.0, 3.0, 300.0, 3, 1.5, 150.0)
    return np.array([first, second], dtype=CANDLE)


def moved(start_ms: int, *, seconds: float = 1.0) -> Overlay:
    """Return an overlay that halves the price from an instant on."""
    overlay = Overlay()
    event = start_event(
        "move",
        now_ms=start_ms,
        symbols=None,
        known_symbols=[SYMBOL],
        magnitude=-0.5,
        duration_seconds=seconds,
    )
    overlay.add(event, [SYMBOL], lambda _, times: np.zeros(len(times)))
    return overlay


@pytest.mark.parametrize(("minute", "price"), [(0, 100), (1, 90), (2, 130), (3, 120)])
def test_the_path_runs_through_its_vertices(rows: Rows, minute: int, price: float) -> None:
    assert np.exp(log_at(rows[:1], THREE, minute * MINUTE_MS)) == pytest.approx(price)


@pytest.mark.parametrize(
    ("minute", "high", "low", "close"),
    [(0, 100, 100, 100), (1, 100, 90, 90), (2, 130, 90, 130), (3, 130, 90, 120)],
)
def test_a_forming_candle_has_seen_only_its_path_so_far(
    rows: Rows, minute: int, high: float, low: float, close: float
) -> None:
    now_ms = minute * MINUTE_MS
    seen = forming_candle(rows[:1], THREE, SYMBOL, Overlay(), 2, now_ms, is_price=True)
    assert seen[["open", "high", "low", "close"]].tolist() == [(100, high, low, close)]
    assert seen["volume"].tolist() == [minute]


def test_a_premium_moves_straight_from_open_to_close(rows: Rows) -> None:
    seen = forming_candle(rows[:1], THREE, SYMBOL, Overlay(), 2, 90_000, is_price=False)
    assert seen[["open", "high", "low", "close"]].tolist() == [(100, 110, 100, 110)]


def test_only_candles_after_the_start_of_a_scenario_are_bent(rows: Rows) -> None:
    bent = bend_rows(rows, THREE, SYMBOL, moved(3 * MINUTE_MS), 2)
    assert bent[0] == rows[0]
    assert bent["open"][1] == 120
    assert bent["close"][1] == pytest.approx(70)
    assert rows["close"][1] == 140


def test_a_scenario_of_another_contract_bends_nothing(rows: Rows) -> None:
    overlay = Overlay()
    event = start_event("move", now_ms=0, symbols=["ETHUSDT"], known_symbols=["ETHUSDT"])
    overlay.add(event, ["ETHUSDT"], lambda _, times: np.zeros(len(times)))
    assert bend_rows(rows, THREE, SYMBOL, overlay, 2) is rows
