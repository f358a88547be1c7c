"""Analysed candles in the decision log: one row a candle, with every pair and its signal."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from freqtrade.enums import CandleType
from freqtrade.persistence import PairLocks

from plimsoll.bridge.guarding.candle_record import CandleRecord
from tests.unit.bridge.bots import BTC, ETH, NOON, Bot, candles, running_bot
from tests.unit.bridge.guarding.test_live_session import HOUR, loops, written


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def analysed(bot: Bot, frame: Any) -> None:
    bot.strategy.dp._set_cached_df(BTC, "5m", frame, CandleType.FUTURES)


def test_candles_and_signals_are_recorded_once(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        frame = candles([100.0] * 5)
        frame.loc[4, ["enter_short", "enter_tag"]] = (1, "falling")
        analysed(bot, frame)
        PairLocks.lock_pair(BTC, NOON + HOUR, "too volatile", now=NOON)
        loops(bot, clock, 3)
        analysed(bot, candles([100.0] * 6, end=NOON + timedelta(minutes=5)))
        loops(bot, clock)
    (signal,) = written(tmp_path, "signal")
    assert (signal["pair"], signal["side"], signal["tag"]) == (BTC, "short", "falling")
    first, second = written(tmp_path, "candle")
    told = {"signal": "short", "locked": "too volatile", "tag": "falling"}
    assert first["pairs"][BTC] == told
    assert second["pairs"][BTC]["signal"] == "none"


def test_it_lacks_what_was_analysed_since_and_calls_an_older_candle_stale(
    tmp_path: Path, clock: Any
) -> None:
    rows: list[dict[str, Any]] = []
    with running_bot(tmp_path) as bot:
        record = CandleRecord(bot.strategy, lambda kind, at, **fields: rows.append(fields))
        analysed(bot, candles([100.0] * 5))
        assert record.lacks(BTC)
        record.write(NOON)
        assert not record.lacks(BTC)
        record.write(NOON)
        analysed(bot, candles([100.0] * 6))
        assert record.lacks(BTC)
        record.write(NOON)
    (row,) = rows
    assert row["pairs"] == {
        BTC: {"signal": "none", "locked": None},
        ETH: {"signal": "stale", "locked": None},
    }


def test_a_signal_on_a_candle_that_is_late_is_on_record_with_that_candle(
    tmp_path: Path, clock: Any
) -> None:
    rows: list[dict[str, Any]] = []
    with running_bot(tmp_path) as bot:
        record = CandleRecord(bot.strategy, lambda kind, at, **fields: rows.append(fields))
        analysed(bot, candles([100.0] * 6, end=NOON))
        late = candles([100.0] * 5, end=NOON - timedelta(minutes=5))
        late.loc[4, ["enter_long", "enter_tag"]] = (1, "dip")
        bot.strategy.dp._set_cached_df(ETH, "5m", late, CandleType.FUTURES)
        record.write(NOON)
    signal, row = rows
    assert (signal["pair"], signal["side"], signal["tag"]) == (ETH, "long", "dip")
    assert signal["candle"] == late["date"].iloc[-1] < row["candle"]
    assert row["pairs"][ETH] == {"signal": "stale", "locked": None}
