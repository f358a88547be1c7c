"""No loop for long: the bot was stopped, its machine asleep, or loops failed before the guards."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade import worker
from freqtrade.enums import CandleType
from freqtrade.exceptions import TemporaryError
from freqtrade.persistence import Trade

from plimsoll.bridge.freqtrade.log_listeners import FAILED_LOOPS, LogListener, retries
from tests.unit.bridge.bots import BTC, ETH, NOON, Bot, candles, entry, open_trade, running_bot
from tests.unit.bridge.guarding.test_live_session import LOOP, clock, exits, loops, status, written

__all__ = ["clock"]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LOGGER = FAILED_LOOPS.source
BLIND = timedelta(seconds=300)
RETRY = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def nothing_failed_before() -> None:
    """Every test has the same noon; the process's listener would remember the one before."""
    FAILED_LOOPS._times.clear()


def fails(clock: Any, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Freqtrade's worker run loops that a pairlist fails."""

    def process() -> None:
        raise TemporaryError("the pairlist cannot be read")

    monkeypatch.setattr(worker, "RETRY_TIMEOUT", 0)
    bot = object.__new__(worker.Worker)
    bot.freqtrade = SimpleNamespace(process=process)
    for _ in range(count):
        clock.shift(RETRY)
        bot._process_running()


def loop_on_old_candles(bot: Bot, clock: Any, *, after: timedelta = LOOP) -> None:
    clock.shift(after)
    bot.strategy.wallets.update()
    bot.loop(datetime.now(UTC))


def gaps(folder: Path) -> list[str]:
    return [one["message"] for one in written(folder, "error") if one["where"] == "gap"]


# What is told


def test_a_bot_that_was_stopped_or_asleep_says_so_and_closes_nothing(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock, 3)
        loops(bot, clock, after=8 * HOUR)
        loops(bot, clock, 3)
        assert exits(bot, clock) is None
        assert status(tmp_path)["mode"] == "ACTIVE"
        assert [text for text in bot.said() if "No look at the account for 8\u00a0h" in text]
    (told,) = gaps(tmp_path)
    assert "the bot was stopped, asleep or hung" in told


def test_loops_that_failed_before_the_guards_are_told_as_such(
    tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock)
        began = datetime.now(UTC) + RETRY
        fails(clock, 20, monkeypatch)
        loops(bot, clock)
        assert exits(bot, clock) is None, "it sees again"
    (told,) = gaps(tmp_path)
    assert f"loops failed since {began:%Y-%m-%d %H:%M:%S} UTC" in told
    assert "no loop for 605 s" in told


def test_a_pause_between_loops_that_is_no_longer_than_blindness_may_last_is_none(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock, 2, after=BLIND)
        assert gaps(tmp_path) == []
        loops(bot, clock, after=BLIND + LOOP)
        assert len(gaps(tmp_path)) == 1


def test_what_was_lost_meanwhile_closes_as_ever(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR, amount=50.0, stake_amount=5000.0)
        loops(bot, clock, 2)
        bot.exchange.prices[BTC] = 80.0
        loops(bot, clock, after=8 * HOUR)
        loops(bot, clock, 2)
        assert exits(bot, clock) in ("daily_loss", "drawdown")


# What may not be closed for the gap alone


def test_candles_from_before_a_sleep_take_no_entry_and_close_nothing_at_once(
    tmp_path: Path, clock: Any
) -> None:
    """Candles of the first loop can be old: Freqtrade swallows that they could not be had."""
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock, 2)
        loop_on_old_candles(bot, clock, after=8 * HOUR)
        assert exits(bot, clock) is None
        assert not entry(bot.strategy, datetime.now(UTC))
        loop_on_old_candles(bot, clock, after=BLIND)
        assert exits(bot, clock) is None
        loop_on_old_candles(bot, clock)
        assert exits(bot, clock) == "stale_data", "blind for as long as the profile allows"
        assert exits(bot, clock, ETH) is None


def test_candles_that_come_after_a_sleep_end_it(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock, 2)
        loop_on_old_candles(bot, clock, after=8 * HOUR)
        loops(bot, clock)
        assert entry(bot.strategy, datetime.now(UTC))


def test_old_candles_after_failing_loops_close_at_once(
    tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock, 2)
        fails(clock, 20, monkeypatch)
        loop_on_old_candles(bot, clock)
        assert exits(bot, clock) == "stale_data"


def test_a_loop_that_failed_before_a_sleep_is_no_blindness_of_hours(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock)
        price = bot.exchange.prices.pop(BTC)

        def without_price(after: timedelta) -> str | None:
            clock.shift(after)
            now = datetime.now(UTC)
            end = now.replace(minute=now.minute // 5 * 5, second=0)
            bot.exchange._klines[BTC, "5m", CandleType.FUTURES] = candles([100.0] * 30, end=end)
            bot.loop(now)
            return exits(bot, clock)

        assert without_price(LOOP) is None
        assert without_price(8 * HOUR) is None
        assert without_price(BLIND) is None
        assert without_price(LOOP) == "blind_guards"
        bot.exchange.prices[BTC] = price
        loops(bot, clock)
        assert exits(bot, clock) == "blind_guards", "what blindness began to close is closed"
        Trade.get_open_trades()[0].is_open = False
        Trade.commit()
        loops(bot, clock)
        assert exits(bot, clock) is None


def test_loops_that_hang_and_see_nothing_close_with_the_second(tmp_path: Path, clock: Any) -> None:
    """A hanging loop looks like a sleep; a second one in a row does not."""
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock)
        bot.exchange.fails = RuntimeError("a bug of the exchange")
        loops(bot, clock)
        loops(bot, clock, after=2 * BLIND)
        assert exits(bot, clock) is None
        loops(bot, clock, after=2 * BLIND)
        assert exits(bot, clock) == "blind_guards"


def test_so_do_old_candles(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock)
        loop_on_old_candles(bot, clock, after=3 * BLIND)
        assert exits(bot, clock) is None
        loop_on_old_candles(bot, clock, after=2 * BLIND)
        assert exits(bot, clock) == "stale_data"


# Freqtrade's words


def test_failing_loops_are_a_chain_that_other_things_break() -> None:
    listener = LogListener(LOGGER, retries, kept=timedelta(days=1))
    now = NOON + HOUR
    for minutes in (1, 2, 3, 40, 55, 58):
        listener._times.append(NOON + minutes * MINUTE)
    asked = {"after": NOON, "apart": 5 * MINUTE}
    assert listener.since(now, **asked) == NOON + 55 * MINUTE
    assert listener.since(NOON + 59 * MINUTE, after=NOON + 55 * MINUTE, apart=BLIND) == (
        NOON + 58 * MINUTE
    )
    assert listener.since(now + 4 * MINUTE, **asked) is None
    assert LogListener(LOGGER, retries, kept=timedelta(days=1)).since(now, **asked) is None


def test_fact_the_worker_says_that_it_tries_a_failed_loop_again(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = FAILED_LOOPS.attach()
    assert listener.attach() is listener
    assert logging.getLogger(LOGGER).handlers.count(listener) == 1
    before = datetime.now(UTC)
    fails(clock, 1, monkeypatch)
    found = listener.since(datetime.now(UTC), after=before, apart=BLIND)
    assert found == before + RETRY
    logging.getLogger(LOGGER).warning("something else")
    assert listener.since(datetime.now(UTC), after=found, apart=BLIND) is None
