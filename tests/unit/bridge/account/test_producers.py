"""What producers sent, as Freqtrade's own data provider keeps it, at the moment of an entry."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType

from plimsoll.bridge.account.producers import ProducerFrames, producers_of
from plimsoll.bridge.config.settings import FeedSettings, PlimsollSettings
from tests.unit.bridge.bots import BTC, FIVE, Bot, candles, running_bot

NOW = datetime.now(UTC)
CLOSED = NOW - timedelta(seconds=NOW.timestamp() % 300)


@pytest.fixture
def dp(tmp_path: Path) -> Iterator[DataProvider]:
    with running_bot(tmp_path) as bot:
        yield bot.strategy.dp


def frames(dp: DataProvider, *names: str, **settings: Any) -> ProducerFrames:
    return ProducerFrames(
        dp,
        list(names or ("alpha",)),
        FeedSettings(**settings),
        timeframe="5m",
        candle_seconds=300,
        max_delay_seconds=30,
    )


def send(dp: DataProvider, end: datetime = CLOSED, name: str = "alpha", **key: Any) -> None:
    where = {"timeframe": "5m", "candle_type": CandleType.FUTURES} | key
    sent = candles([100.0] * 150, end=end)
    dp._add_external_df(BTC, sent, last_analyzed=NOW, producer_name=name, **where)


def analyse(dp: DataProvider) -> None:
    dp._set_cached_df(BTC, "5m", pd.DataFrame({"date": []}), CandleType.FUTURES)


def asked(read: ProducerFrames) -> str | None:
    return read.fault(BTC, (CLOSED, 100.0), NOW, is_asked=True)


def test_an_analysis_after_the_producers_candle_came_may_be_traded_on(dp: DataProvider) -> None:
    read = frames(dp)
    send(dp)
    read.look([BTC], NOW)
    analyse(dp)
    assert asked(read) is None


def test_an_analysis_of_before_the_producers_candle_is_no_go(dp: DataProvider) -> None:
    read = frames(dp)
    analyse(dp)
    send(dp)
    read.look([BTC], datetime.now(UTC) + timedelta(seconds=1))
    assert "before the producer alpha's candle was there" in (asked(read) or "")
    assert "process_only_new_candles must be False" in (asked(read) or "")


def test_a_candle_that_came_after_the_loop_began_is_no_go(dp: DataProvider) -> None:
    read = frames(dp)
    send(dp, CLOSED - FIVE)
    read.look([BTC], NOW)
    send(dp)
    analyse(dp)
    assert "came after the signal" in (asked(read) or "")


def test_nothing_received_is_no_go(dp: DataProvider) -> None:
    read = frames(dp)
    read.look([BTC], NOW)
    assert "has sent no 5m candles" in (asked(read) or "")


@pytest.mark.parametrize(
    "key",
    [{"timeframe": "1h"}, {"candle_type": CandleType.SPOT}, {"name": "beta"}],
    ids=["timeframe", "market", "producer"],
)
def test_candles_of_another_kind_are_nothing_received(
    dp: DataProvider, key: dict[str, Any]
) -> None:
    send(dp, **key)
    read = frames(dp)
    read.look([BTC], NOW)
    assert "the producer alpha has sent no 5m candles" in (asked(read) or "")


def test_a_frame_that_freqtrade_keeps_of_a_dead_producer_is_no_go(dp: DataProvider) -> None:
    send(dp, CLOSED - 3 * FIVE)
    read = frames(dp)
    read.look([BTC], NOW)
    analyse(dp)
    assert "has no candle" in (asked(read) or "")


def test_a_loop_allows_for_a_candle_that_is_on_its_way_and_an_entry_does_not(
    dp: DataProvider,
) -> None:
    send(dp, CLOSED - FIVE)
    read = frames(dp)
    own = (CLOSED, 100.0)
    assert read.fault(BTC, own, CLOSED + timedelta(seconds=30), is_asked=False) is None
    assert "has no candle" in (
        read.fault(BTC, own, CLOSED + timedelta(seconds=31), is_asked=False) or ""
    )
    assert asked(read) is not None


def test_all_producers_are_needed_unless_any_is_enough(dp: DataProvider) -> None:
    send(dp)
    every, some = frames(dp, "alpha", "beta"), frames(dp, "alpha", "beta", need="any")
    for read in (every, some):
        read.look([BTC], NOW)
    analyse(dp)
    assert asked(every) == "the producer beta has sent no 5m candles of BTC/USDT:USDT"
    assert asked(some) is None
    none = frames(dp, "beta", "gamma", need="any")
    none.look([BTC], NOW)
    assert "beta" in (asked(none) or "")
    assert "gamma" in (asked(none) or "")


def test_a_frame_from_the_future_is_no_go(dp: DataProvider) -> None:
    send(dp, CLOSED + 3 * FIVE)
    read = frames(dp)
    read.look([BTC], NOW)
    analyse(dp)
    assert "from the future" in (asked(read) or "")


@pytest.mark.parametrize("wrong", ["NaT", "text", "twice"])
def test_a_frame_that_cannot_be_judged_is_no_go_and_blinds_nobody(
    dp: DataProvider, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    sent = candles([100.0] * 150, end=CLOSED)
    if wrong == "NaT":
        sent.loc[sent.index[-1], "date"] = pd.NaT
    elif wrong == "text":
        sent["date"] = sent["date"].astype(str)
    else:
        sent = pd.concat([sent, sent[["date"]]], axis=1)
    read = frames(dp)
    monkeypatch.setattr(read, "_frame", lambda *_: sent)
    read.look([BTC], NOW)
    analyse(dp)
    assert asked(read) is not None
    assert read.fault(BTC, (CLOSED, 100.0), CLOSED + FIVE, is_asked=False) is not None


def test_a_bot_without_a_message_bus_has_no_producers(tmp_path: Path) -> None:
    with running_bot(tmp_path) as bot:
        assert producers_of(bot.strategy, PlimsollSettings()) is None
        bot.strategy.config["external_message_consumer"] = {
            "enabled": True,
            "producers": [{"name": "alpha"}],
        }
        assert producers_of(bot.strategy, PlimsollSettings()) is not None


def test_an_entry_of_a_consumer_without_its_producer_is_denied_by_stale_data(
    tmp_path: Path,
) -> None:
    bus = {"enabled": True, "producers": [{"name": "alpha", "host": "h", "ws_token": "t"}]}
    bot: Bot
    with running_bot(tmp_path, external_message_consumer=bus) as bot:
        account = bot.strategy._session.looks_after.account  # type: ignore[union-attr]
        account.update(NOW)
        data = account.snapshot(NOW, BTC).data_health
        assert data is not None
        assert "has sent no 5m candles" in (data.pairs[BTC].signal_fault or "")
