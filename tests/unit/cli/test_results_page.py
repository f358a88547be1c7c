"""The page of results: the table, the target and what is said of it."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from plimsoll.cli.results_page import (
    Trials,
    criteria,
    page,
    read_trials,
    reading,
    table,
    target,
    verdict,
)
from plimsoll.cli.results_page import commands as commands_of
from plimsoll.lab.study import (
    BALANCE_USD,
    CHECK_START,
    STUDIES,
    Findings,
    Halt,
    Study,
    StudyRow,
    yearly_returns,
)
from plimsoll.performance.fills import no_trades
from plimsoll.performance.measures import performance
from tests.unit.performance.frames import trade, trades_frame, utc

INDEX = pd.date_range("2022-01-01", "2025-07-01", freq="D", tz="UTC")
STUDY = Study(
    "six pairs", "1h", ("BTC/USDT:USDT",), "20220101-20250701", ("Ensemble",), ("BuyAndHold",)
)


def row_of(name: str, *, a_day: float, noise: float, seed: int = 1, trades=None) -> StudyRow:
    """An account that earns ``a_day`` on average with this daily deviation, exactly."""
    steps = np.random.default_rng(seed).normal(size=len(INDEX) - 1)
    steps = a_day + noise * (steps - steps.mean()) / steps.std()
    equity = pd.Series(100_000 * np.exp(np.concatenate([[0.0], np.cumsum(steps)])), index=INDEX)
    later = equity.loc[CHECK_START:]
    return StudyRow(
        study=STUDY,
        strategy=name,
        guarding="off",
        performance=performance(equity, no_trades() if trades is None else trades),
        check=performance(later, no_trades()),
        years=yearly_returns(equity),
        equity=equity,
    )


GOOD = row_of("Ensemble", a_day=0.001, noise=0.004)
POOR = row_of("Ensemble", a_day=-0.0005, noise=0.004)
HELD = row_of("BuyAndHold", a_day=0.0002, noise=0.04, seed=2)


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


def test_table_has_costs_funding_and_every_year_of_an_account() -> None:
    paid = trades_frame(
        trade(INDEX[1], INDEX[2], 100.0, 110.0, amount=10.0, fee=0.001, funding_usd=-50.0)
    )
    row = row_of("Ensemble", a_day=0.001, noise=0.004, trades=paid)
    row = replace(row, halt=Halt("drawdown", utc("2023-05-01"), "fell"), guarding="on")
    titles, _, line = (text.strip("| ").split(" | ") for text in table([row]).splitlines())
    cells = dict(zip(titles, line, strict=True))
    assert cells["span"] == "2022-01 to 2025-06"
    assert cells["guards"] == "on, halted 2023-05"
    assert (cells["trades"], cells["costs"], cells["funding"]) == ("1", "2", "50 paid")
    assert cells["2025-H1"] == f"{row.years[2025]:.1%}".replace("-", "−")
    assert list(cells)[-4:] == ["2022", "2023", "2024", "2025-H1"]


def test_funding_that_came_in_is_called_received() -> None:
    got = trades_frame(trade(INDEX[1], INDEX[2], 100.0, 100.0, funding_usd=50.0))
    assert "| 50 received |" in table([row_of("Ensemble", a_day=0.0, noise=0.001, trades=got)])


def findings(*rows: StudyRow, **costs: float) -> Findings:
    return Findings(rows, costs or {"fee": 4.0}, "abc123", "2026.9")


def test_reading_names_the_round_trip_of_the_costs_at_hand() -> None:
    assert "a round trip costs 11 bps" in reading(findings(GOOD, fee=4.0, spread=1.5))


def test_reading_compares_the_returns_with_and_without_guards() -> None:
    guarded = replace(POOR, guarding="on")
    off, on = (f"{row.performance.total_return_fraction:.1%}" for row in (GOOD, guarded))
    told = f"- Total return by guards: `Ensemble` {off} off, {on.replace('-', '−')} on."
    assert told in reading(findings(GOOD, guarded, HELD))
    assert "by guards" not in reading(findings(GOOD, HELD))


def test_reading_names_strategies_that_move_together_and_no_others() -> None:
    study = replace(STUDY, strategies=("Ensemble", "SlowTrend", "FundingCarry"))
    twin = replace(GOOD, strategy="SlowTrend", study=study)
    other = row_of("FundingCarry", a_day=0.001, noise=0.004, seed=9)
    other = replace(other, study=study)
    told = reading(findings(GOOD, twin, other, HELD))
    assert "correlation of daily returns: `Ensemble` and `SlowTrend` 1.00." in told
    assert "correlation" not in reading(findings(GOOD, other))


def test_reading_names_a_span_below_a_year_and_its_days() -> None:
    end = GOOD.performance.start + pd.Timedelta(days=60)
    short = replace(GOOD, performance=replace(GOOD.performance, end=end))
    assert "a year says nothing about a strategy: `Ensemble` (60 days)." in reading(findings(short))
    assert "Less than a year" not in reading(findings(GOOD))


def test_page_holds_no_figure_of_an_earlier_run() -> None:
    text = page(
        findings(GOOD, HELD),
        picture="a.png",
        guards_picture="b.png",
        trials=None,
        balance=100_000,
    )
    assert "  - six pairs: `Ensemble` on BTC, 2022-01-01 to 2025-06-30\n" in text
    read = text.partition("## How to read them")[2]
    assert re.findall(r"\d+\.\d+|\b(?:19|20)\d\d\b", read) == []


def test_page_holds_protocol_halts_and_the_picture(tmp_path) -> None:
    halted = replace(POOR, guarding="on", halt=Halt("break_even", utc("2023-05-01"), "100 lost"))
    findings = Findings((GOOD, halted, HELD), {"fee": 4.0, "spread": 2.0}, "abc123", "2026.9")
    text = page(
        findings,
        picture="images/a.png",
        guards_picture="images/b.png",
        trials=Trials(512, 29),
        balance=100_000,
    )
    assert "](images/a.png)" in text
    assert "fee 4 bps + spread 2 bps" in text
    assert "`abc123`, Freqtrade 2026.9" in text
    assert "512 simulations" in text
    assert "29 of them" in text
    assert "- `Ensemble`, guards on: on 2023-05-01 by `break_even`: 100 lost." in text
    assert "--strategy-list Ensemble \\\n    --pairs BTC/USDT:USDT\n" in text


def test_commands_of_the_page_are_those_of_the_studies_and_name_files_that_are_there(root) -> None:
    told = commands_of(STUDIES, BALANCE_USD)
    assert f"```bash\n{told}\n```" in (root / "docs/results.md").read_text(encoding="utf-8")
    written = {"user_data/config/venue-sim.json"}  # by the first command
    named = set(re.findall(r"user_data/config/[\w-]+\.json", told))
    assert written < named
    assert all((root / file).is_file() for file in named - written)
    assert "--dry-run-wallet 100000" in told
    assert told.index("venue serve") < told.index("--timeframes 4h") < told.index("backtesting")


def test_nothing_is_never_minus_nothing() -> None:
    flat = replace(GOOD, years={2022: -1e-9}, performance=replace(GOOD.performance, sharpe=-1e-9))
    assert "−0.0" not in table([flat])


def test_trials_are_counted_from_the_log(tmp_path) -> None:
    log = tmp_path / "trials.csv"
    log.write_text("number,stage\n1,prior\n2,CHECK\n3,CHECK ensemble\n", encoding="utf-8")
    assert read_trials(log) == Trials(3, 2)
    assert read_trials(tmp_path / "none.csv") is None
