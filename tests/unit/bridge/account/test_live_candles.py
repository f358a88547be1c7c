"""Candles of a running bot: each frame is read once, and a new one at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import CandleType

from plimsoll.bridge.account.live_candles import LiveCandles
from tests.unit.bridge.bots import BTC, ETH, FIVE, NOON, Bot, candles, running_bot

KEY = (BTC, "5m", CandleType.FUTURES)


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with running_bot(tmp_path) as made:
        yield made


def of(bot: Bot) -> LiveCandles:
    return LiveCandles(bot.strategy.dp, timeframe="5m", candle_seconds=300)


def give(bot: Bot, closes: list[float], end: datetime = NOON, **columns: Any) -> None:
    bot.exchange._klines[KEY] = candles(closes, end=end).assign(**columns)


def test_a_new_frame_is_read_at_once(bot: Bot) -> None:
    read = of(bot)
    give(bot, [100.0, 101.0])
    assert read.newest(BTC, NOON) == (NOON, None)
    give(bot, [100.0, 101.0, 102.0], NOON + FIVE)
    assert read.newest(BTC, NOON + FIVE) == (NOON + FIVE, None)
    window = read.window(BTC, 2)
    assert window is not None
    assert list(window.closes) == [101.0, 102.0]


def test_a_window_of_one_frame_is_made_once(bot: Bot) -> None:
    read = of(bot)
    assert read.window(BTC, 5) is read.window(BTC, 5)
    assert read.window(BTC, 6) is not read.window(BTC, 5)


def test_a_candle_that_has_not_closed_is_a_fault_until_it_has(bot: Bot) -> None:
    read = of(bot)
    assert read.newest(BTC, NOON) == (NOON, None)
    _, early = read.newest(BTC, NOON - timedelta(seconds=9)) or (None, None)
    assert early is not None
    assert "closes in 9.0 s" in early
    assert read.newest(BTC, NOON + timedelta(seconds=1)) == (NOON, None)


def test_an_impossible_price_stays_a_fault(bot: Bot) -> None:
    give(bot, [100.0, 101.0], high=-1.0)
    for later in range(3):
        _, fault = of(bot).newest(BTC, NOON + timedelta(seconds=later)) or (None, None)
        assert fault is not None
        assert "expected prices above 0" in fault


def test_without_candles_nothing_is_known(bot: Bot) -> None:
    del bot.exchange._klines[(ETH, "5m", CandleType.FUTURES)]
    assert of(bot).newest(ETH, NOON) is None
    assert of(bot).window(ETH, 5) is None


def analyse(bot: Bot, end: datetime) -> None:
    frame = candles([100.0, 101.0], end=end).assign(enter_long=1)
    bot.strategy.dp._set_cached_df(BTC, "5m", frame, CandleType.FUTURES)


def test_the_signal_of_a_candle_before_the_newest_is_a_fault(bot: Bot) -> None:
    read = of(bot)
    give(bot, [100.0, 101.0])
    analyse(bot, NOON)
    assert read.fault_of_analysis(BTC) is None
    give(bot, [100.0, 101.0, 102.0], NOON + FIVE)  # and the strategy raises
    said = read.fault_of_analysis(BTC) or ""
    assert "closed at 12:05:00 was not analysed" in said
    assert "closed at 2026-11-19 12:00:00 UTC" in said
    analyse(bot, NOON + FIVE)
    assert read.fault_of_analysis(BTC) is None


def test_a_pair_that_was_never_analysed_has_no_signal_to_be_late(bot: Bot) -> None:
    give(bot, [100.0, 101.0])
    assert of(bot).fault_of_analysis(BTC) is None
