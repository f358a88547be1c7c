"""Log and database know each other by a stamp, and what does not fit is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from freqtrade.persistence import KeyValueStore

from plimsoll.bridge.state.identity import Account
from plimsoll.bridge.state.stamp import (
    KEY,
    Stamp,
    disagreement,
    may_pass,
    new_stamp,
    read_stamp,
    stamp_in,
    write_stamp,
)
from plimsoll.journal.latch_record import LatchRecord
from tests.unit.bridge.trades import database_trades

ACCOUNT = Account("aaaaaaaaaaaaaaaa", "binance futures dry-run", live=False)
MINE = ACCOUNT.digest


@pytest.fixture
def database(tmp_path: Path) -> Iterator[None]:
    with database_trades(tmp_path / "bot.sqlite"):
        yield


def started(stamp: str | None) -> LatchRecord:
    return LatchRecord(started=True, stamp=stamp)


def said_of(record: LatchRecord, stamp: Stamp | None) -> str | None:
    """Return what is said beside a log whose only former stamp is "older"."""
    return disagreement(record, stamp, ACCOUNT, was_stamped=lambda one: one == "older")


def test_a_new_database_has_no_stamp_and_then_the_one_it_was_given(database: None) -> None:
    assert read_stamp() is None
    for stamp in (Stamp(MINE, "one"), Stamp(MINE, "two", "one")):
        write_stamp(stamp)
        assert read_stamp() == stamp


def test_every_start_has_a_stamp_of_its_own_that_fits_the_freqtrade_column() -> None:
    one, two = new_stamp(MINE, "x"), new_stamp(MINE, "x")
    assert one.current != two.current
    assert (one.account, one.previous) == (MINE, "x")


@pytest.mark.parametrize("value", ["", "{}", "[]", "12", '{"account": "a"}'])
def test_a_stamp_that_cannot_be_read_fits_no_log(database: None, value: str) -> None:
    KeyValueStore.store_value(KEY, value)
    stamp = read_stamp()
    assert stamp is not None
    assert said_of(started("x"), stamp) is not None
    assert said_of(LatchRecord(), stamp) is not None
    assert stamp_in(None) is None


@pytest.mark.parametrize(
    ("record", "stamp"),
    [
        (LatchRecord(), None),
        (started(None), None),
        (started("b"), Stamp(MINE, "b", "a")),
        (started("b"), Stamp(MINE, "b", "b")),
        (started("a"), Stamp(MINE, "b", "a")),  # killed between the two writes of a start
        (LatchRecord(), Stamp(MINE, "a", None)),  # the same at the very first start
    ],
)
def test_what_belongs_together_agrees(record: LatchRecord, stamp: Stamp | None) -> None:
    assert said_of(record, stamp) is None


@pytest.mark.parametrize(
    ("record", "stamp", "said"),
    [
        (started("b"), None, "new, or another one"),
        (started("c"), Stamp(MINE, "b", "a"), "restored, or exchanged"),
        (started("c"), Stamp(MINE, "older", "older"), "older than the decision log: a backup was"),
        (started(None), Stamp(MINE, "b", "a"), "restored, or exchanged"),
        (LatchRecord(), Stamp(MINE, "b", "a"), "log of this account is gone"),
        (started("b"), Stamp("other", "b", "a"), "belongs to another account"),
    ],
)
def test_what_does_not_fit_is_said(record: LatchRecord, stamp: Stamp | None, said: str) -> None:
    assert said in (said_of(record, stamp) or "")


def test_a_paper_database_may_be_new_or_anothers_and_a_live_one_may_not() -> None:
    live = Account(MINE, "binance futures live, key 12345678", live=True)
    for stamp in (None, Stamp("other", "b")):
        assert may_pass(stamp, ACCOUNT)
        assert not may_pass(stamp, live)
    assert not may_pass(Stamp(MINE, "b"), ACCOUNT), "restored, or beside another log"
    assert not may_pass(Stamp("", ""), ACCOUNT), "unreadable"
