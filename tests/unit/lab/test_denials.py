"""What a backtest's decision log says of entries, and how concentrated an account was."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from plimsoll.lab.denials import (
    CORRELATIONS,
    EQUAL_STAKES,
    NOT_ASKED,
    VARIANTS,
    WIDEST,
    YEARS,
    Account,
    Denials,
    account_of,
    concentration_of,
    crash_studies,
    denials_of,
    how_often_alike,
    in_years,
    most_open,
    study_of_others,
)
from plimsoll.lab.study import CHECK_START, SIX, SPAN, STUDIES
from plimsoll.lab.study_data import file_of
from plimsoll.lab.study_rows import StudyRow
from plimsoll.performance.fills import no_trades
from plimsoll.performance.measures import performance
from plimsoll.risk import RiskProfile
from tests.unit.lab.test_study_rows import HALTS, result

NOW = datetime(2022, 1, 1, tzinfo=UTC)


def logged(folder: Path, *records: tuple[str, dict[str, Any]]) -> Path:
    with DecisionLog(folder) as log:
        for kind, fields in records:
            log.append(kind, NOW, **fields)
    return folder


def start(strategy: str) -> tuple[str, dict[str, Any]]:
    return Kind.START, {"strategy": strategy}


def denial(rule: str) -> tuple[str, dict[str, Any]]:
    return Kind.DENIAL, {"rule": rule, "side": "long"}


def order(side: str) -> tuple[str, dict[str, Any]]:
    return Kind.ORDER, {"side": side}


def test_each_strategys_entries_are_counted_from_its_own_start_on(tmp_path: Path) -> None:
    folder = logged(
        tmp_path,
        start("One"),
        start("Ensemble"),
        order("long"),
        denial("correlation"),
        denial("correlation"),
        order("close long"),
        start("One"),
        denial("cooldown"),
        order("short"),
    )
    ensemble, one = denials_of(folder, [result(*HALTS), result(strategy="One")])
    assert ensemble == Denials(
        "Ensemble", 3, Counter(correlation=2), (("break_even", "2023-04-05"),)
    )
    assert one == Denials("One", 2, Counter(cooldown=1))


def test_a_strategy_that_asked_for_nothing_counts_nothing(tmp_path: Path) -> None:
    assert denials_of(logged(tmp_path, start("One")), [result(strategy="One")]) == [Denials("One")]


def test_accounts_of_several_years_add_up() -> None:
    first = Denials("One", 3, Counter(cooldown=1), (("drawdown", "2022-05-01"),))
    second = Denials("One", 2, Counter(cooldown=1, correlation=1))
    assert first.plus(second) == Denials(
        "One", 5, Counter(cooldown=2, correlation=1), (("drawdown", "2022-05-01"),)
    )


def test_a_study_of_the_whole_span_is_split_into_years_in_sample_and_a_later_one_is_left() -> None:
    for study in STUDIES:
        expected = YEARS if study.timerange == SPAN else ()
        assert tuple(one.timerange for one in in_years(study)) == expected


def test_limits_are_chosen_by_years_in_sample() -> None:
    assert all(pd.Timestamp(year.partition("-")[2], tz="UTC") <= CHECK_START for year in YEARS)


def test_strategies_of_others_trade_the_six_pairs_of_the_years() -> None:
    assert study_of_others([]) == []
    [study] = study_of_others(["Theirs", "Yours"])
    assert (study.strategies, study.pairs) == (("Theirs", "Yours"), SIX)
    assert len(in_years(study)) == len(YEARS)


def row_of(*values: float) -> StudyRow:
    index = pd.date_range("2022-01-01", periods=len(values), freq="1D", tz="UTC")
    equity = pd.Series(values, index=index)
    made = performance(equity, no_trades())
    return StudyRow(STUDIES[0], "Ensemble", "any", made, None, {}, equity)


def test_an_account_is_halted_from_its_first_halt_to_the_end() -> None:
    year = replace(result(*HALTS), end=pd.Timestamp("2023-04-30 23:00", tz="UTC"))
    made = account_of(row_of(100.0, 80.0, 120.0), row_of(100.0, 95.0, 90.0), year)
    assert made == Account(
        strategy="Ensemble",
        year="2022",
        bare_trades=0,
        bare_return_fraction=pytest.approx(0.2),
        bare_drawdown_fraction=pytest.approx(0.2),
        trades=0,
        return_fraction=pytest.approx(-0.1),
        drawdown_fraction=pytest.approx(0.1),
        halted_by="break_even",
        halted_on="2023-04-05",
        days_halted=26,
    )
    assert account_of(row_of(1.0, 1.0), row_of(1.0, 1.0), result()).days_halted == 0


def test_pairs_that_move_as_one_are_alike_in_every_window(tmp_path: Path) -> None:
    (tmp_path / "futures").mkdir()
    index = pd.date_range("2022-01-01", "2025-06-30 23:00", freq="1h", tz="UTC")
    noise = np.random.default_rng(3).normal(0, 0.01, (len(SIX), len(index)))
    for number, pair in enumerate(SIX):
        close = np.exp((noise[0] if number < 2 else noise[number]).cumsum())
        frame = pd.DataFrame({"date": index, "open": close, "high": close, "low": close})
        frame.assign(close=close, volume=1.0).to_feather(file_of(tmp_path, pair, "1h"))
    for row in how_often_alike(tmp_path):
        assert row.shares == pytest.approx(dict.fromkeys(CORRELATIONS, 1 / 15), abs=1e-3)


def test_the_crashes_are_traded_by_strategies_of_equal_stakes() -> None:
    assert sorted(name for one in crash_studies() for name in one.strategies) == sorted(
        EQUAL_STAKES
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_a_profile_in_which_one_limit_is_not_at_its_widest(name: str) -> None:
    changed = VARIANTS[name]
    RiskProfile(**{**NOT_ASKED, **changed})
    assert len([key for key in changed if changed[key] != WIDEST[key]]) <= 1


def trades(*spans: tuple[str, str]) -> pd.DataFrame:
    moments = [[pd.Timestamp(day, tz="UTC") for day in span] for span in spans]
    return pd.DataFrame(moments, columns=["open_date", "close_date"])


def test_a_position_that_closes_makes_room_for_one_that_opens() -> None:
    assert most_open(no_trades()) == 0
    assert most_open(trades(("2022-01-01", "2022-01-02"), ("2022-01-02", "2022-01-03"))) == 1
    assert most_open(trades(("2022-01-01", "2022-01-03"), ("2022-01-02", "2022-01-04"))) == 2


def test_the_worst_day_is_from_one_midnight_to_the_next() -> None:
    index = pd.date_range("2022-01-01", periods=73, freq="1h", tz="UTC")
    equity = pd.Series(100.0, index=index)
    equity.iloc[25:49] = 90.0
    equity.iloc[49:] = 95.0
    row = StudyRow(
        study=replace(STUDIES[0], timerange=YEARS[0]),
        strategy="One",
        guarding="none of them",
        performance=performance(equity, no_trades()),
        check=None,
        years={},
        equity=equity,
    )
    made = concentration_of(row, replace(result(strategy="One"), trades=no_trades()))
    assert (made.variant, made.halted, made.most_open) == ("none of them", None, 0)
    assert made.worst_day_fraction == pytest.approx(-0.10)
    assert made.drawdown_fraction == pytest.approx(0.10)
