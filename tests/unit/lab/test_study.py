"""What a study runs, reads from the stored results and measures."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.results import BacktestResult
from plimsoll.lab.study import (
    GUARDS_OFF,
    GUARDS_ON,
    STUDIES,
    Halt,
    Study,
    halt_of,
    run_studies,
    strategies_of,
    yearly_returns,
)
from plimsoll.lab.study_data import file_of
from plimsoll.performance.fills import no_trades
from plimsoll.performance.guard_acts import Act, GuardActs
from tests.unit.performance.frames import hours, utc

BTC = "BTC/USDT:USDT"
HALTS = (
    ("halt", "pair", "stale_data", "no candle", "2022-03-01T00:00:00Z"),
    ("verdict", "account", "daily_loss", "lost 3 %", "2022-04-01T00:00:00Z"),
    (
        "halt",
        "account",
        "break_even",
        "lost 7.5; a limit; until then",
        "2023-04-05T06:00:00Z",
    ),
    ("halt", "account", "drawdown", "fell 12.1 %", "2023-05-01T00:00:00Z"),
)


@pytest.fixture
def study() -> Study:
    return Study("one pair", "1h", (BTC,), "20240101-20240201", ("One", "Other"), ("BuyAndHold",))


def result(
    *halts: tuple[str, ...], strategy: str = "Ensemble", observed: bool = False
) -> BacktestResult:
    """A result of a strategy with these verdicts."""
    acts = [
        Act(
            at=datetime.fromisoformat(at),
            event="halted" if kind == "halt" else "flatten",
            rule=rule,
            pair=BTC if scope == "pair" else None,
            reason=reason,
            observed=observed,
        )
        for kind, scope, rule, reason, at in halts
    ]
    return BacktestResult(
        path=Path("result.zip"),
        strategy=strategy,
        timerange="",
        timeframe="1h",
        start=utc("2022-01-01"),
        end=utc("2024-01-01"),
        pairs=(BTC,),
        starting_balance_usd=1000.0,
        final_balance_usd=900.0,
        trades=no_trades(),
        fee_fraction=None,
        config={},
        acts=GuardActs(acts=acts),
    )


def test_first_halt_of_the_account_is_read_from_the_stored_result() -> None:
    reason = "lost 7.5; a limit; until then"
    assert halt_of(result(*HALTS)) == Halt("break_even", utc("2023-04-05 06:00"), reason)


def test_halt_of_one_pair_a_flatten_and_an_observed_halt_are_no_halt_of_the_account() -> None:
    assert halt_of(result(*HALTS[:2])) is None
    assert halt_of(result(*HALTS, observed=True)) is None
    assert halt_of(result()) is None


def test_result_without_a_word_of_guards_has_no_halt() -> None:
    assert halt_of(replace(result(*HALTS), acts=None)) is None


def test_year_ends_with_the_value_at_its_midnight() -> None:
    index = pd.DatetimeIndex(
        ["2022-12-31 22:00", "2022-12-31 23:00", "2023-01-01 00:00", "2023-01-01 01:00"], tz="UTC"
    )
    equity = pd.Series([100.0, 110.0, 120.0, 90.0], index=index)
    assert yearly_returns(equity) == pytest.approx({2022: 0.2, 2023: -0.25})


def test_first_value_at_midnight_belongs_to_the_year_it_begins() -> None:
    equity = pd.Series([100.0, 150.0], index=hours(2, "2022-01-01"))
    assert yearly_returns(equity) == pytest.approx({2022: 0.5})


def test_yearly_returns_compound_to_the_whole() -> None:
    index = pd.date_range("2022-01-01", "2025-07-01", freq="6h", tz="UTC")
    steps = np.random.default_rng(3).normal(0, 0.01, len(index))
    equity = pd.Series(100.0 * np.exp(np.cumsum(steps)), index=index)
    whole = np.prod([1 + value for value in yearly_returns(equity).values()])
    assert whole == pytest.approx(equity.iloc[-1] / equity.iloc[0])


def test_baselines_run_without_guards_only(study: Study) -> None:
    assert strategies_of(study, GUARDS_OFF) == ("One", "Other", "BuyAndHold")
    assert strategies_of(study, GUARDS_ON) == ("One", "Other")


def test_every_shipped_strategy_but_the_model_is_in_exactly_one_study(root) -> None:
    run = [name for study in STUDIES for name in (*study.strategies, *study.baselines)]
    shipped = {file.stem for file in (root / "user_data" / "strategies").glob("*.py")}
    assert sorted(run) == sorted(shipped - {"ModelDirection"})


@pytest.mark.parametrize("missing", ["futures", "mark", "funding_rate"])
def test_study_without_a_file_of_a_pair_is_refused_before_anything_runs(
    tmp_path, study: Study, missing: str
) -> None:
    for kind in {"futures", "mark", "funding_rate"} - {missing}:
        file = file_of(tmp_path, BTC, "1h", kind)
        file.parent.mkdir(exist_ok=True)
        file.touch()
    told: list[str] = []
    with pytest.raises(UsageError, match=f"BTC_USDT_USDT-1h-{missing}.feather"):
        run_studies([study], tmp_path, told.append)
    assert told == []


@pytest.mark.data
@pytest.mark.freqtrade
def test_study_on_real_data_has_a_row_for_each_way_of_guarding(real_data) -> None:
    study = Study("tiny", "4h", (BTC,), "20240101-20240401", ("MomentumCross",), ("BuyAndHold",))
    found = run_studies([study], real_data, lambda _: None)
    names = [(row.strategy, row.guarding) for row in found.rows]
    assert names == [
        ("MomentumCross", "off"),
        ("MomentumCross", "on"),
        ("BuyAndHold", "off"),
        ("market, equal weights", "off"),
    ]
    crossed, _, held, market = found.rows
    assert found.costs_bps == {"fee": 4.0, "spread": 2.0, "slippage": 1.0}
    assert crossed.performance.closed_trades > 0
    assert crossed.performance.fees_paid_usd > 0
    assert held.is_baseline
    assert not crossed.is_baseline
    hourly = pd.read_feather(file_of(real_data, BTC, "1h")).set_index("date")
    # The last candle is the one that opens where the timerange ends.
    first, last = hourly.loc["2024-01-01 00:00", "open"], hourly.loc["2024-04-01 03:00", "close"]
    assert market.years[2024] == pytest.approx(last / first * 0.9993 - 1, abs=1e-6)
    assert 0 < held.years[2024] < market.years[2024]
    assert [len(row.equity) for row in found.rows] == [91 * 24 + 4 + 1] * 4
