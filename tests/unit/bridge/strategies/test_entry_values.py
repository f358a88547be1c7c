"""Values on the candle before a moment: the same from a whole frame and from an analysed one."""

from datetime import timedelta

import pytest

from plimsoll.bridge.strategies.entry_values import EntryValues
from tests.unit.bridge.bots import BTC, FIVE, NOON, candles

FRAME = candles([100.0] * 6).assign(atr=[1.0, 2.0, float("nan"), 4.0, 0.0, 6.0])
FIRST = NOON - 6 * FIVE


@pytest.mark.parametrize(
    ("candle", "value"),
    [(-1, None), (0, 1.0), (1, 2.0), (2, None), (3, 4.0), (4, None), (5, 6.0), (9, 6.0)],
)
@pytest.mark.parametrize("seconds", [0, 1, 299])
def test_the_last_candle_that_had_opened_is_read(
    candle: int, value: float | None, seconds: int
) -> None:
    values, last_open = EntryValues(), FIRST + candle * FIVE + timedelta(seconds=seconds)
    values.learn(BTC, FRAME)
    for _ in range(2):
        assert values.of_whole(BTC, last_open, "atr") == value
        assert values.of_analysed(BTC, FRAME, last_open, "atr") == value


def test_a_column_that_is_not_there_is_unknown() -> None:
    values = EntryValues()
    values.learn(BTC, FRAME)
    assert values.of_whole(BTC, NOON, "rsi") is None
    assert values.of_analysed(BTC, FRAME, NOON, "rsi") is None
    assert values.of_analysed(BTC, FRAME.iloc[:0], NOON, "atr") is None


def test_a_new_frame_takes_the_place_of_the_old_one() -> None:
    values, later = EntryValues(), FRAME.assign(atr=7.0)
    assert values.of_analysed(BTC, FRAME, NOON, "atr") == 6.0
    assert values.of_analysed(BTC, later, NOON, "atr") == 7.0
    values.learn(BTC, FRAME)
    assert values.of_whole(BTC, NOON, "atr") == 6.0
    values.learn(BTC, later)
    assert values.of_whole(BTC, NOON, "atr") == 7.0


def test_what_is_changed_of_a_frame_afterwards_is_not_read() -> None:
    values, frame = EntryValues(), FRAME.copy()
    values.learn(BTC, frame)
    frame["atr"] = 9.0
    assert values.of_whole(BTC, NOON, "atr") == 6.0


def test_only_what_is_known_is_kept() -> None:
    values = EntryValues()
    assert not values.knows(BTC)
    values.keep(BTC, NOON, "atr", None)
    assert values.kept(BTC, NOON, "atr") is None
    values.keep(BTC, NOON, "atr", 3.0)
    assert values.kept(BTC, NOON, "atr") == 3.0
    assert values.kept(BTC, NOON + FIVE, "atr") is None


def test_what_was_found_in_another_frame_is_forgotten() -> None:
    values = EntryValues()
    for pair in (BTC, "ETH/USDT"):
        values.keep(pair, NOON, "atr", 6.0)
    values.learn(BTC, FRAME)
    assert values.kept(BTC, NOON, "atr") is None
    assert values.kept("ETH/USDT", NOON, "atr") == 6.0
