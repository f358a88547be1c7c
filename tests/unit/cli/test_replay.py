"""``plimsoll replay``: what it asks of the lab, and what it says of the end."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plimsoll.lab.book_agreement import BookAgreement, BookCause, BookDifference
from plimsoll.lab.replay_plan import ReplayPlan, ReplayProgress, ReplayRecord
from tests.unit.cli.commands import Run, assert_one_line

SPAN = ("--strategy", "Mine", "--timerange", "20250407-20250409", "--market", "synthetic")
BEGIN, END = datetime(2025, 4, 7, tzinfo=UTC), datetime(2025, 4, 9, tzinfo=UTC)
LATE = BookDifference(BookCause.FUNDING, "trade 1 LTCUSDT", -0.5, 0.0, -0.5)


def books_of(plan: ReplayPlan) -> BookAgreement:
    """Return books that agree, but for two payments of funding where the seed is 8."""
    return BookAgreement(
        wallet_usd=9_990.5,
        told_usd=9_991.5 if plan.seed == 8 else 9_990.5,
        unseen_usd=0.0,
        rounding_usd=0.0,
        trades=1,
        orders=4,
        fills=6,
        orders_in_parts=2,
        stops=3,
        stops_hit=1,
        funding_bookings=1,
        differences=(LATE, LATE) if plan.seed == 8 else (),
    )


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[tuple[ReplayPlan, Path]]:
    """The plans that were run and their folders; nothing else is."""
    made: list[tuple[ReplayPlan, Path]] = []

    def run_replay(plan: ReplayPlan, folder: Path, tell: Any) -> ReplayRecord:
        made.append((plan, folder))
        tell(ReplayProgress(plan.end, days_done=2, days_in_all=2, seconds=6))
        return ReplayRecord(
            plan=plan,
            folder=folder,
            database=folder / "trades.sqlite",
            decision_log=folder / "user_data/plimsoll",
            event_log=folder / "venue-events.jsonl" if plan.mode == "live" else None,
            hash="abc",
            trades=3,
            orders=7,
            fills=5,
            halts=1,
            segments=1,
            resumed_at=BEGIN if plan.plain else None,
            days_run=2.0,
            seconds=6.0,
            processor_seconds=8.0,
            agreement=None if plan.mode == "dry-run" else books_of(plan),
        )

    monkeypatch.setattr("plimsoll.lab.replay.run_replay", run_replay)
    return made


Plans = list[tuple[ReplayPlan, Path]]


def test_a_plan_of_whole_days_in_a_folder_of_its_own(
    run: Run, plans: Plans, tmp_path: Path
) -> None:
    told = ["--pairs", "BTC", "--realism", "probe", "--adjust-seconds", "5"]
    ran = run("replay", *SPAN, *told, "--out", str(tmp_path))
    assert ran.status == 0
    plan, folder = plans[0]
    assert (plan.begin, plan.end, plan.pairs) == (BEGIN, END, ("BTC/USDT:USDT",))
    assert (plan.mode, plan.realism, plan.plain) == ("dry-run", "probe", False)
    assert plan.adjust_seconds == 5
    assert folder.name == "Mine-20250407-20250409-synthetic-dry-run-probe"
    assert "2 days in 6 s: 20.0 simulated days a minute, 4.0 s of processor a day" in ran.out
    assert "Hash abc" in ran.out
    assert "fills at the exchange" not in ran.out


def test_live_mode_names_its_fills_and_a_resumed_run_says_so(
    run: Run, plans: Plans, tmp_path: Path
) -> None:
    ran = run("replay", *SPAN, "--mode", "live", "--plain", "--name", "x", "--out", str(tmp_path))
    assert plans[0][1] == tmp_path / "x"
    assert "5 fills at the exchange" in ran.out
    assert "gone on from 2025-04-07" in ran.out


def test_live_mode_tells_whether_books_and_database_agree(run: Run, plans: Plans) -> None:
    agreed = run("replay", *SPAN, "--mode", "live").out
    assert (
        "Books and database agree to the cent: 4 orders, 2 filled in parts, 3 stops, "
        "1 payments of funding; wallet 9,990.50 USD"
    ) in agreed
    differed = run("replay", *SPAN, "--mode", "live", "--seed", "8").out
    assert "Books and database differ; wallet 9,990.50 USD:" in differed
    assert "  funding: 2 times, -1.00 USD" in differed
    assert "Books" not in run("replay", *SPAN).out


def test_json_is_one_object(run: Run, plans: Plans) -> None:
    told = json.loads(run("replay", *SPAN, "--json").out)
    assert (told["hash"], told["plan"]["strategy"]) == ("abc", "Mine")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--timerange", "20250409-20250407"), "ends after it begins"),
        (("--timerange", "2025-04"), "such as 20250401-20250501"),
        (("--mode", "paper"), "--mode to be one of dry-run, live"),
        (("--realism", "second"), "--realism to be one of minute, tick, probe"),
        (("--market", "spot"), "--market to be one of replay, synthetic"),
    ],
)
def test_what_is_no_plan_is_refused(
    run: Run, plans: Plans, words: tuple[str, str], named: str
) -> None:
    ran = run("replay", *SPAN, *words)
    assert ran.status == 2
    assert_one_line(ran, named)
    assert plans == []
