"""Re-arming a bot that does not run: recorded first, and only what is ours ends."""

import contextlib
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from plimsoll.bridge.account.capital import Capital, read_capital, store_capital
from plimsoll.bridge.account.stored_peak import StoredPeak, read_peak, store_peak
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.control.database import read_records
from plimsoll.control.rearm import WRITER_LOCK, is_written, rearm_stopped
from plimsoll.core import PlimsollError
from plimsoll.journal.files import last
from plimsoll.journal.log import DecisionLog
from tests.unit.bridge.trades import database_trades
from tests.unit.control.conftest import NOW

BY = {"reason": "the data were wrong", "by": "plimsoll resume, anna"}


def reasons(database: Path) -> list[str]:
    return [lock.reason for lock in read_records(f"sqlite:///{database}", NOW).locks]


def test_our_locks_end_and_the_record_names_their_rules(userdir: Path, database: Path) -> None:
    state = StateFolder(userdir / "plimsoll")
    later = NOW + timedelta(seconds=1)
    rules = rearm_stopped(state, {}, f"sqlite:///{database}", now=later, **BY)
    assert rules == ["daily_loss", "drawdown"]
    record = last(state.decisions, "rearm")
    assert record is not None
    assert {name: record[name] for name in ("rules", *BY)} == {"rules": rules, **BY}
    locks = read_records(f"sqlite:///{database}", later + timedelta(seconds=1)).locks
    assert [lock.reason for lock in locks] == ["a person's"]


def test_while_a_bot_writes_its_log_nothing_ends(userdir: Path, database: Path) -> None:
    state, before = StateFolder(userdir / "plimsoll"), reasons(database)
    with DecisionLog(state.decisions), pytest.raises(PlimsollError):
        rearm_stopped(state, {}, f"sqlite:///{database}", now=NOW, **BY)
    assert reasons(database) == before
    assert last(state.decisions, "rearm") is None


def test_a_database_that_cannot_be_written_is_one_line(userdir: Path, tmp_path: Path) -> None:
    state = StateFolder(userdir / "plimsoll")
    with pytest.raises(PlimsollError, match="the bot's database cannot be written") as caught:
        rearm_stopped(state, {}, f"sqlite:///{tmp_path / 'none' / 'x.sqlite'}", now=NOW, **BY)
    assert "\n" not in str(caught.value)
    assert not is_written(state.decisions)


def test_a_database_that_another_keeps_locked_is_one_line(userdir: Path, database: Path) -> None:
    state = StateFolder(userdir / "plimsoll")
    with contextlib.closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(PlimsollError, match=r"cannot be written: .*locked") as caught:
            rearm_stopped(state, {}, f"sqlite:///{database}?timeout=0.1", now=NOW, **BY)
    assert "\n" not in str(caught.value)
    assert len(reasons(database)) == 3


def test_secrets_of_the_config_are_not_recorded(userdir: Path, database: Path) -> None:
    state = StateFolder(userdir / "plimsoll")
    config = {"exchange": {"secret": "only-i-know-it-0123456789"}}
    said = {**BY, "reason": "key only-i-know-it-0123456789 was wrong"}
    rearm_stopped(state, config, f"sqlite:///{database}", now=NOW, **said)
    written = b"".join(file.read_bytes() for file in state.decisions.rglob("*") if file.is_file())
    assert b"only-i-know-it" not in written


def test_a_log_is_written_while_its_writer_lives_and_the_file_of_a_dead_one_is_nobody(
    userdir: Path,
) -> None:
    decisions = StateFolder(userdir / "plimsoll").decisions
    assert not is_written(decisions)
    with DecisionLog(decisions):
        assert is_written(decisions)
    assert not is_written(decisions)
    (decisions / WRITER_LOCK).touch()
    assert not is_written(decisions)


def test_beyond_the_terminal_drawdown_nothing_ends_without_the_word(
    userdir: Path, database: Path
) -> None:
    state, before, url = (
        StateFolder(userdir / "plimsoll"),
        reasons(database),
        f"sqlite:///{database}",
    )
    with database_trades(database):
        store_peak(StoredPeak(1000.0, NOW, None, 1000.0, 740.0))
    with pytest.raises(PlimsollError, match=r"26\.0% from the highest .*--beyond-terminal"):
        rearm_stopped(state, {}, url, now=NOW, **BY)
    assert reasons(database) == before
    assert last(state.decisions, "rearm") is None
    rearm_stopped(state, {}, url, now=NOW, **BY, beyond_terminal=True)
    record = last(state.decisions, "rearm")
    assert record is not None
    assert record["beyond_terminal"] is True
    with database_trades(database):
        assert read_peak() == StoredPeak(1000.0, NOW, NOW, 1000.0, 740.0)


def test_the_word_beyond_it_says_nothing_of_an_account_that_is_not(
    userdir: Path, database: Path
) -> None:
    state = StateFolder(userdir / "plimsoll")
    with database_trades(database):
        store_peak(StoredPeak(1000.0, NOW, None, 1000.0, 990.0))
    rearm_stopped(state, {}, f"sqlite:///{database}", now=NOW, **BY, beyond_terminal=True)
    record = last(state.decisions, "rearm")
    assert record is not None
    assert record["beyond_terminal"] is False
    with database_trades(database):
        assert read_peak() == StoredPeak(1000.0, NOW, None, 1000.0, 990.0)


def test_the_record_has_until_when_the_account_is_on_probation(
    userdir: Path, database: Path
) -> None:
    state = StateFolder(userdir / "plimsoll")
    config = {"plimsoll": {"risk": {"probation_days": 3}}}
    rearm_stopped(state, config, f"sqlite:///{database}", now=NOW, **BY)
    record = last(state.decisions, "rearm")
    assert record is not None
    until = datetime.fromisoformat(record["probation_until"])
    assert until == NOW + timedelta(days=3)
    assert record["beyond_terminal"] is False


@pytest.mark.parametrize(
    ("breaks", "kept"),
    [
        ([], True),
        ([{"kind": "foreign_order", "settling": False}], True),
        ([{"kind": "money", "settling": True}], True),
        ([{"kind": "money", "settling": False}], False),
    ],
)
def test_money_that_nothing_explains_is_accepted_with_the_re_arming(
    userdir: Path, database: Path, breaks: list[dict[str, object]], kept: bool
) -> None:
    state = StateFolder(userdir / "plimsoll")
    state.write_status({"breaks": breaks})
    store_capital(Capital(10_000.0, NOW))
    rearm_stopped(state, {}, f"sqlite:///{database}", now=NOW, **BY)
    with database_trades(database):
        assert (read_capital() is not None) is kept
