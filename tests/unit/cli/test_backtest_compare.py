"""What ``plimsoll backtest-compare`` prints."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from plimsoll.cli.app import app
from plimsoll.lab import backtest_compare
from plimsoll.lab.backtest_compare import Comparison, Figures
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


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The arguments of each comparison, which are answered with figures written down."""
    calls: list[Any] = []

    def compared(arguments: list[str], **options: Any) -> tuple[Comparison, ...]:
        calls.append((arguments, options))
        files = {"off": Path("/kept/off/a.zip"), "enforce": Path("/kept/enforce/b.zip")}
        cost = GuardCost(1368.57, 455.85, 0.0, 272, 0)
        return (Comparison("Mine", {"off": BARE, "enforce": GUARDED}, cost, files),)

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
