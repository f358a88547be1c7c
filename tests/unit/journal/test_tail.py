from itertools import islice
from pathlib import Path

import pytest

from plimsoll.journal.tail import Wanted, follow_records, newest_records
from tests.unit.journal.decisions import BTC, ETH, Bot


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    """Records: start, candle, candle, signal, order, fill."""
    bot = Bot(tmp_path)
    bot.candle()
    bot.trade(1)
    return bot


def test_the_newest_records_come_oldest_first_with_the_last_number(bot: Bot) -> None:
    records, last = newest_records(bot.folder, Wanted(), 2)
    assert [record["kind"] for record in records] == ["order", "fill"]
    assert last == records[-1]["seq"] == 6


def test_only_the_wanted_records_count(bot: Bot) -> None:
    records, last = newest_records(bot.folder, Wanted(kinds=frozenset({"candle"})), 5)
    assert [record["seq"] for record in records] == [2, 3]
    assert last == 6
    records, _ = newest_records(bot.folder, Wanted(pair="ETH"), 5)
    assert [record["kind"] for record in records] == ["candle", "candle"]


def test_no_record_is_wanted_of_an_empty_log(tmp_path: Path) -> None:
    assert newest_records(tmp_path, Wanted(), 5) == ([], 0)


def test_records_are_followed_from_a_number_on_and_into_the_next_day(bot: Bot) -> None:
    bot.now = bot.now.replace(hour=23, minute=58)
    bot.candles(2)
    followed = follow_records(bot.folder, Wanted(), after=5)
    assert [record["seq"] for record in islice(followed, 3)] == [6, 7, 8]


def test_a_line_without_its_end_waits_until_it_is_written(bot: Bot) -> None:
    [file] = bot.folder.glob("*.jsonl")
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    followed = follow_records(bot.folder, Wanted(), after=4)
    assert next(followed)["seq"] == 5
    file.write_bytes(whole)
    assert next(followed)["seq"] == 6


@pytest.mark.parametrize(
    ("wanted", "takes"),
    [
        (Wanted(), True),
        (Wanted(kinds=frozenset({"fill"})), True),
        (Wanted(kinds=frozenset({"exit"})), False),
        (Wanted(pair="btc"), True),
        (Wanted(pair=ETH), False),
    ],
)
def test_a_filter_has_kinds_and_a_pair(wanted: Wanted, takes: bool) -> None:
    assert wanted.takes({"kind": "fill", "pair": BTC}) is takes
