"""A bot that starts beside what it left: its database, its folder, and neither of them."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Order, PairLocks, Trade
from sqlalchemy.exc import OperationalError

from plimsoll.bridge.config.settings import LIVE_OPT_IN, settings_from
from plimsoll.bridge.state import locks, recorder
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.bridge.state.identity import account_of
from plimsoll.bridge.state.latch import Beginning, Latch
from plimsoll.bridge.state.registry import registered
from plimsoll.bridge.state.stamp import RENEWED_EVERY, Stamp, read_stamp, write_stamp
from plimsoll.core import Mode, PlimsollError, Verdict
from plimsoll.journal.check import verify
from plimsoll.journal.files import decision_files, records_backwards
from plimsoll.journal.latch_record import STATE
from plimsoll.journal.log import DecisionLog
from tests.unit.bridge.bots import BTC, ETH, NOON, Bot, entry, open_trade, running_bot
from tests.unit.bridge.guarding.test_live_session import loops, status, written
from tests.unit.bridge.trades import database_trades

FELL = Verdict(Mode.HALTED, "drawdown", "fell 13 %", value=0.13, limit=0.12)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def closed(folder: Path) -> None:
    """End the process as far as log and database are concerned."""
    Trade.session.remove()
    Trade.session.get_bind().dispose()
    log = recorder._open.pop(folder / "plimsoll/decisions", None)
    if log is not None:
        log.close()


def halted_bot(folder: Path, clock: Any) -> None:
    """Halt a bot by its flag, take the flag down, and end it."""
    with running_bot(folder) as bot:
        (folder / "plimsoll/halt").write_text("news")
        loops(bot, clock)
        (folder / "plimsoll/halt").unlink()
        assert held(bot) == {"manual_halt"}
    closed(folder)


def held(bot: Bot) -> set[str]:
    return {rule for rule, _ in bot.strategy._session._looks_after.held}


def lose_database(folder: Path) -> None:
    (folder / "bot.sqlite").unlink()


def lose_folder(folder: Path) -> None:
    shutil.rmtree(folder / "plimsoll")


# A fresh database


def test_a_fresh_database_forgets_no_halt(tmp_path: Path, clock: Any) -> None:
    halted_bot(tmp_path, clock)
    lose_database(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == {"manual_halt"}
        assert locks.held_verdicts(datetime.now(UTC)).keys() == {("manual_halt", None)}
        loops(bot, clock)
        assert status(tmp_path)["mode"] == "HALTED"
        assert not entry(bot.strategy, NOON + 2 * HOUR)
        assert any("⚠️ The database is new" in text for text in bot.said())
    assert any("held again from the log" in one["message"] for one in written(tmp_path, "error"))


def test_a_fresh_paper_database_where_nothing_was_held_is_told_and_trades(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
    closed(tmp_path)
    lose_database(tmp_path)
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        assert held(bot) == set()
        assert any("⚠️ The database is new" in text for text in bot.said())
    assert [one["where"] for one in written(tmp_path, "error")] == [STATE]


def test_a_person_re_arms_once_and_the_next_starts_are_quiet(tmp_path: Path, clock: Any) -> None:
    halted_bot(tmp_path, clock)
    lose_database(tmp_path)
    with running_bot(tmp_path) as bot:
        StateFolder(tmp_path / "plimsoll").ask_to_resume("seen", "anna")
        loops(bot, clock, 2)
        assert held(bot) == set()
    closed(tmp_path)
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        assert held(bot) == set()
        assert "No halt is in force" in "".join(bot.said())


# Other databases


def test_a_database_restored_from_a_backup_halts(tmp_path: Path, clock: Any) -> None:
    for count in range(3):
        with running_bot(tmp_path) as bot:
            loops(bot, clock)
        closed(tmp_path)
        if count == 0:
            shutil.copy(tmp_path / "bot.sqlite", tmp_path / "backup")
    shutil.copy(tmp_path / "backup", tmp_path / "bot.sqlite")
    with running_bot(tmp_path) as bot:
        assert held(bot) == {STATE}
        assert any("older than the decision log: a backup" in text for text in bot.said())
        assert any("plimsoll resume --reason" in text for text in bot.said())
    (halt,) = written(tmp_path, "halt")
    assert (halt["rule"], halt["mode"], halt["event"]) == (STATE, "HALTED", "acted")
    closed(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == {STATE}, "until a person re-arms"
    assert len(written(tmp_path, "halt")) == 1


def copied(source: Path, target: Path) -> None:
    """Copy a database as SQLite does, whatever is in its write-ahead log."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def back_up(folder: Path) -> None:
    Trade.commit()
    copied(folder / "bot.sqlite", folder / "backup")


def put_back(folder: Path) -> None:
    closed(folder)
    copied(folder / "backup", folder / "bot.sqlite")


def test_a_backup_of_the_same_run_is_known_for_one_after_an_hour(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock, 2)
        back_up(tmp_path)
        loops(bot, clock, after=RENEWED_EVERY)
        loops(bot, clock, 3)
        assert [one["stamp"] for one in written(tmp_path, "stamp")] == [read_stamp().current]
    put_back(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == {STATE}
        assert any("older than the decision log: a backup" in text for text in bot.said())


def test_a_backup_from_before_a_fill_is_known_for_one_in_the_next_loop(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock, 2)
        back_up(tmp_path)
        fill = Order(ft_order_side="buy", price=100.0, average=100.0, filled=10.0, amount=10.0)
        bot.strategy.order_filled(BTC, open_trade(NOON), fill, datetime.now(UTC))
        loops(bot, clock, 3)
        assert len(written(tmp_path, "stamp")) == 1
    put_back(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == {STATE}


def test_the_database_as_it_was_left_is_no_backup(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock, 2, after=RENEWED_EVERY)
        back_up(tmp_path)
    put_back(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == set()


def test_a_stamp_is_no_start_and_what_was_held_before_it_stays(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        (tmp_path / "plimsoll/halt").write_text("news")
        loops(bot, clock, 2, after=RENEWED_EVERY)
        (tmp_path / "plimsoll/halt").unlink()
    closed(tmp_path)
    lose_database(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == {"manual_halt"}


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_stamp_that_cannot_be_written_is_tried_again_and_halts_nobody(
    tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    """Of its three writes the database refuses the first and the third, the log the second."""
    writes = 0

    def counted(real: Any, error: Exception) -> Any:
        def write(*arguments: Any, **fields: Any) -> Any:
            nonlocal writes
            if arguments[1:2] != ("stamp",) and not isinstance(arguments[0], Stamp):
                return real(*arguments, **fields)
            writes += 1
            if writes == fails_at:
                raise error
            return real(*arguments, **fields)

        return write

    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        locked = OperationalError("INSERT", None, sqlite3.OperationalError("database is locked"))
        full = PlimsollError("the disk is full")
        with monkeypatch.context() as patch:
            patch.setattr("plimsoll.bridge.state.latch.write_stamp", counted(write_stamp, locked))
            patch.setattr(DecisionLog, "append", counted(DecisionLog.append, full))
            loops(bot, clock, after=RENEWED_EVERY)
            assert writes == fails_at
            loops(bot, clock)
            assert writes == fails_at, "not in every loop"
            loops(bot, clock, after=timedelta(minutes=1))
        assert held(bot) == set()
        assert [one["stamp"] for one in written(tmp_path, "stamp")] == [read_stamp().current]
        assert read_stamp().previous == read_stamp().current
    closed(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == set()


def test_a_paper_database_of_another_account_is_told_and_keeps_its_halts(
    tmp_path: Path, clock: Any
) -> None:
    PairLocks.timeframe = "5m"
    with database_trades(tmp_path / "bot.sqlite"):
        write_stamp(Stamp("another", "x"))
        locks.hold(FELL, NOON)
    with running_bot(tmp_path) as bot:
        assert held(bot) == {"drawdown"}
        assert any("belongs to another account" in text for text in bot.said())


def test_a_live_database_of_another_account_halts(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with database_trades(tmp_path / "one/bot.sqlite"):
        write_stamp(Stamp("another", "x"))
    beginning = begin(live_config(tmp_path / "one"))
    assert beginning.new is not None
    assert "belongs to another account" in beginning.new.reason


def test_a_lock_that_the_log_released_ends_and_a_newer_one_does_not(
    tmp_path: Path, clock: Any
) -> None:
    """A kill between the record of a re-arming and the end of its locks."""
    halted_bot(tmp_path, clock)
    clock.shift(HOUR)
    now = datetime.now(UTC)
    released = [{"rule": "manual_halt", "pair": None}, {"rule": "break_even", "pair": None}]
    with DecisionLog(tmp_path / "plimsoll/decisions") as log:
        log.append("rearm", now, rules=[], released=released, halted=True, reason="x", by="y")
    PairLocks.timeframe = "5m"
    with database_trades(tmp_path / "bot.sqlite"):
        locks.hold(Verdict(Mode.HALTED, "break_even", "later"), now + HOUR)
    clock.shift(2 * HOUR)
    with running_bot(tmp_path) as bot:
        assert held(bot) == {"break_even"}
        assert locks.held_verdicts(datetime.now(UTC)).keys() == {("break_even", None)}


# The folder


def test_a_lost_folder_halts_and_so_does_a_restored_one(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
    closed(tmp_path)
    shutil.copytree(tmp_path / "plimsoll", tmp_path / "backup")
    lose_folder(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == {STATE}
        assert any("decision log of this account is gone" in text for text in bot.said())
        StateFolder(tmp_path / "plimsoll").ask_to_resume("seen", "anna")
        loops(bot, clock, 2)
        assert held(bot) == set()
    closed(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == set()
    closed(tmp_path)
    lose_folder(tmp_path)
    shutil.copytree(tmp_path / "backup", tmp_path / "plimsoll")
    with running_bot(tmp_path) as bot:
        assert held(bot) == {STATE}


def test_a_folder_deleted_under_a_running_bot_halts_and_is_begun_again(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        head = bot.strategy._session._recorder.log.head
        lose_folder(tmp_path)
        loops(bot, clock)
        assert held(bot) == {STATE}
        assert status(tmp_path)["mode"] == "HALTED"
        assert locks.held_verdicts(datetime.now(UTC)).keys() == {(STATE, None)}
        assert any("deleted or exchanged under the bot" in text for text in bot.said())
        loops(bot, clock, 2)
        with pytest.raises(PlimsollError, match="only writer"):
            DecisionLog(tmp_path / "plimsoll/decisions")
    log = tmp_path / "plimsoll/decisions"
    assert verify(log).fault is None
    kinds = [one["kind"] for one in reversed(list(records_backwards(log)))]
    assert kinds[:3] == ["error", "halt", "verdict"] or kinds[:3] == ["error", "halt", "start"]
    assert written(tmp_path, "error")[0]["head_before"] == head
    assert len(written(tmp_path, "halt")) == len(written(tmp_path, "start")) == 1
    closed(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == {STATE}


def test_a_folder_exchanged_for_a_copy_is_noticed_too(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        shutil.copytree(tmp_path / "plimsoll", tmp_path / "copy")
        lose_folder(tmp_path)
        (tmp_path / "copy").rename(tmp_path / "plimsoll")
        loops(bot, clock)
        assert held(bot) == {STATE}
    assert verify(tmp_path / "plimsoll/decisions").fault is None


def test_a_folder_that_another_bot_has_taken_halts_and_takes_no_entry(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        lose_folder(tmp_path)
        with DecisionLog(tmp_path / "plimsoll/decisions"):
            loops(bot, clock)
            assert held(bot) == {STATE}
            assert locks.held_verdicts(datetime.now(UTC)).keys() == {(STATE, None)}
            assert any("found another bot" in text for text in bot.said())
            StateFolder(tmp_path / "plimsoll").ask_to_resume("mine", "anna")
            loops(bot, clock)
            assert held(bot) == {STATE}, "nothing is re-armed that is not recorded"
            assert not entry(bot.strategy, NOON)
        loops(bot, clock, after=timedelta(seconds=61))
        assert written(tmp_path, "start")[-1]["held"][0]["rule"] == STATE
        StateFolder(tmp_path / "plimsoll").ask_to_resume("mine again", "anna")
        loops(bot, clock)
        assert held(bot) == set()


# A log that is damaged, full or read-only


def test_a_damaged_line_after_the_last_start_halts_until_a_person_re_arms(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
    closed(tmp_path)
    file = decision_files(tmp_path / "plimsoll/decisions")[-1]
    with file.open("ab") as log:
        log.write(b'{"at":"2026-11-19T12:00:05Z","day_start_equity_usd":10000.0,"eq\n')
    with running_bot(tmp_path) as bot:
        assert held(bot) == {STATE}
        assert any("is damaged" in text for text in bot.said())
        StateFolder(tmp_path / "plimsoll").ask_to_resume("seen", "anna")
        loops(bot, clock, 2)
        assert held(bot) == set()
    closed(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == set()


def test_a_full_disk_leaves_the_halt_in_the_database_and_takes_no_entry(
    tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write

    def full(handle: int, content: bytes) -> int:
        if content.startswith(b'{"'):
            raise OSError(28, "No space left on device")
        return real(handle, content)

    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        assert entry(bot.strategy, NOON)
        with monkeypatch.context() as disk:
            disk.setattr(os, "write", full)
            (tmp_path / "plimsoll/halt").write_text("news")
            loops(bot, clock)
            (tmp_path / "plimsoll/halt").unlink()
            assert locks.held_verdicts(datetime.now(UTC)).keys() == {("manual_halt", None)}
            assert not entry(bot.strategy, NOON)
            assert any("news" in text for text in bot.said())
        loops(bot, clock)
    assert [one["rule"] for one in written(tmp_path, "halt")] == ["manual_halt"]
    closed(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == {"manual_halt"}


def test_a_kill_between_log_and_database_keeps_the_halt(
    tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        (tmp_path / "plimsoll/halt").write_text("news")
        with monkeypatch.context() as moment:
            moment.setattr(locks, "hold", killed)
            with pytest.raises(Killed):
                loops(bot, clock)
    (tmp_path / "plimsoll/halt").unlink()
    closed(tmp_path)
    with running_bot(tmp_path) as bot:
        assert held(bot) == {"manual_halt"}
        assert locks.held_verdicts(datetime.now(UTC)).keys() == {("manual_halt", None)}


@pytest.mark.parametrize("pair", [None, BTC])
def test_a_closing_whose_end_passed_while_the_bot_was_down_is_finished(
    tmp_path: Path, clock: Any, pair: str | None
) -> None:
    """A bot that runs goes on beyond the end; one that was killed forgot, and kept the position."""
    verdict = Verdict(Mode.FLATTEN, "api_errors", "10 errors", NOON + HOUR, pair=pair)
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        open_trade(NOON)
        bot.strategy._session._looks_after.hold(verdict, datetime.now(UTC))
    closed(tmp_path)
    clock.shift(2 * HOUR)
    with running_bot(tmp_path) as bot:
        assert held(bot) == {"api_errors"}
        assert any("Still closing" in text for text in bot.said())
        loops(bot, clock, 3)
        assert bot.strategy._session.exit_rule(BTC, datetime.now(UTC)) == "api_errors"
        trade = Trade.get_open_trades()[0]
        trade.is_open = False
        trade.close_date, trade.close_rate, trade.close_profit_abs = datetime.now(UTC), 100.0, 0.0
        Trade.commit()
        loops(bot, clock, 2, after=timedelta(minutes=5))
        assert held(bot) == set()


def test_a_closing_that_was_finished_before_its_end_ends_with_it(
    tmp_path: Path, clock: Any
) -> None:
    others = Verdict(Mode.FLATTEN, "stale_data", "late", NOON + HOUR, pair=ETH)
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        open_trade(NOON)
        bot.strategy._session._looks_after.hold(others, datetime.now(UTC))
    closed(tmp_path)
    clock.shift(2 * HOUR)
    with running_bot(tmp_path) as bot:
        assert held(bot) == set()


def test_a_reload_in_one_process_carries_on_what_is_held(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        (tmp_path / "plimsoll/halt").write_text("news")
        loops(bot, clock)
        (tmp_path / "plimsoll/halt").unlink()
        bot.strategy.ft_bot_start()
        assert held(bot) == {"manual_halt"}
    first, second = written(tmp_path, "start")
    assert first["held"] == []
    assert [(one["rule"], one["mode"]) for one in second["held"]] == [("manual_halt", "HALTED")]
    assert second["stamp_before"] == first["stamp"] != second["stamp"]
    assert second["account"] == first["account"]


def test_what_a_former_version_left_is_taken_over(tmp_path: Path, clock: Any) -> None:
    """A log without accounts and stamps, whose halt only the log still has."""
    with DecisionLog(tmp_path / "plimsoll/decisions") as log:
        log.append("start", NOON, mode="dry_run", strategy="Plain", config={})
        log.append("halt", NOON, event="acted", mode="HALTED", rule="drawdown", reason="fell")
    with running_bot(tmp_path) as bot:
        assert held(bot) == {"drawdown"}
        assert "Still halted since before this start. Drawdown limit" in bot.said()[0]


# What a live bot knows beyond


def live_config(folder: Path, **others: Any) -> dict[str, Any]:
    return {
        "exchange": {"name": "binance", "key": "a-key-of-mine", "secret": "s"},
        "dry_run": False,
        "trading_mode": "futures",
        "user_data_dir": folder,
        "db_url": f"sqlite:///{folder / 'bot.sqlite'}",
        "plimsoll": {"live_opt_in": LIVE_OPT_IN},
        **others,
    }


def begin(config: dict[str, Any]) -> Beginning:
    """Begin as a live bot does, and end."""
    folder: Path = config["user_data_dir"]
    folder.mkdir(exist_ok=True)
    PairLocks.timeframe = "5m"
    with database_trades(folder / "bot.sqlite"):
        try:
            latch = Latch(StateFolder(folder / "plimsoll"), config, settings_from(config))
            return latch.begin(datetime.now(UTC))
        finally:
            closed(folder)


def test_a_fresh_database_halts_a_live_bot_though_nothing_was_held(tmp_path: Path) -> None:
    config = live_config(tmp_path / "one")
    assert begin(config).held == {}
    assert begin(config).held == {}
    (tmp_path / "one/bot.sqlite").unlink()
    beginning = begin(config)
    assert beginning.new is not None
    assert beginning.held == {(STATE, None): beginning.new}
    assert "the database is new" in beginning.new.reason
    assert len(locks.lock_text(beginning.new)) < locks.REASON_LENGTH


def test_two_accounts_in_one_folder_are_two_latches(tmp_path: Path) -> None:
    one = live_config(tmp_path / "one")
    begin(one)
    with DecisionLog(tmp_path / "one/plimsoll/decisions") as log:
        log.append("halt", NOON, event="acted", mode="HALTED", rule="drawdown", reason="fell")
    key = {"name": "binance", "key": "another", "secret": "s"}
    (tmp_path / "one/bot.sqlite").rename(tmp_path / "one/kept")
    assert begin({**one, "exchange": key}).held == {}
    (tmp_path / "one/kept").replace(tmp_path / "one/bot.sqlite")
    assert begin(one).held.keys() == {("drawdown", None)}


def test_one_account_under_two_folders_is_refused_and_both_are_named(tmp_path: Path) -> None:
    begin(live_config(tmp_path / "one"))
    with pytest.raises(PlimsollError) as caught:
        begin(live_config(tmp_path / "two"))
    for folder in ("one", "two"):
        assert str(tmp_path / folder / "plimsoll") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert begin(live_config(tmp_path / "one")).held == {}
    assert not (tmp_path / "two/plimsoll").exists()


def test_an_account_whose_folder_has_vanished_is_halted_in_the_next_one(tmp_path: Path) -> None:
    begin(live_config(tmp_path / "one"))
    (tmp_path / "one").rename(tmp_path / "two")
    beginning = begin(live_config(tmp_path / "two"))
    assert beginning.new is not None
    assert f"kept in {tmp_path / 'one/plimsoll'}, which is gone" in beginning.new.reason
    account = account_of(live_config(tmp_path / "two"))
    assert account is not None
    entry = registered(account)
    assert entry is not None
    assert entry.folder == tmp_path / "two/plimsoll"


def test_a_user_folder_restored_as_a_whole_is_seen_by_the_registry(tmp_path: Path) -> None:
    config = live_config(tmp_path / "one")
    begin(config)
    shutil.copytree(tmp_path / "one", tmp_path / "backup")
    for _ in range(2):
        assert begin(config).held == {}
    shutil.rmtree(tmp_path / "one")
    (tmp_path / "backup").rename(tmp_path / "one")
    beginning = begin(config)
    assert beginning.new is not None
    assert "older than the account's last stamp" in beginning.new.reason


def test_a_machine_without_a_place_for_the_registry_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    beginning = begin(live_config(tmp_path / "one"))
    assert beginning.held == {}
    assert "cannot be registered" in beginning.notices[0]


def test_a_start_that_cannot_record_its_halt_keeps_it_in_the_database_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a kill after the new stamp would leave nothing that knows of the halt."""
    config = live_config(tmp_path / "one")
    begin(config)
    with database_trades(tmp_path / "one/bot.sqlite"):
        write_stamp(Stamp(read_stamp().account, "restored"))
    monkeypatch.setattr(DecisionLog, "append", _fails)
    beginning = begin(config)
    assert beginning.new is not None
    with database_trades(tmp_path / "one/bot.sqlite"):
        assert locks.held_verdicts(datetime.now(UTC)).keys() == {(STATE, None)}


def _fails(*_: object, **__: object) -> None:
    raise PlimsollError("the disk is full")


def test_the_key_is_nowhere_in_log_database_or_registry(tmp_path: Path) -> None:
    begin(live_config(tmp_path / "one"))
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert b"a-key-of-mine" not in file.read_bytes()
    with sqlite3.connect(tmp_path / "one/bot.sqlite") as database:
        (stored,) = database.execute(
            "SELECT string_value FROM KeyValueStore WHERE key = 'plimsoll_state'"
        ).fetchone()
    assert len(stored) < 255


def test_a_bot_on_the_database_of_another_is_refused_in_one_line(
    tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_: object) -> None:
        raise PlimsollError("expected to be the only bot on the database, found another one")

    monkeypatch.setattr("plimsoll.bridge.state.latch.claim", taken)
    with pytest.raises(OperationalException, match="only bot"), running_bot(tmp_path):
        pass
    assert not (tmp_path / "plimsoll/decisions").exists()


def test_starts_that_were_registered_elsewhere_halt_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two starts with another home, or none that can be written, made a sound folder the older."""
    config = live_config(tmp_path / "one")
    for home in ("a", "b", "b", "a"):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / home))
        beginning = begin(config)
        assert (beginning.new, beginning.held) == (None, {})
