"""How a bot ran in a span: uptime, candles that it missed, faults, and breaks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plimsoll.journal.log import DecisionLog
from plimsoll.journal.operation import Operation, OperationReader
from plimsoll.journal.reading import Reading
from tests.unit.journal.decisions import CANDLE, START, Bot

DAY = timedelta(days=1)


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def operation(bot: Bot, start: datetime, end: datetime, **more: timedelta) -> Operation | None:
    reader = OperationReader(start, end, **more)
    for record in Reading().records(bot.folder):
        reader.take(record)
    return reader.operation()


def known(found: Operation | None) -> Operation:
    assert found is not None
    return found


def test_a_bot_that_wrote_all_the_time_was_up_and_missed_nothing(bot: Bot) -> None:
    bot.candles(12)
    made = known(operation(bot, START, START + 11 * CANDLE))
    assert made.up_fraction == pytest.approx(1.0, abs=0.001)
    assert made.since == START + timedelta(seconds=2)
    assert (made.candles, made.missed) == (11, 1)  # it began two seconds after the first opened


def test_a_silence_longer_than_two_candles_is_a_gap_and_its_candles_are_missed(bot: Bot) -> None:
    bot.candles(10)
    bot.now += 5 * CANDLE
    bot.candles(10)
    start, end = START + 2 * CANDLE, START + 22 * CANDLE
    made = known(operation(bot, start, end))
    assert made.longest_silence_seconds == 6 * 300.0
    assert made.up_fraction == pytest.approx(14 / 20, abs=0.01)
    assert made.missed == 5
    assert made.missed_at[0] == START + 11 * CANDLE


def test_a_start_ends_a_gap_however_short_it_was(bot: Bot) -> None:
    bot.candles(4)
    bot.now += CANDLE
    bot.write("start", config={}, mode="dry_run")
    bot.candles(4)
    made = known(operation(bot, START, START + 9 * CANDLE))
    assert made.starts == 2
    assert made.up_fraction < 0.95


def test_a_bot_that_died_is_down_to_the_end(bot: Bot) -> None:
    bot.candles(12)
    made = known(operation(bot, START, START + 24 * CANDLE))
    assert made.up_fraction == pytest.approx(0.5, abs=0.02)
    assert made.missed == 12


def test_the_lag_is_from_a_candles_close_to_its_record(bot: Bot) -> None:
    bot.candles(3)
    # The fixture names the candle by its close: it is seen one length before it could be.
    made = known(operation(bot, START, START + DAY, length=timedelta(minutes=5)))
    assert made.lag_seconds is None
    for _ in range(3):
        bot.now += CANDLE
        bot.write("candle", candle=bot.now - CANDLE - timedelta(seconds=2), pairs={})
    made = known(operation(bot, START + 4 * CANDLE, START + DAY, length=timedelta(minutes=5)))
    assert made.lag_seconds == (2.0, 2.0)


def test_errors_and_breaks_of_the_span_are_told_and_others_not(bot: Bot) -> None:
    bot.write("error", where="loop", message="no connection")
    bot.candles(2)
    middle = bot.now
    bot.write("error", where="loop", message="no connection")
    bot.write("break", event="begun", text="the exchange holds more", amount_usd=None)
    bot.write("break", event="transfer", text="money came", amount_usd=50.0)
    made = known(operation(bot, middle, middle + DAY))
    assert made.errors == {"loop": 1}
    assert [(one.event, one.amount_usd) for one in made.books] == [
        ("begun", None),
        ("transfer", 50.0),
    ]
    assert made.as_record()["books"][0]["text"] == "the exchange holds more"


def test_a_timeframe_that_changed_in_the_span_is_not_counted_by(bot: Bot) -> None:
    bot.write("start", config={"timeframe": "5m"})
    bot.candles(2)
    bot.write("start", config={"timeframe": "1h"})
    assert known(operation(bot, START, START + DAY)).candles is None


def test_before_the_first_start_there_is_nothing(bot: Bot) -> None:
    assert operation(bot, START - DAY, START) is None


def test_a_clock_that_is_set_back_does_not_count_its_time_twice(bot: Bot) -> None:
    bot.candles(40)
    bot.now -= 20 * CANDLE
    bot.candles(40)
    made = known(operation(bot, START, START + 60 * CANDLE))
    assert made.up_fraction == pytest.approx(1.0, abs=0.01)
    assert made.longest_silence_seconds == pytest.approx(300.0)


@pytest.mark.parametrize("wrong", ["1970-01-01", "2040-01-01"])
def test_one_record_by_a_wrong_clock_hides_no_other(bot: Bot, wrong: str) -> None:
    bot.candles(30)
    right, bot.now = bot.now, datetime.fromisoformat(wrong).replace(tzinfo=UTC)
    bot.write("error", where="clock", message="it was wrong")
    bot.now = right
    bot.candles(30)
    made = known(operation(bot, START, START + 60 * CANDLE))
    assert made.up_fraction == pytest.approx(59 / 60, abs=0.01)
    assert made.longest_silence_seconds == 300.0


def test_weekly_candles_open_on_mondays(tmp_path: Path) -> None:
    monday, week = datetime(2026, 11, 2, tzinfo=UTC), timedelta(weeks=1)
    with DecisionLog(tmp_path) as log:
        log.append("start", monday, mode="dry_run", strategy="S", config={"timeframe": "1w"})
        for number in (1, 2):
            closed = monday + number * week
            log.append("candle", closed + timedelta(seconds=5), candle=closed - week, pairs={})
    reader = OperationReader(monday, monday + 3 * week)
    for record in Reading().records(tmp_path):
        reader.take(record)
    made = known(reader.operation())
    assert (made.candles, made.missed, made.missed_at) == (3, 1, (monday + 2 * week,))
