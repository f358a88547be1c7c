"""An entry that the guards allow is not sent by a signal that is not of the newest candle."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from freqtrade.enums import CandleType

from plimsoll.bridge.guarding.sending import BY_HAND
from tests.unit.bridge.bots import BTC, FIVE, NOON, Bot, candles, entry, running_bot


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with running_bot(tmp_path) as made:
        made.loop(NOON)
        analyse(made, NOON)
        yield made


def analyse(bot: Bot, end: datetime) -> None:
    frame = candles([100.0] * 30, end=end).assign(enter_long=1)
    bot.strategy.dp._set_cached_df(BTC, "5m", frame, CandleType.FUTURES)


def test_an_entry_by_the_signal_of_the_newest_candle_is_sent(bot: Bot) -> None:
    assert entry(bot.strategy, NOON)


def test_an_entry_is_not_sent_where_the_newest_candle_was_not_analysed(bot: Bot) -> None:
    bot.price(BTC, 100.0, now=NOON + FIVE)  # Freqtrade has the candle, and the strategy raises
    bot.loop(NOON + FIVE)
    assert not entry(bot.strategy, NOON + FIVE)
    assert "was not analysed" in bot.said()[-1]
    analyse(bot, NOON + FIVE)
    assert entry(bot.strategy, NOON + FIVE)


def test_an_entry_that_a_person_forces_is_by_no_signal(bot: Bot) -> None:
    bot.price(BTC, 100.0, now=NOON + FIVE)
    bot.loop(NOON + FIVE)
    assert entry(bot.strategy, NOON + FIVE, entry_tag=BY_HAND)
