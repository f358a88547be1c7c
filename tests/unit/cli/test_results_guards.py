"""What the guards bought: the worst of each account, guards off and on."""

from dataclasses import replace

import pandas as pd

from plimsoll.cli.results_guards import bars, bought, twins
from plimsoll.lab.study_rows import StudyRow, yearly_returns
from plimsoll.performance.fills import no_trades
from plimsoll.performance.measures import performance
from tests.unit.cli.study_accounts import HELD, STUDY


def account(guarding: str, *values: float) -> StudyRow:
    """An account with these values at the first of each month, and in the days until the next."""
    index = pd.date_range("2024-01-01", periods=len(values), freq="MS", tz="UTC")
    equity = pd.Series(values, index=index).asfreq("D").ffill()
    made = performance(equity, no_trades())
    years = yearly_returns(equity)
    return StudyRow(STUDY, "Ensemble", guarding, made, None, years, equity)


OFF = account("off", 100.0, 60.0, 90.0)
ON = account("on", 100.0, 88.0, 95.0)


def cells_of(text: str) -> dict[str, str]:
    titles, _, line = (
        row.strip("| ").split(" | ") for row in text.splitlines() if row.startswith("|")
    )
    return dict(zip(titles, line, strict=True))


def test_a_row_holds_the_worst_with_guards_off_and_on() -> None:
    cells = cells_of(bought([OFF, replace(ON, days_halted=41.6), HELD], "a.png"))
    assert cells["strategy"] == "`Ensemble`"
    assert (cells["worst month, off"], cells["worst month, on"]) == ("−40.0%", "−12.0%")
    assert (cells["drawdown, off"], cells["drawdown, on"]) == ("−40.0%", "−12.0%")
    assert (cells["return, off"], cells["return, on"]) == ("−10.0%", "−5.0%")
    assert cells["days halted"] == "42"


def test_what_was_bought_is_counted_and_what_it_cost_as_well() -> None:
    told = bought([OFF, ON], "a.png")
    assert "Of 1 strategies the guards made the drawdown smaller for 1" in told
    assert "the return was higher for 1." in told
    worse = replace(ON, performance=replace(ON.performance, total_return_fraction=-0.2))
    assert "the return was higher for 0." in bought([OFF, worse], "a.png")


def test_baselines_and_strategies_that_ran_one_way_only_are_left_out() -> None:
    assert [twin.strategy for twin in twins([OFF, ON, HELD])] == ["Ensemble"]
    assert bought([OFF, HELD], "a.png") == ""


def test_the_picture_has_a_bar_of_each_measure_but_the_return() -> None:
    panels = bars([OFF, ON, HELD])
    assert [name for name, _ in panels] == ["worst day", "worst month", "drawdown"]
    assert [(bar.name, round(bar.off, 6), round(bar.on, 6)) for bar in panels[1][1]] == [
        ("Ensemble", -0.4, -0.12)
    ]
