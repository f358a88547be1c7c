"""``plimsoll drill``: what it asks of the lab, and how it ends."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.lab.drill_bot import Sample
from plimsoll.lab.drill_plan import DrillAccount, DrillPlan
from plimsoll.lab.user_folder import lay_out
from tests.support.postgres import PostgresServer
from tests.unit.cli.commands import Run, assert_one_line

AT = datetime(2025, 5, 29, 14, tzinfo=UTC)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[DrillPlan]:
    """The plans that were run; nothing else is."""
    made: list[DrillPlan] = []

    def run_drill(plan: DrillPlan, folder: Path, tell: Any) -> DrillAccount:
        made.append(plan)
        folder.mkdir(parents=True)
        account = DrillAccount(plan, folder, tell)
        account.say("held", "HALTED 30 s into the crash", ok=plan.strategy != "Bad")
        account.crash_at, account.held_at = AT, AT + timedelta(seconds=30)
        account.held_by = "drawdown: reached its limit"
        account.equity = {"enforce": [Sample(AT, 9500.0, "HALTED")]}
        if plan.compare:
            later = AT + timedelta(hours=1)
            account.market = [(AT, 1.0), (later, 0.7)]
            for mode, end in (("enforce", 9200.0), ("observe", 7000.0)):
                account.equity[mode] = [Sample(AT, 9500.0, ""), Sample(later, end, "")]
        return account

    monkeypatch.setattr("plimsoll.lab.drill.run_drill", run_drill)
    return made


def test_each_step_is_a_line_and_the_run_leaves_its_record(
    run: Run, plans: list[DrillPlan], tmp_path: Path
) -> None:
    ran = run("drill", "Mine", "--userdir", str(tmp_path), "--out", str(tmp_path / "out"))
    assert ran.status == 0
    assert "HALTED 30 s into the crash" in ran.out
    assert plans[0].strategy_path == tmp_path / "strategies"
    assert len(list((tmp_path / "out").glob("runs/*/drill.json"))) == 1


def test_a_database_is_looked_at_before_anything_starts(
    run: Run, plans: list[DrillPlan], tmp_path: Path, postgres: PostgresServer
) -> None:
    url = postgres.url(postgres.new_database(), driver="psycopg")
    words = ("drill", "Mine", "--userdir", str(tmp_path), "--out", str(tmp_path / "out"))
    assert run(*words, "--db-url", url).status == 0
    assert [plan.db_url for plan in plans] == [url]
    refused = run(*words, "--db-url", "postgresql://ada:secret@127.0.0.1/x")
    assert refused.status == 2
    assert_one_line(refused, "without a password", "PGPASSWORD")
    assert "secret" not in refused.err
    many = run(*words, "--db-url", url, "--all")
    assert many.status == 2
    assert_one_line(many, "--db-url without --all")
    assert len(plans) == 1


def test_a_config_of_ones_own_without_our_handler_is_warned_of_in_one_line(
    run: Run, plans: list[DrillPlan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_VERSION")
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies/Mine.py").write_text(
        "from freqtrade.strategy import IStrategy\n\n\nclass Mine(IStrategy): ...\n",
        encoding="utf-8",
    )
    words = ("drill", "Mine", "--userdir", str(tmp_path), "--out", str(tmp_path / "out"))
    assert run(*words).err == ""
    own, base = tmp_path / "config.json", tmp_path / "config/base.json"
    own.write_text('{"dry_run": true}', encoding="utf-8")
    ran = run(*words)
    assert ran.status == 0
    assert_one_line(ran, f"a bot with {own} would not be", f"-c {base} -c {own}")
    lay_out(tmp_path)
    own.write_text('{"add_config_files": ["config/base.json"]}', encoding="utf-8")
    assert run(*words).err == ""


def test_options_reach_the_plan(run: Run, plans: list[DrillPlan], tmp_path: Path) -> None:
    words = ["--strategy-path", str(tmp_path), "-c", "a.json", "--pairs", "BTC,SOL"]
    words += ["--side", "short", "--fall", "0.2", "--minutes", "10", "--own-limits", "--compare"]
    assert run("drill", "Mine", *words, "--out", str(tmp_path)).status == 0
    [plan] = plans
    assert plan.strategy_path == tmp_path
    assert [layer.name for layer in plan.layers] == ["a.json"]
    assert plan.pairs == ("BTC/USDT:USDT", "SOL/USDT:USDT")
    assert (plan.side, plan.fall_fraction, plan.fall_minutes) == ("short", 0.2, 10.0)
    assert plan.own_limits
    assert plan.compare


def test_two_bots_beside_each_other_leave_a_picture(
    run: Run, plans: list[DrillPlan], tmp_path: Path
) -> None:
    ran = run("drill", "Mine", "--compare", "--json", "--out", str(tmp_path))
    picture = Path(json.loads(ran.out)["picture"])
    assert picture == tmp_path / "drill.svg"
    assert "guards close all: drawdown<" in picture.read_text(encoding="utf-8")


def test_a_step_that_fell_short_ends_with_1_and_is_in_the_json(
    run: Run, plans: list[DrillPlan], tmp_path: Path
) -> None:
    ran = run("drill", "Bad", "--out", str(tmp_path), "--json")
    assert ran.status == 1
    record = json.loads(ran.out)
    assert (record["ok"], record["held_after_seconds"]) == (False, 30.0)
    assert record["equity_usd"] == {"enforce": 9500.0}
    assert "a step of the drill fell short" in ran.err


def test_a_side_that_is_none_is_refused(run: Run, plans: list[DrillPlan]) -> None:
    ran = run("drill", "Mine", "--side", "up")
    assert ran.status == 2
    assert_one_line(ran, "--side", "up")
    assert plans == []


def test_spot_is_drilled_with_pairs_of_its_own(
    run: Run, plans: list[DrillPlan], tmp_path: Path
) -> None:
    place = ("--userdir", str(tmp_path), "--out", str(tmp_path / "out"))
    assert run("drill", "Mine", *place, "--exchange", "binance-spot").status == 0
    assert (plans[0].exchange, plans[0].pairs[0]) == ("binance-spot", "BTC/USDT")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Mine", "--side", "short"), "nothing is shorted on spot"),
        (("Mine", "--pairs", "BTC/USDT:USDT"), "such as BTC/USDT, found BTC/USDT:USDT"),
        (("--all",), "its rows are judged by positions"),
    ],
)
def test_what_spot_does_not_have_is_refused(
    run: Run, plans: list[DrillPlan], words: tuple[str, ...], said: str
) -> None:
    ran = run("drill", *words, "--exchange", "binance-spot")
    assert ran.status == 2
    assert_one_line(ran, said)
    assert plans == []
