"""A bot's database, read from outside: open trades and active locks, and nothing is written."""

from datetime import timedelta
from pathlib import Path

import pytest
from freqtrade.persistence import KeyValueStore, Trade

from plimsoll.control.database import OpenPosition, opened_to_read, read_records
from plimsoll.core import Mode, PlimsollError, Side, UsageError
from tests.unit.bridge.trades import database_trades
from tests.unit.control.conftest import BTC, ETH, NOW


def test_open_trades_are_positions_with_their_stop(database: Path) -> None:
    [position] = read_records(f"sqlite:///{database}", NOW).positions
    assert position == OpenPosition(
        id=1,
        pair=BTC,
        side=Side.LONG,
        amount=10.0,
        entry_price=100.0,
        stake_usd=1000.0,
        leverage=1.0,
        stop_price=90.0,
        opened_at=NOW - timedelta(hours=2),
    )


def test_active_locks_say_which_verdict_they_keep(database: Path) -> None:
    locks = read_records(f"sqlite:///{database}", NOW).locks
    assert [(lock.pair, lock.mode) for lock in locks] == [
        ("*", Mode.HALTED),
        ("*", Mode.FLATTEN),
        (ETH, None),
    ]
    assert "drawdown 13.00 %" in locks[0].reason
    # Freqtrade rounds a lock's end up to its candle.
    assert timedelta(hours=3) <= locks[1].until - NOW <= timedelta(hours=3, minutes=5)
    assert locks[2].reason == "a person's"


def test_a_lock_that_has_ended_by_now_is_left_out(database: Path) -> None:
    later = read_records(f"sqlite:///{database}", NOW + timedelta(hours=4)).locks
    assert [(lock.pair, lock.mode) for lock in later] == [("*", Mode.HALTED), (ETH, None)]


def test_reading_writes_nothing(database: Path) -> None:
    before, beside = database.read_bytes(), sorted(database.parent.iterdir())
    read_records(f"sqlite:///{database}", NOW)
    assert database.read_bytes() == before
    assert sorted(database.parent.iterdir()) == beside


def test_an_empty_database_has_no_positions_and_no_locks(tmp_path: Path) -> None:
    with database_trades(tmp_path / "empty.sqlite"):
        pass
    records = read_records(f"sqlite:///{tmp_path / 'empty.sqlite'}", NOW)
    assert (records.positions, records.locks) == ((), ())


@pytest.mark.parametrize(
    ("db_url", "error", "said"),
    [
        ("no url", UsageError, "expected a database such as sqlite:///FILE, found 'no url'"),
        ("sqlite:///{folder}/none.sqlite", UsageError, "expected the bot's database at .*none"),
        ("sqlite://", PlimsollError, "is in the bot's memory"),
        ("sqlite:///:memory:", PlimsollError, "is in the bot's memory"),
        ("sqlite:///{folder}/words.sqlite", PlimsollError, "is no database of this Freqtrade"),
        ("nosuch+db://me:secret@host/x", PlimsollError, "nosuch.* cannot be read"),
    ],
)
def test_what_is_no_bots_database_is_named_in_one_line(
    tmp_path: Path, db_url: str, error: type[PlimsollError], said: str
) -> None:
    (tmp_path / "words.sqlite").write_text("no database at all, only words, and more of them")
    with pytest.raises(error, match=said) as caught:
        read_records(db_url.format(folder=tmp_path), NOW)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_freqtrades_models_read_the_database_and_cannot_write_it(database: Path) -> None:
    before = Trade.session
    with opened_to_read(f"sqlite:///{database}"):
        assert [trade.pair for trade in Trade.get_open_trades()] == [BTC]
        assert KeyValueStore.get_string_value("nothing") is None
    assert Trade.session is before
    content = database.read_bytes()
    with (
        pytest.raises(PlimsollError, match="attempt to write a readonly database"),
        opened_to_read(f"sqlite:///{database}"),
    ):
        KeyValueStore.store_value("a", "b")
    assert Trade.session is before
    assert database.read_bytes() == content
