"""A candle that a running bot must not use takes no entry, and the denial says why."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.enums import CandleType

from tests.unit.bridge.bots import BTC, running_bot
from tests.unit.bridge.bots import entry as ask
from tests.unit.bridge.guarding.test_live_session import clock, loops, written

__all__ = ["clock"]

FIVE = timedelta(minutes=5)


def partial(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(date=frame["date"] + FIVE)


def gappy(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(index=frame.index[-2])


def twice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.tail(1)], ignore_index=True)


def misaligned(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(date=frame["date"] - timedelta(minutes=1))


def priced(frame: pd.DataFrame, **prices: float) -> pd.DataFrame:
    frame = frame.copy()
    for name, price in prices.items():
        frame.loc[frame.index[-1], name] = price
    return frame


def zero(frame: pd.DataFrame) -> pd.DataFrame:
    return priced(frame, low=0.0)


def unknown(frame: pd.DataFrame) -> pd.DataFrame:
    return priced(frame, close=float("nan"))


def contradictory(frame: pd.DataFrame) -> pd.DataFrame:
    return priced(frame, high=99.0)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (partial, "closed at 2026-11-19 12:05"),
        (gappy, "1 bars are missing"),
        (twice, "volatility of BTC/USDT:USDT is unknown"),
        (misaligned, "is no opening time of 300 s bars"),
        (zero, "expected prices above 0"),
        (unknown, "volatility of BTC/USDT:USDT is unknown"),
        (contradictory, "expected high and low around open and close"),
    ],
)
def test_a_bad_bar_takes_no_entry(tmp_path: Path, clock: Any, spoil: Any, said: str) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        assert ask(bot.strategy, datetime.now(UTC))
        bars, key = bot.exchange._klines, (BTC, "5m", CandleType.FUTURES)
        bars[key] = spoil(bars[key])
        now = datetime.now(UTC)
        bot.loop(now)
        assert not ask(bot.strategy, now)
        why = [one["reason"] for one in written(tmp_path, "denial")]
        why += [one["message"] for one in written(tmp_path, "error")]
        assert len(why) == 1
        assert said in why[0]
        loops(bot, clock)
        assert ask(bot.strategy, datetime.now(UTC))
