"""Two runs of a strategy are compared up to the moment from which their markets differ."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from plimsoll.checks.leaks import Apart, Decision, Fill, Leaks, StrategyRun, apart_before

SPAN = pd.Timedelta(minutes=5)
START = pd.Timestamp("2024-01-01", tz="UTC")
PAIR = "BTC/USDT:USDT"
ROWS = 100


def at(row: int) -> pd.Timestamp:
    return START + row * SPAN


CUT = at(61)
"""05:05: inside every longer candle."""


def frame(**columns: object) -> pd.DataFrame:
    dates = pd.date_range(START, periods=ROWS, freq=SPAN)
    return pd.DataFrame({"date": dates, "close": np.arange(ROWS, dtype="float64"), **columns})


def run(
    columns: pd.DataFrame | None = None,
    decisions: tuple[Decision, ...] = (),
    fills: tuple[Fill, ...] = (),
    filled_within: frozenset[pd.Timestamp] = frozenset(),
) -> StrategyRun:
    return StrategyRun(
        {PAIR: frame() if columns is None else columns}, decisions, fills, filled_within
    )


def answer(row: int, value: object, callback: str = "custom_exit") -> Decision:
    return Decision(at(row), callback, PAIR, value)


def fill(row: int, amount: float = 1.0) -> Fill:
    return Fill(at(row), PAIR, "buy", amount, 100.0, "")


def parts(known: StrategyRun, other: StrategyRun) -> list[str]:
    return [one.what for one in apart_before(known, other, CUT, SPAN)]


def differing(rows: slice, dtype: str = "float64") -> tuple[StrategyRun, StrategyRun]:
    values = np.arange(ROWS).astype(dtype)
    changed = values.copy()
    changed[rows] += 7
    return run(frame(middle=values)), run(frame(middle=changed))


def test_column_that_differs_before_the_moment_looks_ahead() -> None:
    (one,) = apart_before(*differing(slice(58, None)), CUT, SPAN)
    assert (one.what, one.part, one.pair, one.reach) == ("middle", "columns", PAIR, 3)
    assert one.at == at(59)
    assert (one.known, one.other) == ("58", "65")


def test_candle_that_has_not_closed_at_the_moment_may_differ() -> None:
    assert parts(*differing(slice(61, None))) == []
    assert parts(*differing(slice(60, None))) == ["middle"]


def test_rounding_is_no_difference() -> None:
    values = np.linspace(1, 2, ROWS)
    assert parts(run(frame(middle=values)), run(frame(middle=values * (1 + 1e-9)))) == []
    assert parts(run(frame(middle=values)), run(frame(middle=values * (1 + 1e-5)))) == ["middle"]


def test_nothing_is_equal_to_nothing_and_to_no_number() -> None:
    empty, some = np.full(ROWS, np.nan), np.full(ROWS, np.nan)
    some[30] = 1.0
    assert parts(run(frame(enter_long=empty)), run(frame(enter_long=empty))) == []
    (one,) = apart_before(run(frame(enter_long=empty)), run(frame(enter_long=some)), CUT, SPAN)
    assert one.part == "signals"


def test_words_are_compared_as_they_are() -> None:
    up, down = ["up"] * ROWS, ["up"] * 59 + ["down"] * (ROWS - 59)
    assert parts(run(frame(enter_tag=up)), run(frame(enter_tag=down))) == ["enter_tag"]
    assert parts(run(frame(enter_tag=up)), run(frame(enter_tag=up))) == []


@pytest.mark.parametrize(
    ("value", "other", "differs"),
    [
        (None, "peak", True),
        ("peak", "peak", False),
        (10.0, 10.0 + 1e-9, False),
        (10.0, 11.0, True),
        ((5.0, "more"), (5.0, "more"), False),
        ((5.0, "more"), (6.0, "more"), True),
        (True, False, True),
    ],
)
def test_answers_before_the_moment_are_the_same(
    value: object, other: object, differs: bool
) -> None:
    known, changed = run(decisions=(answer(40, value),)), run(decisions=(answer(40, other),))
    assert parts(known, changed) == (["custom_exit"] if differs else [])


def test_answers_after_the_moment_may_differ() -> None:
    assert parts(run(decisions=(answer(62, 1.0),)), run(decisions=(answer(62, 2.0),))) == []


def test_answer_at_the_moment_rests_on_the_past_alone() -> None:
    known, other = (run(decisions=(answer(61, one),)) for one in ("peak", None))
    assert parts(known, other) == ["custom_exit"]


def test_what_the_candle_itself_brings_may_differ_at_the_moment() -> None:
    """A stop is asked with the candle's high; what is asked after it may follow from it."""
    known, other = (
        run(decisions=(answer(61, one, "custom_stoploss"), answer(61, one))) for one in (-0.1, -0.2)
    )
    assert parts(known, other) == []


def test_candle_in_which_a_position_was_stopped_is_not_compared() -> None:
    known = run(decisions=(answer(61, 5.0, "custom_stake_amount"),))
    other = run(decisions=(answer(61, 6.0, "custom_stake_amount"),), filled_within=frozenset({CUT}))
    assert parts(known, other) == []
    assert parts(known, replace(other, filled_within=frozenset())) == ["custom_stake_amount"]


def test_fills_are_told_where_nothing_else_differs() -> None:
    (one,) = apart_before(run(fills=(fill(40),)), run(fills=(fill(40, 2.0),)), CUT, SPAN)
    assert (one.what, one.known, one.other) == ("fills", "a buy of 1 at 100", "a buy of 2 at 100")
    (missing,) = apart_before(run(fills=(fill(40),)), run(), CUT, SPAN)
    assert missing.other == "no fill"
    both = parts(
        run(decisions=(answer(40, 1.0),), fills=(fill(40),)), run(decisions=(answer(40, 2.0),))
    )
    assert both == ["custom_exit"]
    assert parts(run(fills=(fill(62),)), run()) == []


def told(*apart: Apart) -> str:
    leaks = Leaks()
    for one in apart:
        leaks.add([one])
    (finding,) = leaks.findings("strategy Tried", SPAN)
    return str(finding)


def column(cut: int, reach: int, rows: int = 60) -> Apart:
    return Apart(
        "middle", "columns", PAIR, at(cut - reach + 1), "1", "2", at(cut), reach=reach, rows=rows
    )


def test_shift_is_told_by_its_candles() -> None:
    assert "it looks 2 candles ahead" in told(column(61, 2), column(88, 2))
    assert "up to 3 candles ahead" in told(column(62, 2), column(88, 3))


def test_figure_of_the_whole_data_is_told() -> None:
    assert "a figure of the whole data" in told(column(61, 60), column(88, 87, rows=87))


def test_unfinished_candle_is_told_by_its_length() -> None:
    """05:05 and 07:40: the rows since 05:00 and since 07:00 knew how the hour would close."""
    assert "like a 1h candle that had not closed" in told(column(61, 1), column(92, 8))


def test_finding_names_what_leaked_where_and_when() -> None:
    apart = Apart("custom_stake_amount", "stakes", PAIR, at(61), "10", "20", CUT)
    assert told(apart) == (
        "strategy Tried: stakes rest on the past: custom_stake_amount of BTC/USDT:USDT at "
        "2024-01-01 05:05 UTC answers 10, and 20 with another future from 2024-01-01 05:05: "
        "it looks ahead"
    )
