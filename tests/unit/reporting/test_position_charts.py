"""Exposure, costs, hours and excursions."""

import pandas as pd
import pytest

from plimsoll.performance.breakdown import by_hour, grouped
from plimsoll.performance.excursion import excursions
from plimsoll.performance.exposure import cost_curves, exposure_curve
from plimsoll.reporting.position_charts import (
    costs_panel,
    excursion_panel,
    exposure_panel,
    hours_panel,
)
from tests.unit.reporting.records import record

RUN = record()
INDEX = pd.DatetimeIndex(RUN.equity.index)


def test_exposure_says_its_mean_its_most_and_the_time_without() -> None:
    curve = exposure_curve(RUN.trades, RUN.closes, RUN.equity)
    panel = exposure_panel("k", curve, "caption")
    gross = curve["long_fraction"] + curve["short_fraction"]
    assert (
        f"{gross.mean() * 100:.1f} % on average, {gross.max() * 100:.1f} % at most" in panel.summary
    )
    assert f"{(gross == 0).mean() * 100:.1f} % of the time" in panel.summary
    assert [row[0] for row in panel.rows] == ["2024-01", "2024-02", "2024-03", "2024-04"]


def test_costs_end_at_what_was_paid() -> None:
    panel = costs_panel("k", cost_curves(RUN.trades, INDEX), 12.5, "USDT", "caption")
    assert panel.summary.startswith(f"{RUN.performance.fees_paid_usd:,.2f} USDT of fees")
    assert panel.rows[-1][1] == f"{RUN.performance.fees_paid_usd:,.2f}"
    assert "made 12.50 USDT" in panel.summary


def test_hours_tell_the_best_and_the_worst_and_that_chance_picks_some() -> None:
    groups = grouped(RUN.trades, by_hour(RUN.trades))
    panel = hours_panel("k", groups, "USDT", "caption")
    assert panel.summary.startswith(f"Best {groups[0].key}:00")
    assert f"worst {groups[-1].key}:00" in panel.summary
    assert "by chance" in panel.summary
    assert len(panel.rows) == len(groups)


def test_excursions_are_told_of_winners_and_losers_apart() -> None:
    rows = excursions(RUN.trades)
    panel = excursion_panel("k", rows, "caption")
    won = rows[rows["is_win"]]
    assert panel.summary.startswith(f"Won: {len(won)} trades, median MAE")
    assert [row[0] for row in panel.rows] == ["Won, MAE", "Won, MFE", "Lost, MAE", "Lost, MFE"]
    only = excursion_panel("k", won, "caption")
    assert "Lost" not in only.summary
    assert float(panel.rows[0][3].split()[0]) == pytest.approx(
        won["adverse_fraction"].median() * 100, abs=0.01
    )
