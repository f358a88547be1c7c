"""What ``plimsoll backtest-compare`` prints."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from plimsoll.cli.app import app
from plimsoll.lab import backtest_compare
from plimsoll.lab.backtest_compare import Comparison, Figures
from plimsoll.performance.guard_acts import Act, GuardActs, Totals
from plimsoll.performance.guard_cost import GuardCost

BARE = Figures(
    trades=324,
    profit_usd=-963.34,
    profit_fraction=-0.0963,
    worst_drawdown_fraction=0.0997,
    worst_day_fraction=-0.0078,
    worst_month_fraction=-0.0604,
    days_halted=None,
    entries_denied=None,
    stakes_cut=None,
    positions_closed=None,
)
GUARDED = Figures(
    trades=52,
    profit_usd=-50.63,
    profit_fraction=-0.0051,
    worst_drawdown_fraction=0.0051,
    worst_day_fraction=0.0,
    worst_month_fraction=-0.0051,
    days_halted=51.3,
    entries_denied=6,
    stakes_cut=50,
    positions_closed=0,
)

ACTS = GuardActs(
    acts=(Act(at=datetime(2026, 10, 13, tzinfo=UTC), event="halted", rule="break_even"),),
    totals=Totals(days_halted=39.0, days_of_run=59.0),
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The arguments of each comparison, which are answered with figures written down."""
    calls: list[Any] = []

    def compared(arguments: list[str], **options: Any) -> tuple[Comparison, ...]:
        calls.append((arguments, options))
        files = {"off": Path("/kept/off/a.zip"), "enforce": Path("/kept/enforce/b.zip")}
        cost = GuardCost(1368.57, 455.85, 0.0, 272, 0)
        figures = {"off": BARE, "enforce": GUARDED}
        return (Comparison("Mine", figures, cost, files, ACTS, "plimsoll report /kept"),)

    monkeypatch.setattr(backtest_compare, "compare_guards", compared)
    return calls


def test_figures_stand_side_by_side_with_what_the_guards_cost(asked: list[Any]) -> None:
    done = CliRunner().invoke(
        app, ["backtest-compare", "--strategy", "Mine"], env={"COLUMNS": "99"}
    )
    assert done.exit_code == 0
    rows = [[cell.strip() for cell in line.split("│")] for line in done.stdout.splitlines()]
    assert ["", "Profit", "-963.34 (-9.63 %)", "-50.63 (-0.51 %)", ""] in rows
    assert ["", "Worst day", "-0.78 %", "0.00 %", ""] in rows
    assert ["", "Days halted", "-", "51", ""] in rows
    assert "The guards saved 1,368.57 of losses and gave up 455.85 of profits" in done.stdout
    assert "Net +912.72: 272 trades were not taken, 0 were new." in done.stdout
    assert "results and logs kept in /kept" in done.stderr
    assert done.stdout.splitlines()[-1] == "Next: plimsoll report /kept"


def test_what_the_enforced_guards_did_follows_by_rule(asked: list[Any]) -> None:
    done = CliRunner().invoke(
        app, ["backtest-compare", "--strategy", "Mine"], env={"COLUMNS": "140"}
    )
    assert "WHAT THE GUARDS DID: Mine" in done.stdout
    rows = [[cell.strip() for cell in line.split("│")] for line in done.stdout.splitlines()]
    assert ["", "break_even", "1", "2026-10-13", "2026-10-13", "-", "-", "-", "39", ""] in rows
    assert "HALTED by break_even on 2026-10-13: the remaining 39 of 59 days are flat" in done.stdout


def test_what_is_not_ours_is_freqtrades_as_it_is(asked: list[Any], tmp_path: Path) -> None:
    freqtrades = ["-c", "base.json", "--strategy", "Mine", "-i", "5m", "--timerange", "2025-"]
    ours = ["--observe", "--keep", str(tmp_path)]
    CliRunner().invoke(app, ["backtest-compare", *ours, *freqtrades])
    ((arguments, options),) = asked
    assert arguments == freqtrades
    assert (options["observe"], options["keep"]) == (True, tmp_path)


def test_json_has_the_figures_and_nothing_else(asked: list[Any]) -> None:
    done = CliRunner().invoke(app, ["backtest-compare", "--json", "--strategy", "Mine"])
    (one,) = json.loads(done.stdout)
    assert one["figures"]["off"]["trades"] == 324
    assert one["cost"]["net_usd"] == pytest.approx(912.72)
    assert one["files"]["enforce"] == "/kept/enforce/b.zip"
