"""What is read from the stored results of a study and measured."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.results import BacktestResult
from plimsoll.lab.study_rows import Halt, halt_of, yearly_returns
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
