"""``plimsoll monte-carlo``: what is asked for, and what is shown."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plimsoll.cli import app
from plimsoll.lab.monte_carlo import run
from plimsoll.lab.monte_carlo.outcomes import Outcome, redraw_record, shuffle_record
from plimsoll.lab.monte_carlo.run import Kind, MonteCarloOutcome, MonteCarloRequest
from plimsoll.performance.bootstrap import SEED

RUNS = [Outcome(one / 10, one / 100, 0.25 - one / 100, 40 + one) for one in range(-9, 10)]
OUTCOME = MonteCarloOutcome(
    record={
        "strategy": "TrendFollow",
        "pairs": ["BTC/USDT:USDT", "ETH/USDT:USDT"],
        "timeframe": "5m",
        "span": ["2025-01-01T00:00:00Z", "2025-06-29T23:55:00Z"],
        "seed": 7,
        "signals": shuffle_record(Outcome(0.85, 0.05, 0.1, 44), RUNS),
        "candles": {
            "days": 180,
            "block_days": 10.0,
            **redraw_record(Outcome(0.85, 0.05, 0.1, 44), RUNS),
        },
    },
    seconds=12.0,
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[MonteCarloRequest]:
    """Requests that reach the lab, which answers `OUTCOME`."""
    requests: list[MonteCarloRequest] = []
    monkeypatch.setattr(run, "monte_carlo", lambda one, _: (requests.append(one), OUTCOME)[1])
    return requests


def test_what_is_not_ours_is_freqtrades(asked: list[MonteCarloRequest]) -> None:
    words = ["monte-carlo", "--runs", "50", "--kind", "signals", "--block-days", "4", "--seed"]
    words += ["3", "--workers", "2", "--strategy", "A", "--timerange", "2025-", "--fee", "0.001"]
    assert CliRunner().invoke(app, words).exit_code == 0
    own = ("--strategy", "A", "--timerange", "2025-", "--fee", "0.001")
    assert asked == [MonteCarloRequest(own, 50, Kind.SIGNALS, 4.0, 3, 2)]


def test_without_options_both_are_drawn_with_the_seed_of_all(
    asked: list[MonteCarloRequest],
) -> None:
    CliRunner().invoke(app, ["monte-carlo"])
    assert asked == [MonteCarloRequest((), 200, Kind.BOTH, 10.0, SEED, None)]


def test_p_values_places_and_chances_are_shown(asked: list[MonteCarloRequest]) -> None:
    said = CliRunner().invoke(app, ["monte-carlo"], env={"COLUMNS": "160"}).output
    assert "Sharpe ratio of 0.85 a year and make +5.0% in 44 trades" in said
    assert "with p = 0.1 by Sharpe ratio, 0.3 by profit (at best 0.05)" in said
    assert "Chance of a loss 47%, of a fall beyond 20%: 74%, over 19 histories of 180" in said
    [row] = [line for line in said.splitlines() if "Sharpe a year" in line]
    assert [cell.strip() for cell in row.strip("│ ").split("│")][1:3] == ["0.85", "95%"]


def test_json_has_every_run(asked: list[MonteCarloRequest]) -> None:
    told = json.loads(CliRunner().invoke(app, ["monte-carlo", "--json"]).stdout)
    assert len(told["signals"]["shuffled"]["sharpe"]) == 19
    assert told["candles"]["chance_of_loss"] == pytest.approx(9 / 19)
    assert told["seconds"] == 12.0


def test_an_unknown_kind_is_told_in_one_line(asked: list[MonteCarloRequest]) -> None:
    made = CliRunner().invoke(app, ["monte-carlo", "--kind", "tea"])
    assert made.exit_code != 0
    assert "expected --kind signals, candles, both, found tea" in f"{made.output}{made.exception}"
    assert asked == []


def test_a_page_is_written_where_it_is_asked_for(
    asked: list[MonteCarloRequest], tmp_path: Path
) -> None:
    made = CliRunner().invoke(app, ["monte-carlo", "--out", str(tmp_path / "page")])
    assert made.exit_code == 0, made.output
    names = sorted(one.name for one in (tmp_path / "page").iterdir())
    assert names == ["monte-carlo.html", "monte-carlo.md", "monte-carlo.png"]
