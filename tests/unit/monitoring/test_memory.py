"""What outlives a watchdog."""

from dataclasses import replace

import orjson

from plimsoll.monitoring.memory import Episode, High, Latch, Memory, memory_from
from plimsoll.monitoring.profile import Act, Condition
from tests.unit.monitoring.sights import BTC, NOON, later


def test_a_memory_comes_back_whole_from_json() -> None:
    episode = Episode(
        condition=Condition.BOT_DEAD, text="gone", since=NOON, seconds=12.5, told_at=later(3)
    )
    latch = Latch(
        act=Act.FLATTEN,
        since=NOON,
        because="bot_dead",
        pairs=(BTC,),
        asked_at=later(1),
        flat_looks=1,
    )
    memory = Memory(
        looked_at=later(9),
        episodes={episode.condition: episode},
        latch=latch,
        highs=(High(at=NOON, usd=10_000.0),),
    )
    assert memory_from(orjson.loads(orjson.dumps(memory.as_record(), default=str))) == memory
    assert memory_from(orjson.loads(orjson.dumps(Memory().as_record()))) == Memory()


def test_the_high_of_a_day_is_kept_for_a_day() -> None:
    memory = Memory().with_equity(NOON, 10_000.0).with_equity(later(60), 9_000.0)
    assert memory.high == High(at=NOON, usd=10_000.0)
    assert memory.with_equity(later(120), None) == memory
    memory = memory.with_equity(later(23 * 3600), 8_000.0)
    assert memory.high is not None
    assert memory.high.usd == 10_000.0
    memory = memory.with_equity(later(25 * 3600), 7_000.0)
    assert memory.high is not None
    assert memory.high.usd == 8_000.0


def test_a_rising_equity_keeps_one_high_an_hour() -> None:
    memory = Memory()
    for minute in range(600):
        memory = memory.with_equity(later(60 * minute), 10_000.0 + minute)
    assert len(memory.highs) == 1
    for minute in range(600, 1200):
        memory = memory.with_equity(later(60 * minute), 10_000.0 - minute)
    assert len(memory.highs) <= 25
    assert memory.high == replace(memory.highs[0], usd=10_599.0)
