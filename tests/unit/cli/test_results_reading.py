"""What the page says of how to read it."""

from dataclasses import replace

import pandas as pd

from plimsoll.cli.results_reading import reading
from tests.unit.cli.study_accounts import GOOD, HELD, POOR, STUDY, findings, row_of


def test_reading_names_the_round_trip_of_the_costs_at_hand() -> None:
    assert "a round trip costs 11 bps" in reading(findings(GOOD, fee=4.0, spread=1.5))


def test_reading_compares_the_returns_with_and_without_guards() -> None:
    guarded = replace(POOR, guarding="on")
    off, on = (f"{row.performance.total_return_fraction:.1%}" for row in (GOOD, guarded))
    told = f"- Total return by guards: `Ensemble` {off} off, {on.replace('-', '−')} on."
    assert told in reading(findings(GOOD, guarded, HELD))
    assert "by guards" not in reading(findings(GOOD, HELD))


def test_reading_names_strategies_that_move_together_and_no_others() -> None:
    study = replace(STUDY, strategies=("Ensemble", "SlowTrend", "FundingCarry"))
    twin = replace(GOOD, strategy="SlowTrend", study=study)
    other = row_of("FundingCarry", a_day=0.001, noise=0.004, seed=9)
    other = replace(other, study=study)
    told = reading(findings(GOOD, twin, other, HELD))
    assert "correlation of daily returns: `Ensemble` and `SlowTrend` 1.00." in told
    assert "correlation" not in reading(findings(GOOD, other))


def test_reading_names_a_span_below_a_year_and_its_days() -> None:
    end = GOOD.performance.start + pd.Timedelta(days=60)
    short = replace(GOOD, performance=replace(GOOD.performance, end=end))
    assert "a year says nothing about a strategy: `Ensemble` (60 days)." in reading(findings(short))
    assert "Less than a year" not in reading(findings(GOOD))
