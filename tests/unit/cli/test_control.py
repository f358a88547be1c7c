"""``plimsoll status``, ``halt`` and ``resume`` with no bot running: folder and database."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from freqtrade.persistence import PairLocks, Trade

from plimsoll.bridge.state import locks
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.bridge.state.outbox import Outbox
from plimsoll.control.bot import find_bot
from plimsoll.control.rearm import is_written
from plimsoll.core import Mode, PlimsollError, Verdict
from plimsoll.core.books import Break, BreakKind
from plimsoll.journal.files import last
from plimsoll.journal.log import DecisionLog
from plimsoll.risk import RiskProfile
from tests.unit.bridge.trades import database_trades, trade_fields
from tests.unit.cli import commands
from tests.unit.cli.commands import Ran

Command = Callable[..., Ran]
NOW = datetime.now(UTC)
FELL = Verdict(Mode.HALTED, "drawdown", "drawdown 13.00 % reached its limit 12.00%")
DAY = Verdict(Mode.FLATTEN, "daily_loss", "daily loss 40.00 USD", NOW + timedelta(hours=3))


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    folder = tmp_path / "user_data"
    folder.mkdir()
    return folder


@pytest.fixture
def database(tmp_path: Path) -> Iterator[str]:
    """A bot's database with a halt, a daily loss, a person's own lock and an open trade."""
    file = tmp_path / "bot.sqlite"
    timeframe, PairLocks.timeframe = PairLocks.timeframe, "5m"
    with database_trades(file):
        locks.hold(FELL, NOW)
        locks.hold(DAY, NOW)
        PairLocks.lock_pair("ETH/USDT:USDT", NOW + timedelta(days=1), "a person's", now=NOW)
        Trade.session.add(Trade(**trade_fields(NOW.replace(tzinfo=None) - timedelta(hours=2))))
        Trade.commit()
    PairLocks.timeframe = timeframe
    return f"sqlite:///{file}"


@pytest.fixture
def run(
    userdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    monkeypatch.chdir(userdir.parent)
    return partial(commands.plimsoll, monkeypatch=monkeypatch, capsys=capsys)


def test_status_tells_what_the_locks_of_a_dead_bot_hold(run: Command, database: str) -> None:
    seen = run("status", "--db-url", database)
    assert seen.status == 1
    for said in ("not running", "HALTED", "drawdown 13.00 %", "BTC/USDT:USDT long", "a person's"):
        assert said in seen.out
    told = json.loads(run("status", "--db-url", database, "--json").out)
    assert (told["runs"], told["trading"], told["stale"]) == (False, False, True)
    assert told["mode"] == "HALTED"
    assert [lock["mode"] for lock in told["locks"]] == ["HALTED", "FLATTEN", None]
    assert [one["pair"] for one in told["positions"]] == ["BTC/USDT:USDT"]


def test_a_lock_without_a_day_says_what_ends_it(run: Command, tmp_path: Path) -> None:
    file, blind = tmp_path / "blind.sqlite", NOW + locks.FOREVER
    timeframe, PairLocks.timeframe = PairLocks.timeframe, "5m"
    with database_trades(file):
        locks.hold(FELL, NOW)
        locks.hold(DAY, NOW)
        locks.hold(Verdict(Mode.FLATTEN, "blind_guards", "nothing was seen", blind), NOW)
    PairLocks.timeframe = timeframe
    seen = run("status", "--db-url", f"sqlite:///{file}")
    rows = [line for line in seen.out.splitlines() if line.startswith("lock ")]
    ends = [row.partition(" until ")[2].partition(": ")[0] for row in rows]
    assert ends[0::2] == ["a person re-arms", "everything is closed"]
    assert ends[1].endswith(" UTC")


def test_status_names_what_is_to_be_closed_and_is_not(
    run: Command, userdir: Path, database: str
) -> None:
    row = {"pair": "BTC/USDT:USDT", "side": "long", "amount": 0.079, "rule": "daily_loss"}
    why = "exit refused once, last 3 s ago: ReduceOnly Order is rejected. (-2022)"
    closing = {"seconds": 360.0, "alarms": 2, "open": [{**row, "seconds": 360.0, "why": why}]}
    StateFolder(userdir / "plimsoll").write_status({"mode": "FLATTEN", "closing": closing})
    seen = run("status", "--db-url", database)
    assert f"CLOSING    BTC/USDT:USDT long 0.079 for 6 min (daily_loss): {why}\n" in seen.out
    told = json.loads(run("status", "--db-url", database, "--json").out)
    assert told["status"]["closing"] == closing


def test_status_says_why_a_running_bot_is_not_active_and_names_the_trade(
    run: Command, userdir: Path, database: str
) -> None:
    folder = StateFolder(userdir / "plimsoll")
    why = "reconciliation: 0.1 long of BTC/USDT:USDT is unexplained"
    with DecisionLog(folder.decisions):
        folder.write_status({"mode": "REDUCING", "held": [], "why": why})
        seen = run("status", "--db-url", database).out
        folder.write_status({"mode": "HALTED", "held": [f"plimsoll HALTED {why}"], "why": why})
        held = run("status", "--db-url", database).out
    assert f"why        {why}\n" in seen
    assert "open       trade 1: " in seen
    assert not any(line.startswith("why") for line in held.splitlines())
    folder.write_status({"mode": "REDUCING", "why": why})
    assert "why " not in run("status", "--db-url", database).out


def test_status_shows_probation_and_what_is_used_of_the_terminal_drawdown(
    run: Command, userdir: Path, database: str
) -> None:
    folder = StateFolder(userdir / "plimsoll")
    until = datetime.now(UTC) + timedelta(days=3)
    facts = {
        "peak_equity_usd": 12_000.0,
        "peak_drawdown_fraction": 0.1,
        "terminal_drawdown_fraction": 0.25,
        "probation_until": until,
        "probation_stake_fraction": 0.5,
    }
    folder.write_status({"mode": "REDUCING", "rearming": facts})
    lines = run("status", "--db-url", database).out.splitlines()
    day = f"{until:%Y-%m-%d %H:%M}"
    assert f"probation  stakes times 0.5 until {day} UTC or equity above 12,000.00 USD" in lines
    assert "terminal   10.0% below the highest equity ever, limit 25.0%" in lines
    over = {**facts, "probation_until": until - timedelta(days=4), "peak_drawdown_fraction": 0.25}
    folder.write_status({"mode": "HALTED", "rearming": over})
    out = run("status", "--db-url", database).out
    assert "probation" not in out
    assert "terminal   25.0% below the highest equity ever, limit 25.0%: reached" in out


def test_resume_beyond_the_terminal_drawdown_says_what_to_type(
    run: Command, userdir: Path, database: str
) -> None:
    state = StateFolder(userdir / "plimsoll")
    state.set_halt("an evil day")
    facts = {"peak_drawdown_fraction": 0.26, "terminal_drawdown_fraction": 0.25}
    state.write_status({"mode": "HALTED", "rearming": facts})
    refused = run("resume", "--reason", "I feel lucky", "--db-url", database)
    assert refused.status == 1
    assert "the terminal drawdown is reached, 26.0% from the highest equity ever" in refused.err
    assert "plimsoll resume --beyond-terminal --reason" in refused.err
    assert state.halt_reason() == "an evil day", "the flag stays up"
    done = run("resume", "--reason", "the last try", "--beyond-terminal", "--db-url", database)
    assert done.status == 0, done
    assert last(state.decisions, "rearm")["reason"] == "the last try"


def test_a_loop_of_long_ago_is_no_running_bot(run: Command, userdir: Path, database: str) -> None:
    StateFolder(userdir / "plimsoll").write_status({"mode": "ACTIVE", "equity_usd": 990.5})
    seen = run("status", "--db-url", database)
    assert seen.status == 1
    assert "990.50 USD" in seen.out
    assert "not running" in seen.out


def test_status_tells_what_is_not_closed_and_what_differs(
    run: Command, userdir: Path, database: str
) -> None:
    settled = Break(kind=BreakKind.MONEY, text="2,500.00 USD are missing", since=NOW)
    row = {"pair": "BTC/USDT:USDT", "side": "long", "amount": 0.1, "seconds": 300.0}
    StateFolder(userdir / "plimsoll").write_status(
        {
            "mode": "FLATTEN",
            "closing": {"open": [{**row, "rule": "drawdown", "why": "exit refused 3 times"}]},
            "breaks": [asdict(settled), asdict(replace(settled, text="under way", settling=True))],
        }
    )
    lines = run("status", "--db-url", database).out.splitlines()
    for line in (
        "CLOSING    BTC/USDT:USDT long 0.1 for 5 min (drawdown): exit refused 3 times",
        "break      2,500.00 USD are missing (plimsoll audit)",
    ):
        assert line in lines
    assert not any("under way" in line for line in lines)


def test_status_says_whether_the_guards_of_a_running_bot_act(
    run: Command, userdir: Path, database: str
) -> None:
    folder = StateFolder(userdir / "plimsoll")
    by_hand = "plimsoll HALTED manual_halt: halted by hand: enough"
    said = []
    with DecisionLog(folder.decisions):
        for told in (
            {"guards": "enforce", "mode": "ACTIVE", "held": []},
            {"guards": "observe", "mode": "HALTED", "held": ["plimsoll HALTED drawdown: deep"]},
            {"guards": "observe", "mode": "HALTED", "held": [by_hand]},
        ):
            folder.write_status(told)
            out = run("status", "--db-url", database).out
            said += [line for line in out.splitlines() if line.startswith("guards")]
    assert said == [
        "guards     enforce",
        "guards     observe: nothing is refused, cut or closed",
        "guards     observe: a halt by hand is obeyed: everything is closed",
    ]
    assert "guards " not in run("status", "--db-url", database).out  # no bot runs


@pytest.mark.parametrize(("age", "status"), [(0, 0), (55, 0), (65, 1), (3600, 1)])
def test_a_bot_whose_loops_no_longer_end_falls_short(
    run: Command, userdir: Path, tmp_path: Path, age: float, status: int
) -> None:
    """Its process lives, and every loop fails before a guard is asked."""
    state, empty = StateFolder(userdir / "plimsoll"), tmp_path / "empty.sqlite"
    with database_trades(empty), DecisionLog(state.decisions):
        state.write_status({"mode": "ACTIVE", "equity_usd": 990.5})
        ended = time.time() - age
        os.utime(state.path / "status.json", (ended, ended))
        seen = run("status", "--db-url", f"sqlite:///{empty}")
        assert seen.status == status
        assert ("more than 60 s" in seen.out) is bool(status)
        assert run("status", "--db-url", f"sqlite:///{empty}", "--max-age", "7200").status == 0


def test_resume_ends_our_locks_and_no_other_and_records_it(
    run: Command, userdir: Path, database: str
) -> None:
    state = StateFolder(userdir / "plimsoll")
    state.set_halt("an evil day")
    state.ask_to_resume("forgotten", "long ago")
    done = run("resume", "--reason", "the data were wrong", "--db-url", database)
    assert done.status == 0, done
    assert state.halt_reason() is None
    assert not state.resume_is_waiting
    record = last(state.decisions, "rearm")
    assert record is not None
    assert record["rules"] == ["daily_loss", "drawdown"]
    assert record["reason"] == "the data were wrong"
    told = json.loads(run("status", "--db-url", database, "--json").out)
    assert [lock["reason"] for lock in told["locks"]] == ["a person's"]
    with database_trades(Path(database.removeprefix("sqlite:///"))):
        assert locks.last_rearm(datetime.now(UTC)) is not None
    again = run("resume", "--reason", "once more", "--db-url", database)
    assert again.status == 0
    assert "nothing to re-arm" in again.out


def test_resume_while_a_log_is_written_elsewhere_ends_nothing(
    run: Command, userdir: Path, database: str
) -> None:
    state = StateFolder(userdir / "plimsoll")
    assert not is_written(state.decisions)
    with DecisionLog(state.decisions):
        assert is_written(state.decisions)
        state.write_status({"mode": "HALTED", "held": ["plimsoll HALTED drawdown: x"]})
        done = run("resume", "--reason", "now", "--wait", "1", "--db-url", database)
        assert done.status == 1
        assert "not re-armed" in done.out
    assert not is_written(state.decisions)
    assert not state.resume_is_waiting
    told = json.loads(run("status", "--db-url", database, "--json").out)
    assert told["mode"] == "HALTED"


def test_a_halt_in_the_config_is_not_re_armed(
    run: Command, userdir: Path, database: str, tmp_path: Path
) -> None:
    config = tmp_path / "halted.json"
    config.write_text('{"plimsoll": {"halt": true}}', encoding="utf-8")
    StateFolder(userdir / "plimsoll").set_halt("x")
    done = run("resume", "--reason", "y", "--db-url", database, "-c", str(config))
    assert done.status == 1
    assert "plimsoll.halt is true in the config" in done.err
    assert StateFolder(userdir / "plimsoll").halt_reason() == "x"
    assert json.loads(run("status", "--db-url", database, "--json").out)["mode"] == "HALTED"


def test_halt_raises_the_flag_and_says_what_nobody_watches(
    run: Command, userdir: Path, database: str
) -> None:
    done = run("halt", "--reason", "storm", "--db-url", database)
    assert done.status == 1
    assert "no bot watches over BTC/USDT:USDT long" in done.out
    assert StateFolder(userdir / "plimsoll").halt_reason() == "storm"


def test_halt_raises_the_flag_also_where_no_database_can_be_read(
    run: Command, userdir: Path
) -> None:
    done = run("halt")
    assert done.status == 1
    assert "open positions are not known" in done.out
    assert StateFolder(userdir / "plimsoll").halt_reason() == "plimsoll halt"


def test_the_flag_goes_up_before_freqtrade_is_imported(userdir: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from plimsoll.control import bot, halt\n"
        f"one = bot.find_bot(Path({str(userdir)!r}), [], None)\n"
        "one.folder.set_halt('quick')\n"
        "print([name for name in ('freqtrade', 'pandas', 'ccxt') if name in sys.modules])"
    )
    kept = {name: value for name, value in os.environ.items() if "FREQTRADE__" not in name}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=kept, cwd=userdir
    )
    assert done.stdout == "[]\n", done.stderr
    assert StateFolder(userdir / "plimsoll").halt_reason() == "quick"


def test_wrong_places_are_wrong_usage(run: Command, tmp_path: Path) -> None:
    for words in (
        ("halt", "--userdir", str(tmp_path / "nowhere")),
        ("status", "-c", str(tmp_path / "none.json")),
        ("status",),
        ("status", "--db-url", "no url"),
        ("resume", "--reason", "x", "--db-url", f"sqlite:///{tmp_path / 'none.sqlite'}"),
        ("resume",),
    ):
        ended = run(*words)
        assert ended.status == 2, (words, ended)
        assert "Traceback" not in ended.err


def test_a_file_that_is_no_database_is_named(run: Command, tmp_path: Path, userdir: Path) -> None:
    file = tmp_path / "bot.sqlite"
    file.write_text("no database at all, only words, and more of them", encoding="utf-8")
    StateFolder(userdir / "plimsoll").write_status({"mode": "ACTIVE"})
    seen = run("status", "--db-url", f"sqlite:///{file}")
    assert seen.status == 1
    assert "is no database of this Freqtrade" in seen.out


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("{}", "sqlite:///tradesv3.dryrun.sqlite"),
        ('{"dry_run": false}', "sqlite:///tradesv3.sqlite"),
        ('{"dry_run": true, "db_url": "sqlite:///tradesv3.sqlite"}', "tradesv3.dryrun.sqlite"),
        ('{"dry_run": false, "db_url": "sqlite:///mine.sqlite"}', "sqlite:///mine.sqlite"),
    ],
)
def test_the_database_is_the_one_that_freqtrade_would_take(
    userdir: Path, tmp_path: Path, config: str, expected: str
) -> None:
    file = tmp_path / "config.json"
    file.write_text(config, encoding="utf-8")
    assert find_bot(userdir, [file], None).db_url.endswith(expected)
    assert find_bot(userdir, [file], "sqlite:///given.sqlite").db_url == "sqlite:///given.sqlite"


def test_without_a_config_it_is_the_one_in_the_user_folder(userdir: Path) -> None:
    (userdir / "config.json").write_text('{"dry_run": false}', encoding="utf-8")
    assert find_bot(userdir, [], None).db_url == "sqlite:///tradesv3.sqlite"


def test_a_config_that_is_not_valid_is_named(userdir: Path, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"plimsoll": {"hallt": true}}', encoding="utf-8")
    with pytest.raises(PlimsollError, match="hallt"):
        find_bot(userdir, [file], None)


def test_status_names_the_alarms_that_wait_and_that_nobody_is_told(
    run: Command, userdir: Path, database: str
) -> None:
    folder = StateFolder(userdir / "plimsoll")
    told = "nobody is told: no messenger is set up"
    folder.write_status({"nobody_is_told": None, "undelivered": {"last_error": "chat not found"}})
    assert "messages" not in run("status", "--db-url", database).out
    at = datetime(2026, 11, 20, 13, 48, tzinfo=UTC)
    Outbox(folder.path).add("halted", at, alarm=True, messengers=["telegram"])
    seen = run("status", "--db-url", database).out
    said = "1 alarm waits for delivery, the oldest since 2026-11-20 13:48 UTC: chat not found"
    assert f"messages   {said}" in seen
    folder.write_status({"nobody_is_told": told})
    assert f"messages   {told}" in run("status", "--db-url", database).out


# Looser limits


def test_status_shows_each_limit_that_is_held_back(
    run: Command, userdir: Path, database: str
) -> None:
    told = {"mode": "ACTIVE", "held_back": {"max_daily_loss_usd": [20, None]}}
    StateFolder(userdir / "plimsoll").write_status(told)
    assert "held back  max daily loss 20 USD → off" in run("status", "--db-url", database).out


def test_status_refuses_a_config_that_cannot_be_right(
    run: Command, userdir: Path, database: str, tmp_path: Path
) -> None:
    config = tmp_path / "twice.json"
    config.write_text('{"plimsoll": {},\n"plimsoll": {"halt": false}}', encoding="utf-8")
    seen = run("status", "--db-url", database, "-c", str(config))
    assert seen.status == 2
    assert f"plimsoll twice in {config}, in lines 1 and 2" in seen.err


def test_a_halt_is_not_kept_from_its_bot_by_such_a_config(
    run: Command, userdir: Path, database: str, tmp_path: Path
) -> None:
    config = tmp_path / "twice.json"
    config.write_text('{"plimsoll": {}, "plimsoll": {}, "risk": {}}', encoding="utf-8")
    run("halt", "--db-url", database, "--userdir", str(userdir), "-c", str(config), "--wait", "1")
    assert StateFolder(userdir / "plimsoll").halt_reason() == "plimsoll halt"


def test_resume_accepts_looser_limits_only_when_told_to(
    run: Command, userdir: Path, database: str, tmp_path: Path
) -> None:
    state, config = StateFolder(userdir / "plimsoll"), tmp_path / "live.json"
    risk = {"max_leverage": 2}
    config.write_text(json.dumps({"dry_run": False, "plimsoll": {"risk": risk}}))
    strict = RiskProfile(max_leverage=1).model_dump(mode="json")
    with DecisionLog(state.decisions) as log:
        log.append("start", NOW, mode="live", profile=strict)
    where = ("--db-url", database, "-c", str(config), "--userdir", str(userdir))
    assert run("resume", "--reason", "going on", *where).status == 0
    assert last(state.decisions, "limits") is None
    assert run("resume", "--allow-looser", "--reason", " ", *where).status == 2
    done = run("resume", "--allow-looser", "--reason", "step two", *where)
    assert done.status == 0
    assert "max leverage 1 → 2" in done.out
    record = last(state.decisions, "limits")
    assert record is not None
    assert (record["accepted"], record["reason"]) == ({"max_leverage": 2}, "step two")


def test_status_shows_what_of_each_limit_is_used_when_asked(
    run: Command, userdir: Path, database: str
) -> None:
    folder = StateFolder(userdir / "plimsoll")
    one = {"rule": "drawdown", "value": 0.06, "limit": 0.12, "used_fraction": 0.5}
    folder.write_status({"mode": "ACTIVE", "meters": {"limits": [one]}})
    assert "50% used" not in run("status", "--db-url", database).out
    assert (
        "Drawdown limit 50% used: 0.06 of 0.12"
        in run("status", "--db-url", database, "--limits").out
    )
