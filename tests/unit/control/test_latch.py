"""What holds a bot that does not run, seen and ended from outside."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import PairLocks

from plimsoll.bridge.state import locks
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.bridge.state.identity import account_of
from plimsoll.bridge.state.stamp import Stamp, write_stamp
from plimsoll.control.bot import find_bot, look
from plimsoll.control.latch import on_record
from plimsoll.core import Mode, Verdict
from plimsoll.journal.files import last
from plimsoll.journal.latch_record import STATE, read_latch, verdict_fields
from plimsoll.journal.log import DecisionLog
from tests.unit.bridge.trades import database_trades
from tests.unit.cli import commands
from tests.unit.cli.commands import Ran
from tests.unit.control.conftest import FELL, NOW

PAPER: dict[str, Any] = {"exchange": {"name": "binance"}, "trading_mode": "futures"}
LIVE: dict[str, Any] = {
    "exchange": {"name": "binance", "key": "mine"},
    "trading_mode": "futures",
    "dry_run": False,
}
NEWS = Verdict(Mode.HALTED, "manual_halt", "flag file: news")


def digest(config: dict[str, Any]) -> str:
    account = account_of(config)
    assert account is not None
    return account.digest


@pytest.fixture
def state(userdir: Path) -> StateFolder:
    return StateFolder(userdir / "plimsoll")


@pytest.fixture
def none(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'none.sqlite'}"


def leave(state: StateFolder, config: dict[str, Any], *held: Verdict, stamp: str = "one") -> None:
    """Leave the log of a bot that started with this config, and of what acted then."""
    account = account_of(config)
    assert account is not None
    start = {"account": account.digest, "account_name": account.name, "held": []}
    with DecisionLog(state.decisions) as log:
        mode = "live" if account.live else "dry_run"
        log.append("start", NOW, **start, stamp=stamp, stamp_before=None, mode=mode)
        for verdict in held:
            log.append("halt", NOW, event="acted", **verdict_fields(verdict))


def stamped(database: Path, config: dict[str, Any], stamp: str) -> str:
    with database_trades(database):
        write_stamp(Stamp(digest(config), stamp, stamp))
    return f"sqlite:///{database}"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], userdir: Path) -> Any:
    def ran(*words: str) -> Ran:
        command = partial(commands.plimsoll, monkeypatch=monkeypatch, capsys=capsys)
        return command(*words, "--userdir", str(userdir))

    return ran


# What is held


def test_a_log_that_holds_nothing_holds_nothing(state: StateFolder, none: str) -> None:
    assert on_record(state, PAPER, none, NOW).held == {}
    leave(state, PAPER)
    assert on_record(state, PAPER, none, NOW).held == {}, "a new paper database loosens nothing"


def test_without_a_config_the_account_is_the_one_that_started_last(
    state: StateFolder, none: str
) -> None:
    leave(state, PAPER, FELL)
    known = on_record(state, {}, none, NOW)
    assert known.held == {("drawdown", None): FELL}
    assert known.account is not None
    assert known.account.digest == digest(PAPER)
    unknown = {**PAPER, "exchange": {"name": "kraken"}}
    assert on_record(state, unknown, none, NOW).held == known.held


def test_of_two_accounts_the_config_says_which(state: StateFolder, none: str) -> None:
    leave(state, LIVE, FELL)
    leave(state, PAPER, NEWS)
    assert on_record(state, PAPER, none, NOW).held == {("manual_halt", None): NEWS}
    assert ("drawdown", None) in on_record(state, LIVE, none, NOW).held


def test_a_live_database_that_does_not_fit_is_held(
    state: StateFolder, tmp_path: Path, none: str
) -> None:
    leave(state, LIVE)
    assert on_record(state, LIVE, none, NOW).held.keys() == {(STATE, None)}
    fits = stamped(tmp_path / "fits.sqlite", LIVE, "one")
    assert on_record(state, LIVE, fits, NOW).held == {}
    other = stamped(tmp_path / "other.sqlite", LIVE, "another")
    assert on_record(state, LIVE, other, NOW).held.keys() == {(STATE, None)}


def test_a_database_that_cannot_be_read_hides_nothing_that_the_log_holds(
    state: StateFolder, tmp_path: Path
) -> None:
    leave(state, PAPER, FELL)
    (tmp_path / "broken.sqlite").write_bytes(b"no database")
    held = on_record(state, PAPER, f"sqlite:///{tmp_path / 'broken.sqlite'}", NOW).held
    assert held == {("drawdown", None): FELL}


# A person sees it


def test_status_shows_what_the_log_holds_without_a_database(
    run: Any, state: StateFolder, none: str
) -> None:
    leave(state, PAPER, FELL)
    seen = run("status", "--db-url", none)
    assert seen.status == 1
    for said in ("HALTED", "drawdown 13.00 %", "not running"):
        assert said in seen.out
    assert json.loads(run("status", "--db-url", none, "--json").out)["mode"] == "HALTED"


def test_what_log_and_locks_both_hold_is_shown_once(
    state: StateFolder, userdir: Path, database: Path
) -> None:
    leave(state, PAPER, FELL, NEWS)
    with database_trades(database):
        write_stamp(Stamp(digest(PAPER), "one", "one"))
    view = look(find_bot(userdir, [], f"sqlite:///{database}"))
    assert sum("drawdown" in text for text in view.held) == 1
    assert sum("manual_halt" in text for text in view.held) == 1
    assert view.mode == "HALTED"


# A person ends it


def test_resume_without_a_database_ends_it_on_record_and_makes_no_database(
    run: Any, state: StateFolder, none: str
) -> None:
    leave(state, LIVE, FELL)
    done = run("resume", "--reason", "moved to another machine", "--db-url", none)
    assert done.status == 0, done
    assert "re-armed on record, without a database (drawdown, state)" in done.out
    record = last(state.decisions, "rearm")
    assert record is not None
    assert (record["rules"], record["halted"]) == (["drawdown", "state"], True)
    assert (record["account"], record["stamp"]) == (digest(LIVE), None)
    assert not Path(none.removeprefix("sqlite:///")).exists()
    assert read_latch(state.decisions, digest(LIVE)).held == {}
    assert run("resume", "--reason", "again", "--db-url", none).status == 2, "nothing is held"


def test_resume_takes_the_database_that_is_there_for_the_accounts(
    run: Any, state: StateFolder, tmp_path: Path
) -> None:
    leave(state, LIVE, FELL)
    other = stamped(tmp_path / "other.sqlite", LIVE, "another")
    PairLocks.timeframe = "5m"
    with database_trades(tmp_path / "other.sqlite"):
        locks.hold(FELL, NOW)
    done = run("resume", "--reason", "restored the backup of last night", "--db-url", other)
    assert done.status == 0, done
    record = last(state.decisions, "rearm")
    assert record is not None
    assert record["stamp"] == "another"
    assert on_record(state, LIVE, other, NOW).held == {}
    assert look(find_bot(state.path.parent, [], other)).held == []


def test_resume_answers_for_a_damaged_line(run: Any, state: StateFolder, tmp_path: Path) -> None:
    leave(state, PAPER)
    database = stamped(tmp_path / "bot.sqlite", PAPER, "one")
    with next(state.decisions.glob("*.jsonl")).open("ab") as file:
        file.write(b'{"at":"2026\n{"at":"20')
    assert "damaged" in run("status", "--db-url", database).out
    assert run("resume", "--reason", "looked at it", "--db-url", database).status == 0
    assert look(find_bot(state.path.parent, [], database)).held == []
