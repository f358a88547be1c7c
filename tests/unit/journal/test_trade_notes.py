"""Why a trade was opened and closed, in the words of the decision log."""

from pathlib import Path

import pytest

from plimsoll.journal.reading import Reading
from plimsoll.journal.trade_notes import NotesReader, TradeNote
from tests.unit.journal.decisions import BTC, ETH, Bot


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def notes(bot: Bot) -> dict[int, TradeNote]:
    reader = NotesReader()
    for record in Reading().records(bot.folder):
        reader.take(record)
    return reader.notes


def test_an_entry_has_its_signal_its_order_and_that_the_guards_allowed_it(bot: Bot) -> None:
    bot.trade(4)
    note = notes(bot)[4]
    assert note.entry == ("long signal trend; order of 100.00 USD at 42000 at 2026-11-20 14:05:03")
    assert note.verdict == "allowed"


def test_a_guards_exit_is_told_in_the_guards_words(bot: Bot) -> None:
    bot.trade(4)
    halt = {"mode": "HALTED", "rule": "drawdown", "reason": "fell", "value": 0.13, "limit": 0.12}
    bot.write("halt", event="acted", **halt)
    bot.write("exit", pair=BTC, trade=4, reason="plimsoll_drawdown", profit_usd=-1.0)
    assert notes(bot)[4].exit == "guard drawdown: fell (value 0.13, limit 0.12)"


def test_a_guards_exit_without_its_verdict_still_names_the_rule(bot: Bot) -> None:
    bot.write("exit", pair=BTC, trade=4, reason="plimsoll_drawdown", profit_usd=-1.0)
    assert notes(bot)[4].exit == "the guard drawdown closed it"


def test_denied_additions_are_counted_while_the_trade_is_open_and_no_longer(bot: Bot) -> None:
    bot.trade(4)
    for _ in range(2):
        bot.write("denial", pair=BTC, side="long", rule="position_size")
    bot.write("denial", pair=ETH, side="long", rule="spread")
    bot.write("exit", pair=BTC, trade=4, reason="roi", profit_usd=1.0)
    bot.write("denial", pair=BTC, side="long", rule="spread")
    assert notes(bot)[4].verdict == "allowed; then denied: position_size 2"


def test_an_entry_that_was_only_observed_says_what_would_have_been(bot: Bot) -> None:
    bot.candle("long")
    bot.write("denial", pair=BTC, rule="spread", reason="too wide", observed=True)
    bot.write("order", pair=BTC, side="long", stake_usd=10.0)
    bot.write("fill", pair=BTC, trade=1, side="buy", price=1.0, amount=10.0, closes=False)
    assert notes(bot)[1].verdict == "would have been denied (spread): too wide"


def test_features_beside_a_signal_are_kept_and_texts_are_not(bot: Bot) -> None:
    bot.write(
        "signal", pair=BTC, side="long", tag="x", candle=bot.now, features={"rsi": 31, "t": "a"}
    )
    bot.write("fill", pair=BTC, trade=1, side="buy", price=1.0, amount=10.0, closes=False)
    assert notes(bot)[1].features == {"rsi": 31.0}


def test_a_fill_of_another_version_without_a_number_is_no_note(bot: Bot) -> None:
    bot.write("fill", pair=BTC, side="buy", price=1.0, amount=10.0)
    assert notes(bot) == {}


def test_a_note_names_the_records_that_it_rests_on(bot: Bot) -> None:
    bot.trade(4)
    halt = bot.write("halt", event="acted", mode="HALTED", rule="drawdown", reason="fell")
    bot.write("exit", pair=BTC, trade=4, reason="plimsoll_drawdown", profit_usd=-1.0)
    evidence = notes(bot)[4].evidence
    kinds = ["signal", "order", "fill", "halt", "exit"]
    assert [one.kind for one in evidence] == kinds
    written = {record["hash"] for record in Reading().records(bot.folder)}
    assert {one.hash for one in evidence} <= written
    assert evidence[3].hash == halt["hash"]


def test_a_denial_of_another_candle_is_no_evidence_of_an_entry(bot: Bot) -> None:
    bot.write("denial", pair=BTC, side="long", rule="spread", reason="wide")
    bot.trade(4)
    assert "denial" not in {one.kind for one in notes(bot)[4].evidence}
