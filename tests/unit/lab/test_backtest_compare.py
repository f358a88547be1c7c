"""The figures of a run that are compared."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.backtest_arguments import read_arguments
from plimsoll.lab.backtest_compare import _report_command, compare_guards, figures_of
from plimsoll.performance.guard_acts import GuardActs, Totals
from tests.unit.lab.test_study_rows import result

DAYS = ["2025-01-03", "2025-01-03", "2025-01-20", "2025-02-02"]
PROFITS = [100.0, -150.0, -95.0, 50.0]


def trades() -> pd.DataFrame:
    closed = pd.to_datetime(DAYS, utc=True)
    return pd.DataFrame({"close_date": closed, "profit_abs": PROFITS})


def test_figures_are_fractions_of_what_the_account_had_when_the_span_began() -> None:
    figures = figures_of(replace(result(), trades=trades()))
    assert (figures.trades, figures.profit_usd) == (4, -95.0)
    assert figures.profit_fraction == pytest.approx(-0.095)
    assert figures.worst_day_fraction == pytest.approx(-95 / 950)
    assert figures.worst_month_fraction == pytest.approx(-145 / 1000)
    assert figures.worst_drawdown_fraction == pytest.approx(1 - 855 / 1100)


def test_a_run_that_never_lost_has_no_worst_day() -> None:
    won = trades().assign(profit_abs=1.0)
    figures = figures_of(replace(result(), trades=won))
    assert (figures.worst_day_fraction, figures.worst_drawdown_fraction) == (0.0, 0.0)
    without = figures_of(replace(result(), trades=won.iloc[:0]))
    assert (without.trades, without.worst_day_fraction, without.profit_usd) == (0, 0.0, 0.0)


def test_what_the_guards_did_is_known_of_a_guarded_run_only() -> None:
    totals = Totals(days_halted=3.0, entries_denied=2, stakes_cut=1, positions_closed=4)
    guarded = replace(result(), trades=trades(), acts=GuardActs(totals=totals))
    figures = figures_of(guarded)
    assert (figures.days_halted, figures.entries_denied) == (3.0, 2)
    assert (figures.stakes_cut, figures.positions_closed) == (1, 4)
    bare = figures_of(replace(guarded, acts=GuardActs(guards="off", totals=totals)))
    assert (bare.days_halted, bare.entries_denied) == (None, None)


def test_where_results_go_is_not_freqtrades_to_say(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected where results go as --keep"):
        compare_guards(["--strategy", "Mine", "--backtest-directory=here"], keep=tmp_path)


def test_a_run_without_guards_is_refused_before_anything_runs(tmp_path: Path) -> None:
    own = tmp_path / "config.json"
    own.write_text("{}", encoding="utf-8")
    arguments = ["--userdir", str(tmp_path), "-c", str(own), "--strategy", "Mine"]
    with pytest.raises(UsageError, match=r"no layer names our log handler; layer .*base\.json"):
        compare_guards(arguments, keep=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_the_report_of_a_comparison_names_candles_that_lie_elsewhere(tmp_path: Path) -> None:
    own = tmp_path / "config.json"
    own.write_text('{"exchange": {"name": "binance"}}', encoding="utf-8")
    (tmp_path / "data/binance").mkdir(parents=True)
    given = read_arguments(["--userdir", str(tmp_path), "-c", str(own)])
    usual = tmp_path / "backtest_results/guards-1"
    assert _report_command(usual, given) == f"plimsoll report {usual}"
    candles = tmp_path / "data/binance"
    assert _report_command(Path("/kept"), given) == (f"plimsoll report /kept --datadir {candles}")
