"""The closes of a backtest: nothing later than a moment is ever read."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.bridge.account.closes import Closes

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
STEP = 300


def frame(rows: list[int]) -> pd.DataFrame:
    """Candles that open at these steps; their closes say which."""
    opened = pd.to_datetime([FIRST + timedelta(seconds=STEP * row) for row in rows], utc=True)
    return pd.DataFrame({"date": opened, "close": [100.0 + r for r in rows], "volume": 2.0})


def closes(rows: list[int], pair: str = BTC) -> Closes:
    made = Closes(STEP)
    made.add(pair, frame(rows))
    return made


def at(seconds: float) -> datetime:
    return FIRST + timedelta(seconds=seconds)


def newest(made: Closes, seconds: float, pair: str = BTC) -> int | None:
    """The row of the newest candle closed at a time; by its close."""
    candle = made.newest(pair, at(seconds).timestamp())
    return None if candle is None else round(candle.close - 100)


def reference(rows: list[int], seconds: float) -> int | None:
    """The slow way: the last row whose candle has closed."""
    known = [row for row in rows if STEP * (row + 1) <= seconds]
    return known[-1] if known else None


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.integers(0, 60), min_size=1, max_size=40, unique=True).map(sorted),
    moments=st.lists(st.integers(-STEP, 70 * STEP), min_size=1, max_size=30),
)
def test_the_newest_closed_candle_at_any_moments_in_any_order(
    rows: list[int], moments: list[int]
) -> None:
    """Holes, jumps and a pointer that goes back, as in the next epoch of hyperopt."""
    made = closes(rows)
    for seconds in moments:
        expected = reference(rows, seconds)
        assert newest(made, seconds) == expected
        window = made.window(BTC, at(seconds), 7)
        assert window is not None
        known = [row for row in rows if STEP * (row + 1) <= seconds][-7:]
        assert window.closes.tolist() == [100.0 + row for row in known]
        assert window.opened_s.tolist() == [int(at(STEP * row).timestamp()) for row in known]


def test_a_candle_is_known_when_it_closes_and_not_before() -> None:
    made = closes([0, 1])
    assert newest(made, STEP - 1) is None
    assert newest(made, STEP) == 0
    assert newest(made, 2 * STEP - 0.001) == 0
    assert newest(made, 2 * STEP) == 1


def test_what_comes_later_changes_nothing() -> None:
    past, whole = closes(list(range(10))), closes(list(range(10)))
    later = frame(list(range(40)))
    later.loc[10:, "close"] = np.nan
    whole.add(BTC, later)
    for seconds in range(0, 10 * STEP + 1, 60):
        now = at(seconds)
        assert whole.newest(BTC, now.timestamp()) == past.newest(BTC, now.timestamp())
        one, other = whole.window(BTC, now, 5), past.window(BTC, now, 5)
        assert one is not None
        assert other is not None
        assert one.closes.tolist() == other.closes.tolist()


def test_a_candle_says_when_it_closed_and_what_it_traded() -> None:
    candle = closes([3]).newest(BTC, at(STEP * 10).timestamp())
    assert candle == (at(STEP * 4).timestamp(), 103.0, 206.0)


def test_a_pair_that_was_never_shown_is_unknown() -> None:
    made = closes([0])
    assert made.newest(ETH, at(STEP * 9).timestamp()) is None
    assert made.window(ETH, at(STEP * 9), 5) is None


def test_showing_a_pair_again_takes_the_place_of_its_candles() -> None:
    made = closes([0, 1, 2])
    assert newest(made, 3 * STEP) == 2
    made.add(BTC, frame([0]))
    assert newest(made, 3 * STEP) == 0


@pytest.mark.parametrize("unit", ["ns", "ms", "s"])
def test_the_unit_of_the_dates_does_not_matter(unit: str) -> None:
    made = Closes(STEP)
    shown = frame([0, 1])
    made.add(BTC, shown.assign(date=shown["date"].dt.as_unit(unit)))
    assert newest(made, 2 * STEP) == 1


def test_the_close_alone_is_that_of_the_newest_candle() -> None:
    made = closes([3])
    assert made.close(BTC, at(STEP * 4).timestamp()) == (at(STEP * 4).timestamp(), 103.0)
    assert made.close(BTC, at(STEP * 4 - 1).timestamp()) is None
    assert made.close(ETH, at(STEP * 4).timestamp()) is None


def test_a_window_holds_the_returns_to_its_candles() -> None:
    window = closes([0, 1, 2, 3]).window(BTC, at(STEP * 4), 2)
    assert window is not None
    assert window.returns is not None
    assert window.returns.tolist() == pytest.approx(np.log([102 / 101, 103 / 102]).tolist())
