"""The bot of a drill before it is started: its config, its environment, its books."""

import json

import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.drilling.bot import DrilledBot, moment
from plimsoll.lab.telegram.service import TOKEN


def test_the_drill_lies_over_every_other_layer(bot: DrilledBot) -> None:
    bot.lay_out({"bot_name": "drill"})
    layers = bot.layer_words()[1::2]
    assert layers[-1] == str(bot.folder / "drill.json")
    assert layers[-2] == str(bot.exchange.venue.config)
    assert json.loads((bot.folder / "drill.json").read_text()) == {"bot_name": "drill"}
    assert (bot.userdir / "config" / "base.json").exists()


def test_it_trades_with_the_keys_of_the_exchange_and_speaks_to_the_strict_service(
    bot: DrilledBot,
) -> None:
    found_there = bot.environment()
    assert found_there["FREQTRADE__EXCHANGE__KEY"] == bot.exchange.key
    assert found_there["FREQTRADE__TELEGRAM__TOKEN"] == TOKEN
    assert found_there["XDG_STATE_HOME"].startswith(str(bot.folder))


def test_one_that_was_not_started_holds_nothing_and_says_nothing(bot: DrilledBot) -> None:
    assert not bot.alive
    assert bot.held() == {}
    assert bot.records() == []
    assert bot.trades() == []
    assert bot.differences().agree
    assert (bot.guard_mode, bot.loops) == ("", 0)


def test_what_does_not_come_is_named(bot: DrilledBot) -> None:
    with pytest.raises(PlimsollError, match="expected a miracle within 0 s"):
        bot.wait(lambda: False, "a miracle", seconds=0)


def test_a_time_without_a_zone_is_utc() -> None:
    assert moment("2025-05-29 14:00:00") == moment("2025-05-29T14:00:00+00:00")
