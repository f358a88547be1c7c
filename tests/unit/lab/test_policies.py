"""Which strategies are weighed under which policies, on which years, and what is counted."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.bridge.config.settings import settings_from
from plimsoll.lab.policies import (
    FOREIGN,
    GUARDS_OFF,
    IN_SAMPLE,
    POLICIES,
    PORTFOLIO,
    in_sample_studies,
    layers_of,
    row_of,
)
from plimsoll.lab.study import CHECK_START, SIX, STUDIES, Guarding
from plimsoll.lab.study_rows import StudyRow
from plimsoll.performance.fills import no_trades
from plimsoll.performance.guard_acts import Act, Denials, GuardActs, Totals
from plimsoll.performance.measures import performance
from tests.unit.lab.test_study_rows import result

NOW = datetime(2022, 5, 1, tzinfo=UTC)


def test_no_year_is_looked_at_that_the_research_kept_back() -> None:
    assert pd.Timestamp(IN_SAMPLE.partition("-")[2], tz="UTC") == CHECK_START
    assert {study.timerange for study in in_sample_studies()} == {IN_SAMPLE}


def test_every_strategy_with_data_of_those_years_is_weighed_once_with_its_layer() -> None:
    studies = list(in_sample_studies())
    names = [name for study in studies for name in study.strategies]
    shipped = [name for study in STUDIES for name in study.strategies]
    assert sorted(names) == sorted(set(shipped) - {"OpenInterestFlow"})
    layers = {name: layers_of(study) for study in studies for name in study.strategies}
    assert {name for name, used in layers.items() if used == (PORTFOLIO,)} == {
        "TrendPortfolio",
        "FundingCarry",
        "Ensemble",
    }


def test_strategies_of_others_are_one_study_on_the_six_pairs(tmp_path: Path) -> None:
    for name in ("Dca.py", "Cross.py", "__init__.py", "notes.txt"):
        (tmp_path / name).touch()
    *_, last = in_sample_studies(tmp_path)
    assert (last.name, last.strategies, last.pairs) == (FOREIGN, ("Cross", "Dca"), SIX)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda one: one.name)
def test_what_a_policy_sets_is_valid_and_its_own(policy) -> None:
    config = Guarding(policy.name, (), dict(policy.settings)).config()
    settings = settings_from(config)
    assert (settings.guards == "off") is (policy is GUARDS_OFF)
    days = policy.name.split()[0]
    wanted = float(days) if days.isdigit() else None
    assert settings.backtest_rearm.after_days == wanted
    assert len({one.name for one in POLICIES}) == len(POLICIES)


def test_what_guards_did_is_counted_beside_what_the_account_made() -> None:
    ends = pd.to_datetime(["2022-01-01", "2022-01-31", "2022-02-28", "2022-03-31"], utc=True)
    equity = pd.Series([1000.0, 1100.0, 880.0, 990.0], index=ends).resample("1D").ffill()
    halt = Act(at=NOW, event="halted", rule="drawdown")
    acts = GuardActs(
        acts=[halt, replace(halt, pair="BTC/USDT:USDT"), replace(halt, rule="break_even")],
        denials=[
            Denials(rule="cooldown", kind="entry", count=3, first=NOW, last=NOW),
            Denials(rule="cooldown", kind="cut", count=9, first=NOW, last=NOW),
        ],
        totals=Totals(days_halted=40.0, rearmed=1, entries_asked=10),
    )
    measures = StudyRow(
        study=STUDIES[0],
        strategy="TrendFollow",
        guarding="never",
        performance=performance(equity, no_trades()),
        check=None,
        years={},
        equity=equity,
    )
    row = row_of(measures, replace(result(), acts=acts))
    assert row.halts == Counter(drawdown=1, break_even=1)
    assert row.denied == Counter(cooldown=3)
    assert (row.days_halted, row.rearmed, row.asked) == (40.0, 1, 10)
    assert row.worst_month_fraction == pytest.approx(-0.2)
    assert row.drawdown_fraction == pytest.approx(0.2)
