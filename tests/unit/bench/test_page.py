"""The page of the benchmarks: it tells every figure of a run, beside its target."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.replay_plan import ReplayRecord
from tests.bench import decision_log, engine, features, foreign, replay, risk, running_bot, venue
from tests.bench.page import ROWS, SECTIONS, render
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
ABOUT = {
    "made_on": "2026-11-20",
    "code_fingerprint": "0123456789ab",
    "python": "3.11.7",
    "freqtrade": "2026.9",
    "cores": 2,
    "load": 0.25,
}
FIGURES = {row.figure: 1.0 + number for number, row in enumerate(ROWS)}


def page(**figures: float) -> str:
    return render({**ABOUT, "figures": {**FIGURES, **figures}})


def table(text: str) -> dict[str, list[str]]:
    """What each row of the page says beside its first cell."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {cells[0]: cells[1:] for cells in rows if cells[0] not in ("What", "---")}


def row_of(figure: str, value: float) -> list[str]:
    [words] = [row.words for row in ROWS if row.figure == figure]
    return table(page(**{figure: value}))[words]


def made_up(seconds: float, trades: int) -> engine.Timed:
    return engine.Timed(seconds, trades, "the same fills")


def test_every_figure_has_one_row_of_its_own() -> None:
    assert len({row.words for row in ROWS}) == len({row.figure for row in ROWS}) == len(ROWS)
    assert list(table(page())) == [row.words for row in ROWS]


def test_the_page_says_when_with_what_and_on_how_many_cores() -> None:
    for told in ("2026-11-20", "`0123456789ab`", "3.11.7", "2026.9", "2 processor cores", "0.2 "):
        assert told in page()


@pytest.mark.parametrize(
    ("figure", "value", "cells"),
    [
        ("engine_guards_cost_ratio", 1.05, ["1.050 ×", "at most 1.05 ×", "yes"]),
        ("engine_guards_cost_ratio", 1.051, ["1.051 ×", "at most 1.05 ×", "**no**"]),
        ("engine_guarded_faster_than_plain", 2.0, ["2.000 ×", "at least 2 ×", "yes"]),
        ("engine_guarded_faster_than_plain", 1.99, ["1.990 ×", "at least 2 ×", "**no**"]),
        (
            "engine_guarded_seconds_a_trade_whole_over_half",
            1.2,
            ["1.200 ×", "at most 1.1 ×", "**no**"],
        ),
        ("risk_evaluate_20_positions_ms", 12.34, ["12.3 ms", "at most 5 ms", "**no**"]),
        ("features_all_million_seconds", 1.5, ["1.500 s", "at most 2 s", "yes"]),
        ("features_backtest_over_reading", float("nan"), ["nan ×", "at most 1 ×", "**no**"]),
        ("venue_candles_a_second_again", 545483.7, ["545,484", "–", "–"]),
        ("engine_twins_trades", 2599, ["2,599", "–", "–"]),
    ],
)
def test_a_row_tells_the_figure_the_target_and_whether_it_is_met(
    figure: str, value: float, cells: list[str]
) -> None:
    assert row_of(figure, value) == cells


def test_a_figure_without_a_row_and_a_row_without_a_figure_are_refused() -> None:
    with pytest.raises(PlimsollError, match="engine_new"):
        page(engine_new=1.0)
    fewer = {name: value for name, value in FIGURES.items() if name != "venue_start_seconds"}
    with pytest.raises(PlimsollError, match="venue_start_seconds"):
        render({**ABOUT, "figures": fewer})


@pytest.mark.slow
def test_the_rows_are_what_the_benches_measure() -> None:
    timed = {name: made_up(1.0, 100) for name in engine.CASES}
    measured = {
        **running_bot.run(asked=4, held=2, closed=50),
        **risk.run(trades=10),
        **decision_log.run(candles=10),
        **venue.run(days=6, ticker_requests=20),
        **features.run(rows=3000, compared_rows=1000),
        **engine.figures_of(timed, reading_seconds=2.0, computing_seconds=1.0),
        **foreign.figures_of(*[dict.fromkeys(foreign.STRATEGIES, (1.0, 100, "equal"))] * 2),
        **replay.figures(replayed(1, 8.0), replayed(3, 14.0), replayed(1, 24.0)),
    }
    [lane] = [one for one in SECTIONS if one.title == "The fast lane"]  # has a test file of its own
    measured |= {row.figure: 1.0 for row in lane.rows}
    assert set(measured) == {row.figure for row in ROWS}
    assert all(value > 0 for value in measured.values())
    render({**ABOUT, "figures": measured})


def test_seconds_a_trade_tell_linear_growth_from_a_steeper_one() -> None:
    timed = {name: made_up(1.0, 100) for name in engine.CASES}
    timed |= {"guarded": made_up(4.0, 200), "guarded_half": made_up(2.0, 100)}
    timed |= {"native": made_up(8.0, 200), "native_half": made_up(2.0, 100)}
    found = engine.figures_of(timed, reading_seconds=2.0, computing_seconds=1.0)
    assert found["engine_guarded_seconds_a_trade_whole_over_half"] == 1.0
    assert found["engine_native_seconds_a_trade_whole_over_half"] == 2.0
    assert found["engine_four_native_protections_cost_ratio"] == 8.0
    assert found["features_backtest_over_reading"] == 0.5


def replayed(days: int, processor_seconds: float) -> ReplayRecord:
    plan = replace(replay.DAY, end=replay.BEGIN + timedelta(days=days))
    return ReplayRecord(
        plan=plan,
        folder=Path(),
        database=Path(),
        decision_log=Path(),
        event_log=None,
        hash="equal",
        trades=1,
        orders=1,
        fills=0,
        halts=0,
        segments=1,
        resumed_at=None,
        days_run=plan.days,
        seconds=processor_seconds,
        processor_seconds=processor_seconds,
    )


def test_a_replay_costs_its_start_once_and_each_day_the_same() -> None:
    made = replay.figures(replayed(1, 8.0), replayed(3, 14.0), replayed(1, 24.0))
    assert made == {
        "replay_day_seconds": 3.0,
        "replay_start_seconds": 5.0,
        "replay_plain_over_quick": 3.0,
    }


def test_a_guarded_strategy_of_others_that_trades_otherwise_is_not_timed() -> None:
    bare = dict.fromkeys(foreign.STRATEGIES, (2.0, 100, "one"))
    observed = bare | {"DcaLadder": (4.0, 100, "one")}
    made = foreign.figures_of(bare, observed)
    assert made["foreign_DcaLadder_cost_ratio"] == 2.0
    assert made["foreign_cost_ratio"] == 1.25
    with pytest.raises(PlimsollError, match="expected DcaLadder to make the same trades"):
        foreign.figures_of(bare, bare | {"DcaLadder": (2.0, 100, "other")})


def test_the_page_in_docs_has_the_rows_of_today() -> None:
    if not PAGE.exists():
        pytest.skip("`make bench` has not written docs/benchmarks.md")
    text = PAGE.read_text(encoding="utf-8")
    assert list(table(text)) == [row.words for row in ROWS]
    assert re.search(r"with the code `[0-9a-f]{12}`", text)
