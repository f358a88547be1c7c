"""A frame that was analysed is not analysed again; every other one is."""

from collections.abc import Iterator
from datetime import timedelta
from inspect import getattr_static
from pathlib import Path
from types import MethodType
from typing import Any

import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.rpc.rpc_manager import RPCManager
from freqtrade.strategy import IStrategy

from plimsoll.bridge.freqtrade.replay_analysis import (
    analyse_new_frames,
    enter_where_marked,
    tell_frames_to_listeners,
)
from tests.unit.bridge.bots import BTC, NOON, Bot, running_bot

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


@pytest.fixture
def entering(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> FreqtradeBot:
    """A bot that enters wherever Freqtrade finds a signal."""

    def create_trade(self: FreqtradeBot, pair: str) -> bool:
        frame, _ = self.dataprovider.get_analyzed_dataframe(pair, self.strategy.timeframe)
        return self.strategy.get_entry_signal(pair, "5m", frame)[0] is not None

    monkeypatch.setattr(FreqtradeBot, "create_trade", create_trade)
    enter_where_marked()
    entering = FreqtradeBot.__new__(FreqtradeBot)
    entering.strategy, entering.dataprovider = bot.strategy, bot.strategy.dp
    entering.__dict__["state"] = None
    return entering


def analysed(bot: Bot, **newest: Any) -> None:
    """Let the newest candle of BTC be marked so, and none before it."""
    frame = bot.exchange._klines[BTC, "5m", CandleType.FUTURES].copy()
    for column, value in newest.items():
        frame[column] = [0] * (len(frame) - 1) + [value]
    bot.strategy.dp._set_cached_df(BTC, "5m", frame, CandleType.FUTURES)


def asks(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    signal = IStrategy.get_latest_candle

    def get_latest_candle(self: IStrategy, pair: str, *given: Any) -> Any:
        asked.append(pair)
        return signal(self, pair, *given)

    monkeypatch.setattr(IStrategy, "get_latest_candle", get_latest_candle)
    return asked


@pytest.mark.parametrize(
    ("newest", "enters", "looks"),
    [
        ({}, False, False),
        ({"enter_long": 0, "enter_short": float("nan")}, False, False),
        ({"enter_long": 1}, True, True),
        ({"enter_short": 1.0}, True, True),
        ({"enter_long": 1, "exit_long": 1}, False, True),
        ({"enter_long": 1, "enter_short": 1}, False, True),
    ],
)
@pytest.mark.parametrize("in_time", [True, False])
def test_an_entry_is_made_where_freqtrade_makes_one_and_looked_for_where_one_is_marked(
    bot: Bot,
    entering: FreqtradeBot,
    monkeypatch: pytest.MonkeyPatch,
    newest: dict[str, Any],
    enters: bool,
    looks: bool,
    in_time: bool,
) -> None:
    now = NOON if in_time else NOON + timedelta(hours=1)
    monkeypatch.setattr("freqtrade.strategy.interface.dt_now", lambda: now)
    bot.strategy.can_short = True
    analysed(bot, **newest)
    asked = asks(bot, monkeypatch)
    assert entering.create_trade(BTC) is (enters and in_time)
    assert bool(asked) is looks


def test_a_pair_without_candles_is_not_entered(entering: FreqtradeBot) -> None:
    assert entering.create_trade("XRP/USDT:USDT") is False


def test_a_strategy_with_its_own_signal_is_asked(bot: Bot, entering: FreqtradeBot) -> None:
    analysed(bot)
    own = MethodType(lambda *_: ("long", None), bot.strategy)
    bot.strategy.get_entry_signal = own  # type: ignore[method-assign]
    assert entering.create_trade(BTC) is True


def test_an_order_of_rows_that_nobody_checks_is_looked_through(
    bot: Bot, entering: FreqtradeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysed(bot)
    bot.strategy.disable_dataframe_checks = True
    asked = asks(bot, monkeypatch)
    entering.create_trade(BTC)
    assert asked == [BTC]


@pytest.mark.parametrize("listens", [True, False])
def test_frames_are_sent_where_somebody_listens(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, listens: bool
) -> None:
    monkeypatch.setattr(DataProvider, "_emit_df", getattr_static(DataProvider, "_emit_df"))
    tell_frames_to_listeners()
    heard: list[Any] = []

    class Module:
        name = "listener"
        send_msg = heard.append

    manager = RPCManager.__new__(RPCManager)
    manager.registered_modules = [Module()] if listens else []  # type: ignore[list-item]
    monkeypatch.setattr(bot.strategy.dp, "_DataProvider__rpc", manager)
    frame = pd.DataFrame({"close": [1.0, 2.0]})
    bot.strategy.dp._emit_df((BTC, "5m", CandleType.FUTURES), frame, True)
    assert len(heard) == (2 if listens else 0)
