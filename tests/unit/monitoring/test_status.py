"""What a watchdog says of itself."""

from pathlib import Path

import orjson

from plimsoll.monitoring.alarms import Outbox
from plimsoll.monitoring.memory import Episode, Latch, Memory
from plimsoll.monitoring.profile import Act, Condition
from plimsoll.monitoring.status import status_of
from plimsoll.monitoring.store import Store
from tests.unit.monitoring.sights import BLIND, BTC, NOON, sight
from tests.unit.monitoring.test_trial import settings


def test_all_is_well_only_where_nothing_is_wrong_held_or_untold(tmp_path: Path) -> None:
    store = Store(tmp_path, [])
    episode = Episode(condition=Condition.BLIND, text="no route", since=NOON)
    latch = Latch(act=Act.FLATTEN, since=NOON, because="bot_dead")
    silent = Outbox(["json://127.0.0.1:1/"], "W", send=lambda *_: False)
    silent.add("a", "text", NOON)
    none = Outbox([], "W")
    for memory, outbox, well in (
        (Memory(), none, True),
        (Memory(episodes={episode.condition: episode}), none, False),
        (Memory(latch=latch), none, False),
        (Memory(), silent, False),
    ):
        status = status_of(settings(tmp_path), sight(), memory, outbox, store)
        assert status["is_well"] is well
        orjson.dumps(status)
    store.close()


def test_the_status_has_what_was_seen_and_what_was_not(tmp_path: Path) -> None:
    store = Store(tmp_path, [])
    seen = status_of(settings(tmp_path), sight(), Memory(), Outbox([], "W"), store)
    assert seen["account"]["equity_usd"] == 10_100.0
    assert seen["account"]["positions"] == [f"{BTC} long 0.1 at 50000"]
    assert seen["database"] == {"fault": None, "open_trades": 1}
    blind = sight(account=BLIND, database=None)
    told = status_of(settings(tmp_path), blind, Memory(), Outbox([], "W"), store)
    assert told["account"]["fault"] == "NetworkError: no route"
    assert told["account"]["equity_usd"] is None
    assert told["database"] is None
    store.close()
