"""A pair's columns give the very rows that Freqtrade's loop goes through."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.fast_lane.candle_rows import Grid, Line, PairRows
from tests.identity.drawing import setting
from tests.identity.running import Bench, Run

START, HOUR = datetime(2024, 1, 1, tzinfo=UTC), timedelta(hours=1)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A backtest with holes, tags, shorts and a pair that begins late."""
    with Bench() as bench, bench._prepared(setting("callbacks", 1, 1)) as make:
        made = make()
        made.load()
        yield made


def test_every_row_is_that_of_freqtrades_list(run: Run) -> None:
    backtesting = run.backtesting
    grid = Grid(run.start, run.end, backtesting.timeframe_td)
    processed = {pair: frame.copy() for pair, frame in run.processed.items()}
    rows_of = backtesting._get_ohlcv_as_lists(processed)  # it leaves trimmed frames with signals
    for pair, rows in rows_of.items():
        frame = processed[pair]
        steps = grid.steps_of(frame["date"])
        assert steps is not None
        ours = PairRows(pair, frame, steps, grid.steps, can_short=backtesting._can_short)
        assert len(ours) == len(rows)
        assert [ours.at(row) for row in range(len(rows))] == rows
        sides = [backtesting.check_for_trade_entry(row) for row in rows]
        assert [ours.direction(row) for row in range(len(rows))] == sides
        entries = [int(step) for step, side in zip(steps, sides, strict=True) if side]
        assert ours.entries == entries


def pair_rows(hours: list[int], **columns: list[object]) -> PairRows:
    """A pair with candles at some hours; the first of them is dropped."""
    dates = pd.to_datetime([START + hour * HOUR for hour in hours], utc=True)
    frame = pd.DataFrame({"date": dates, **dict.fromkeys(("open", "high", "low", "close"), 1.0)})
    grid = Grid(START, START + 10 * HOUR, HOUR)
    steps = grid.steps_of(frame["date"])
    assert steps is not None
    return PairRows("A/B", frame.assign(**columns), steps, grid.steps, can_short=True)


def test_a_step_in_a_hole_has_no_row() -> None:
    rows = pair_rows([0, 1, 2, 5, 6])
    assert rows.row_of.tolist()[:6] == [0, 1, -1, -1, 2, 3]
    assert rows.rows_until.tolist()[:6] == [1, 2, 2, 2, 3, 4]


def test_a_tag_that_is_missing_is_none_and_signals_are_of_the_candle_before() -> None:
    rows = pair_rows([0, 1, 2], enter_long=[1, np.nan, 0], enter_tag=["a", None, "c"])
    assert rows.at(0)[5:] == [1.0, 0, 0, 0, "a", None]
    assert rows.at(1)[5:] == [0.0, 0, 0, 0, None, None]


def test_candles_beside_the_grid_or_out_of_order_are_told() -> None:
    grid = Grid(START, START + 10 * HOUR, HOUR)
    beside = pd.Series(pd.to_datetime([START, START + HOUR, START + 2.5 * HOUR], utc=True))
    assert grid.steps_of(beside) is None
    twice = pd.Series(pd.to_datetime([START, START + HOUR, START + HOUR], utc=True))
    assert grid.steps_of(twice) is None


@pytest.mark.parametrize(("hours", "step"), [(1, 0), (1.5, 1), (2, 1), (0, -1)])
def test_the_step_at_or_after_a_moment(hours: float, step: int) -> None:
    grid = Grid(START, START + 10 * HOUR, HOUR)
    assert grid.step_after(START + hours * HOUR) == step
    assert grid.time(0) == START + HOUR


def test_funding_is_booked_at_full_hours_up_to_their_stamps() -> None:
    rows, grid = pair_rows([0, 1, 2, 3, 5]), Grid(START, START + 10 * HOUR, HOUR)
    stamps = pd.to_datetime([START + 2 * HOUR, START + 4 * HOUR], utc=True).as_unit("ns").asi8
    rates = pd.DataFrame({"_ff_date_ns": stamps, "_ff_fee_per_unit": [0.5, 0.25]})
    rows.learn_funding(rates, grid, 3600)
    assert rows.stamps.tolist() == [0, 1, 1, 2]
    assert rows.funding.tolist() == [0.0, 0.5, 0.5, 0.75]
    assert rows.paid_before(START + 4 * HOUR) == 0.5
    rows.learn_funding(rates, grid, 7200)
    assert rows.stamps.tolist() == [0, 1, 1, 1]


def test_the_next_entry_is_found_and_those_between_are_counted() -> None:
    line = Line(pair_rows([0, 1, 2, 3, 4, 5], enter_long=[0, 1, 0, 1, 1, 0]))
    assert [line.next_entry(step) for step in (0, 1, 2, 3, 4)] == [1, 1, 3, 3, 4]
    assert line.rows.entries_between(1, 4) == 2
