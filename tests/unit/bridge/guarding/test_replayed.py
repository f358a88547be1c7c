"""What the guards of a replayed bot read and write less often is the same in the end."""

from collections.abc import Callable, Iterator
from inspect import getattr_static
from pathlib import Path

import pytest
from freqtrade.persistence import Trade
from sqlalchemy import event
from sqlalchemy.engine import Engine

from plimsoll.bridge.account.closed_trades import ClosedTrades
from plimsoll.bridge.freqtrade.replay_database import Changes
from plimsoll.bridge.guarding.replayed import quicken_guards
from plimsoll.bridge.state.folder import StateFolder
from tests.unit.bridge.bots import NOON, open_trade
from tests.unit.bridge.trades import database_trades


class Quickened:
    """What the end of a run calls, and the statements that have reached the database."""

    def __init__(self) -> None:
        self.at_end: list[Callable[[], None]] = []
        self.sent: list[str] = []

    def hear(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.sent.append(statement)


@pytest.fixture
def quickened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Quickened]:
    for owner, name in ((ClosedTrades, "read"), (StateFolder, "write_status")):
        monkeypatch.setattr(owner, name, getattr_static(owner, name))  # put back after the test
    made, changes = Quickened(), Changes()
    changes.listen()
    event.listen(Engine, "after_cursor_execute", made.hear)
    quicken_guards(made.at_end.append, changes)
    with database_trades(tmp_path / "bot.sqlite"):
        yield made
    event.remove(Engine, "after_cursor_execute", made.hear)


def test_closed_trades_are_looked_for_after_a_change_only(quickened: Quickened) -> None:
    trade, closed, other = open_trade(NOON), ClosedTrades(), ClosedTrades()
    assert closed.read() == []
    quickened.sent.clear()
    assert closed.read() == []
    assert quickened.sent == []
    trade.is_open, trade.close_profit_abs, trade.close_date = False, 12.5, NOON
    Trade.commit()
    assert [one.profit_usd for one in closed.read()] == [12.5]
    assert closed.read() == []
    assert [one.profit_usd for one in other.read()] == [12.5]


def test_of_the_statuses_of_a_moment_the_first_is_written_and_at_the_end_the_last(
    quickened: Quickened, tmp_path: Path
) -> None:
    folder = StateFolder(tmp_path / "state")
    for loops in range(5):
        folder.write_status({"loops": loops})
    assert folder.status() == {"loops": 0}
    for act in quickened.at_end:
        act()
    assert folder.status() == {"loops": 4}
