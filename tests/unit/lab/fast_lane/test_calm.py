"""The guards are woken as soon as what they said of their rest may no longer hold."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from plimsoll.bridge.account.calm import Bounds
from plimsoll.lab.fast_lane.calm import guards_wake
from plimsoll.lab.fast_lane.candle_rows import Grid, Line, PairRows

START, HOUR = datetime(2024, 1, 1, tzinfo=UTC), timedelta(hours=1)
GRID = Grid(START, START + 30 * HOUR, HOUR)
TRADE = SimpleNamespace(pair="A/B")


def line(closes: list[float]) -> Line:
    dates = pd.date_range(START, periods=len(closes) + 1, freq="1h")
    frame = pd.DataFrame({"date": dates, "close": [1.0, *closes]})
    frame = frame.assign(open=frame["close"], high=frame["close"], low=frame["close"])
    steps = GRID.steps_of(frame["date"])
    assert steps is not None
    made = Line(PairRows("A/B", frame, steps, GRID.steps, can_short=True))
    made.next_row, made.booked = 1, 0
    return made


def woken(rest: Bounds | None, closes: list[float]) -> int:
    lines = {"A/B": line(closes)}
    return guards_wake(rest, [TRADE], lines, GRID, 0, has_funding=False)


def test_without_a_rest_the_next_candle_is_theirs() -> None:
    assert woken(None, [10.0] * 20) == 1


@pytest.mark.parametrize("marks", [None, [(9.0, 11.0, 0.0)]])
def test_they_rest_until_the_moment_that_they_said(marks: list[tuple[float, ...]] | None) -> None:
    assert woken(Bounds(START + 7 * HOUR, marks), [10.0] * 20) == 6


def test_a_close_beyond_a_calm_mark_wakes_them_on_the_candle_after() -> None:
    rest = Bounds(START + 25 * HOUR, [(9.0, 11.0, 0.0)])
    assert woken(rest, [10.0, 10.0, 11.0, *[10.0] * 20]) == 3


def test_a_pair_that_was_not_seen_on_this_candle_wakes_them() -> None:
    lines = {"A/B": line([10.0] * 20)}
    lines["A/B"].next_row = 0
    rest = Bounds(START + 25 * HOUR, [(9.0, 11.0, 0.0)])
    assert guards_wake(rest, [TRADE], lines, GRID, 0, has_funding=False) == 1


def test_funding_after_a_fill_wakes_them() -> None:
    lines = {"A/B": line([10.0] * 20)}
    lines["A/B"].booked = None
    lines["A/B"].rows.funding_rows[:] = [0] * 5 + [5] * 15
    rest = Bounds(START + 25 * HOUR, [(9.0, 11.0, 0.0)])
    assert guards_wake(rest, [TRADE], lines, GRID, 0, has_funding=True) == 6
    assert guards_wake(rest, [TRADE], lines, GRID, 0, has_funding=False) > 6
