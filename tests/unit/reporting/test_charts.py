"""Falls, rolling Sharpe ratio and the histogram of the days."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.drawdown import worst_falls
from plimsoll.performance.periods import rolling_sharpe
from plimsoll.reporting.charts import (
    _edges,
    falls_panel,
    returns_panel,
    rolling_panel,
    trades_panel,
)
from tests.unit.performance.frames import hours, trade, trades_frame
from tests.unit.reporting.records import record

RUN = record()
FLAT = pd.Series(100.0, index=hours(24 * 40))


def test_the_worst_falls_are_numbered_and_told() -> None:
    falls = worst_falls(RUN.equity, 5)
    panel = falls_panel("k", RUN.equity, falls, "caption")
    depth = f"{falls[0].max_fraction * 100:.2f} %"
    assert f"The deepest fall was {depth}" in panel.summary
    for _, svg in panel.svgs:
        assert all(f">{place}</text>" in svg for place in range(1, len(falls) + 1))
    assert panel.rows[0][0] == "2024-01-31"


def test_an_account_that_never_fell_says_so() -> None:
    panel = falls_panel("k", FLAT, [], "caption")
    assert panel.summary == "The account never fell below an earlier value."


def test_the_rolling_ratio_says_its_range_and_its_error() -> None:
    sharpe = rolling_sharpe(RUN.equity, 60)
    panel = rolling_panel("k", sharpe, 60, "caption.")
    low, high = sharpe.min(), sharpe.max()
    assert panel.summary.replace("−", "-").startswith(f"Between {low:.2f} and {high:.2f};")
    assert panel.caption.endswith("Its standard error over 60 days is about 2.5.")


def test_days_without_a_change_are_told_and_not_drawn() -> None:
    panel = returns_panel("k", RUN.equity, "caption")
    assert panel is not None
    drawn = sum(int(row[1]) for row in panel.rows)
    rested = pd.concat([RUN.equity, pd.Series(RUN.equity.iloc[-1], RUN.equity.index + RUN_LENGTH)])
    again = returns_panel("k", rested, "caption")
    assert again is not None
    assert sum(int(row[1]) for row in again.rows) == drawn
    assert "without a change are not drawn" in again.summary
    assert returns_panel("k", FLAT, "caption") is None


def test_the_returns_of_trades_are_of_the_entry_s_value_after_costs() -> None:
    rows = trades_frame(
        trade(RUN.start, RUN.end, 10.0, 11.0, amount=2.0, fee=0.001, leverage=5.0),
        trade(RUN.start, RUN.end, 10.0, 9.0),
    )
    panel = trades_panel("k", rows, "caption")
    assert "worst −10.00 %, best 9.79 %" in panel.summary
    assert "mean −0.10 %" in panel.summary
    assert sum(int(row[1]) for row in panel.rows) == 2


RUN_LENGTH = RUN.equity.index[-1] - RUN.equity.index[0] + pd.Timedelta(hours=1)


@pytest.mark.parametrize("values", [[-3.0, 1.0], [0.5], [2.0, 2.0], [-1.0, -0.5]])
def test_edges_hold_all_values_and_one_bin_begins_or_ends_at_0(values: list[float]) -> None:
    edges = _edges(np.array(values))
    assert edges[0] <= min(values)
    assert edges[-1] >= max(values)
    step = edges[1] - edges[0]
    assert edges[0] / step == pytest.approx(round(edges[0] / step))
