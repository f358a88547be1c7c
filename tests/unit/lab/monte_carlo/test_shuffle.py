"""Signals that are moved along the candles."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.monte_carlo.shuffle import MovedSignals, drawn_shifts, moved

FRAME = pd.DataFrame(
    {
        "date": pd.date_range("2025-01-01", periods=6, freq="1h", tz="UTC"),
        "close": np.arange(6.0),
        "stop": np.arange(6.0) / 10,
        "enter_long": [1.0, 0.0, 1.0, 0.0, 0.0, np.nan],
        "enter_tag": ["w", None, "a", None, None, None],
        "exit_long": [0, 0, 0, 1, 0, 0],
    }
)


def test_signals_and_tags_go_and_everything_else_stays() -> None:
    before = FRAME.copy()
    made = moved(FRAME, 2, 3)
    # Rows 2 to 5 go round: row 2 now stands at 5, row 3 at 2.
    assert made["enter_tag"].isna().tolist() == [False, True, True, True, True, False]
    assert made["enter_long"].iloc[5] == 1.0
    assert np.isnan(made["enter_long"].iloc[4])
    assert made["exit_long"].tolist() == [0, 0, 1, 0, 0, 0]
    assert made["enter_tag"].iloc[5] == "a"
    for name in ("date", "close", "stop"):
        pd.testing.assert_series_equal(made[name], FRAME[name])
    pd.testing.assert_frame_equal(FRAME, before)


def test_all_the_way_round_is_where_it_was() -> None:
    pd.testing.assert_frame_equal(moved(FRAME, 2, 0), FRAME)
    pd.testing.assert_frame_equal(moved(FRAME, 2, 4), FRAME)


def test_the_strategy_is_asked_once_a_pair_and_warm_up_is_not_moved() -> None:
    asked = list[str]()

    def own(frame: pd.DataFrame, metadata: dict[str, str]) -> pd.DataFrame:
        asked.append(metadata["pair"])
        return frame

    signals = MovedSignals(own, FRAME["date"].iloc[2])
    for by in (0, 1, 3):
        signals.by = by
        made = signals(FRAME, {"pair": "A"})
        pd.testing.assert_frame_equal(made, moved(FRAME, 2, by))
    assert asked == ["A"]


def test_each_run_moves_by_another_number_and_none_by_nothing() -> None:
    drawn = drawn_shifts(50, 49, 3)
    assert sorted(drawn) == list(range(1, 50))
    assert drawn == drawn_shifts(50, 49, 3) != drawn_shifts(50, 49, 4)
    assert drawn_shifts(50, 5, 3) == drawn[:5]


def test_more_runs_than_ways_are_refused() -> None:
    with pytest.raises(UsageError, match=r"at most 49 runs.*found 50"):
        drawn_shifts(50, 50, 3)
