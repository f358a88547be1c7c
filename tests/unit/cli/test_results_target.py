"""The target of the shipped strategies, and what the page says of it."""

from dataclasses import replace

from plimsoll.cli.results_target import Trials, criteria, read_trials, target, verdict
from tests.unit.cli.study_accounts import GOOD, HELD, POOR


def test_target_that_is_met_in_all_parts_is_said_to_be_reached() -> None:
    assert [met for _, met in criteria(GOOD, [GOOD, HELD])] == [True] * 6
    assert "**The target was reached** by `Ensemble`, guards off." in verdict([GOOD, HELD])


def test_target_that_is_missed_is_said_not_to_be_reached() -> None:
    assert "**The target was not reached:**" in verdict([POOR, HELD])
    assert "0 of 6" in target([POOR, HELD])


def test_one_part_missed_is_not_reached() -> None:
    deep = replace(GOOD, performance=replace(GOOD.performance, max_drawdown_fraction=0.12))
    assert [met for _, met in criteria(deep, [deep, HELD])] == [True, False, True, True, True, True]
    assert "**The target was not reached" in verdict([deep, HELD])


def test_year_that_a_halted_account_slept_through_is_not_positive() -> None:
    asleep = replace(GOOD, years={2022: 0.01, 2023: 8.9e-16})
    assert [met for _, met in criteria(asleep, [asleep, HELD])][2:4] == [True, False]


def test_two_best_days_of_the_best_account_are_named() -> None:
    jump = GOOD.equity.copy()
    jump.loc["2023-07-14":] *= 1.1
    told = verdict([replace(GOOD, equity=jump), HELD])
    assert "Its best days: 2023-07-13 1" in told


def test_value_that_is_not_known_is_not_met() -> None:
    nothing = float("nan")
    assert GOOD.check is not None
    silent = replace(GOOD, check=replace(GOOD.check, sharpe=nothing, calmar=nothing), years={})
    outcomes = criteria(silent, [silent, HELD])
    assert [met for _, met in outcomes] == [False, True, False, False, True, False]
    assert outcomes[0][0] == "–"


def test_span_without_the_check_is_not_judged() -> None:
    short = replace(GOOD, check=None)
    assert target([short, HELD]) == ""
    assert "None of these rows can be judged" in verdict([short, HELD])


def test_trials_are_counted_from_the_log(tmp_path) -> None:
    log = tmp_path / "trials.csv"
    log.write_text("number,stage\n1,prior\n2,CHECK\n3,CHECK ensemble\n", encoding="utf-8")
    assert read_trials(log) == Trials(3, 2)
    assert read_trials(tmp_path / "none.csv") is None
