"""Freqtrade's code on the candles that matter answers what it answers on all of them."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from plimsoll.lab.fast_lane.sparse import SparseLane
from tests.identity.comparing import first_difference
from tests.identity.drawing import setting
from tests.identity.running import Bench, Run

SETTINGS = [("callbacks", 1), ("guards", 0), ("portfolio", 0), ("spot", 0), ("rules", 1)]
"""Of the first seed: a stop and a ROI of its own, guards that halt, a book that is rebalanced, the
wallet of a spot account, shorts that reverse."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


def loaded(make: Callable[[], Run]) -> Run:
    """Return a run whose candles are analysed."""
    run = make()
    run.load()
    return run


def compared(bench: Bench, drawn: dict[str, Any]) -> tuple[Any, SparseLane, Run]:
    """Return the first difference, the lane and its run."""
    with bench._prepared(drawn) as make:
        fast, slow = loaded(make), loaded(make)
        slow.backtesting.exchange._config = slow.backtesting.config
        expected = slow.freqtrade()
        expected |= slow.aside(expected)
        fast.backtesting.exchange._config = fast.backtesting.config
        lane = SparseLane(fast.backtesting)
        got = lane.backtest(fast.processed, fast.start, fast.end)
        got |= fast.aside(got)
        return first_difference(expected, got), lane, fast


@pytest.mark.parametrize(("kind", "number"), SETTINGS)
def test_it_answers_what_freqtrade_does(bench: Bench, kind: str, number: int) -> None:
    difference, lane, run = compared(bench, setting(kind, 1, number))
    assert lane.refusal is None
    assert difference is None, str(difference)
    steps = (run.end - run.start) // run.backtesting.timeframe_td
    assert 0 < lane.visits <= steps


def test_candles_on_which_nothing_can_happen_are_passed_by(bench: Bench) -> None:
    drawn = setting("rules", 1, 1) | {"strategy": "NoTrade", "source": None, "params": {}}
    difference, lane, run = compared(bench, drawn)
    assert difference is None, str(difference)
    days = (run.end - run.start).days
    assert lane.visits <= days + 4  # a day begins, the first candle and the last
    assert lane.visits < (run.end - run.start) / run.backtesting.timeframe_td / 5


def test_candles_beside_the_grid_are_left_to_freqtrade(bench: Bench) -> None:
    drawn = setting("spot", 1, 0)
    with bench._prepared(drawn) as make:
        fast, slow = loaded(make), loaded(make)
        for run in (fast, slow):
            pair = next(reversed(run.processed))
            frame = run.processed[pair]
            run.processed[pair] = frame.assign(date=frame["date"] + pd.Timedelta(minutes=1))
        expected = slow.freqtrade()
        lane = SparseLane(fast.backtesting)
        got = lane.backtest(fast.processed, fast.start, fast.end)
    assert lane.visits == 0
    assert first_difference(expected, got) is None


@pytest.mark.parametrize(
    ("attribute", "value", "named"),
    [
        ("timeframe_detail", "1m", "timeframe_detail"),
        ("_position_stacking", True, "position_stacking"),
        ("dynamic_pairlist", True, "enable_dynamic_pairlist"),
    ],
)
def test_what_it_cannot_honour_it_names(
    bench: Bench, attribute: str, value: Any, named: str
) -> None:
    with bench._prepared(setting("spot", 1, 0)) as make:
        backtesting = loaded(make).backtesting
        setattr(backtesting, attribute, value)
        assert named in (SparseLane(backtesting).refusal or "")
