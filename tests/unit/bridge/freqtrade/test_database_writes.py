"""Writes to Freqtrade's database, by whichever thread, are heard of."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from freqtrade.persistence import Trade
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from plimsoll.bridge.freqtrade.database_writes import is_written, write_counter
from tests.unit.bridge.bots import NOON, open_trade
from tests.unit.bridge.trades import database_trades, trade_fields


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    with database_trades(tmp_path / "bot.sqlite"):
        yield


def test_a_trade_that_is_stored_is_heard_of() -> None:
    before = write_counter().writes
    open_trade(NOON)
    assert write_counter().writes > before
    assert is_written()


def test_another_thread_is_heard_of() -> None:
    before = write_counter().writes

    def force() -> None:
        open_trade(NOON)
        Trade.session.remove()

    thread = threading.Thread(target=force)
    thread.start()
    thread.join()
    assert write_counter().writes > before


def test_reading_is_no_write() -> None:
    open_trade(NOON)
    before = write_counter().writes
    assert Trade.get_open_trades()
    assert write_counter().writes == before


def test_a_statement_that_changes_many_rows_is_heard_of() -> None:
    open_trade(NOON)
    before = write_counter().writes
    Trade.session.execute(update(Trade).values(stop_loss=1.0))
    sent = write_counter().writes
    Trade.commit()
    assert before < sent < write_counter().writes, "when it is sent, and when others see it"


def test_what_is_changed_and_not_yet_written_is_known() -> None:
    trade = open_trade(NOON)
    trade.stop_loss = 90.0
    assert not is_written()
    Trade.commit()
    assert is_written()
    Trade.session.add(Trade(**trade_fields(NOON.replace(tzinfo=None))))
    assert not is_written()


def test_a_write_that_failed_is_not_written() -> None:
    Trade.session.add(Trade(**trade_fields(NOON.replace(tzinfo=None), pair=None)))
    with pytest.raises(IntegrityError):
        Trade.session.flush()
    assert not is_written()
    Trade.rollback()
    assert is_written()
