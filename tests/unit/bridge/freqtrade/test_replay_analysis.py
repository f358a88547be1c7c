"""A frame that was analysed is not analysed again; every other one is."""

from collections.abc import Iterator
from inspect import getattr_static
from pathlib import Path

import pytest
from freqtrade.enums import CandleType
from freqtrade.strategy import IStrategy

from plimsoll.bridge.freqtrade.replay_analysis import analyse_new_frames
from tests.unit.bridge.bots import BTC, Bot, running_bot

COUNTING = """
from plimsoll.bridge.strategies.guarded import GuardedStrategy


class Plain(GuardedStrategy):
    timeframe = "5m"
    asked = 0

    def features(self):
        return []

    def populate_indicators(self, dataframe, metadata):
        type(self).asked += 1
        if type(self).asked == 2:
            raise ValueError("once")
        return dataframe

    def entry_signal(self, candles, side):
        return candles["close"] < 0
"""


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bot]:
    monkeypatch.setattr(IStrategy, "analyze_pair", getattr_static(IStrategy, "analyze_pair"))
    analyse_new_frames()
    with running_bot(tmp_path, COUNTING) as started:
        yield started


def asked(bot: Bot) -> int:
    bot.strategy.analyze([BTC])
    return int(type(bot.strategy).asked)  # type: ignore[attr-defined]


def test_a_frame_is_analysed_once_and_a_failed_analysis_is_tried_again(bot: Bot) -> None:
    assert [asked(bot), asked(bot)] == [1, 1]
    seen, _ = bot.strategy.dp.get_analyzed_dataframe(BTC, "5m")
    key = (BTC, "5m", CandleType.FUTURES)
    longer = bot.exchange._klines[key].copy()
    longer["date"] += longer["date"].iloc[-1] - longer["date"].iloc[-2]
    bot.exchange._klines[key] = longer
    assert [asked(bot), asked(bot), asked(bot)] == [2, 3, 3], "the second analysis fails"
    fresh, _ = bot.strategy.dp.get_analyzed_dataframe(BTC, "5m")
    assert fresh["date"].iloc[-1] > seen["date"].iloc[-1]


def test_who_looks_at_every_loop_does(bot: Bot) -> None:
    bot.strategy.process_only_new_candles = False
    assert [asked(bot), asked(bot), asked(bot)] == [1, 2, 3]
