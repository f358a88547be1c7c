"""What a running bot hears of the exchange's errors in Freqtrade's log."""

import logging
import logging.config
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from plimsoll.bridge.freqtrade.log_listeners import (
    FAILED_REQUESTS,
    REFUSED_EXITS,
    LogListener,
    Refusal,
    RefusedExits,
    gave_up,
    in_short,
    keep_listening,
)

LOGGER = FAILED_REQUESTS.source
NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def a_listener_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is said here from the guards that other tests of this process ask."""
    monkeypatch.setattr(FAILED_REQUESTS, "_times", deque())


def say(listener: LogListener, text: str, *args: object) -> None:
    listener.handle(logging.LogRecord(LOGGER, logging.WARNING, "", 0, text, args, None))


def test_only_failed_requests_are_counted() -> None:
    listener = LogListener(LOGGER, gave_up, kept=timedelta(days=1))
    with time_machine.travel(NOON, tick=False):
        say(listener, 'fetch_ticker() returned exception: "timeout". Giving up.')
        say(listener, '%s() returned exception: "timeout". Giving up.', "get_balances")
        say(listener, 'get_rates() returned exception: "x". Retrying still for 3 times.')
        say(listener, "Applying DDosProtection backoff delay: 2")
    assert listener.times() == [NOON, NOON]


def test_what_is_older_than_a_day_is_forgotten() -> None:
    listener = LogListener(LOGGER, gave_up, kept=timedelta(days=1))
    for hours in (0, 1, 24, 25):
        with time_machine.travel(NOON + timedelta(hours=hours), tick=False):
            say(listener, 'x() returned exception: "y". Giving up.')
    assert listener.times() == [NOON + timedelta(hours=hours) for hours in (1, 24, 25)]


def test_what_is_told_of_does_not_grow_afterwards() -> None:
    listener = LogListener(LOGGER, gave_up, kept=timedelta(days=1))
    before = listener.times()
    say(listener, 'x() returned exception: "y". Giving up.')
    assert before == []


def test_it_hears_freqtrades_log_once() -> None:
    listener = FAILED_REQUESTS.attach()
    assert listener.attach() is listener
    assert logging.getLogger(LOGGER).handlers.count(listener) == 1
    heard = len(listener.times())
    logging.getLogger(LOGGER).warning('y() returned exception: "x". Giving up.')
    logging.getLogger(LOGGER).info("z() returned exception. Giving up. But no warning")
    assert len(listener.times()) == heard + 1


# Exits that were refused

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def refuse(listener: RefusedExits, text: str, *, at: datetime = NOON) -> None:
    with time_machine.travel(at, tick=False):
        listener.handle(logging.LogRecord(listener.source, logging.WARNING, "", 0, text, (), None))


REDUCE_ONLY = (
    f"Unable to exit trade {BTC}: Could not create market sell order on market {BTC}. "
    'Message: binance {"code":-2022,"msg":"ReduceOnly Order is rejected."}'
)
FILTER = (
    f"Unable to emergency exit trade {BTC}: Could not place sell order due to BadRequest. "
    'Message: binance {"code": "-1111", "msg": "Precision is over."}'
)
NO_FUNDS = (
    f"Insufficient funds to create market sell order on market {BTC}. Tried to sell amount 1.0 at "
    "rate 2.0.Message: no margin."
)


@pytest.mark.parametrize(
    ("text", "short", "was_sent"),
    [
        (REDUCE_ONLY, "ReduceOnly Order is rejected. (-2022)", True),
        (FILTER, "Precision is over. (-1111)", True),
        (f"Unable to exit trade {BTC}: Ticker\nwas empty", "Ticker was empty", False),
        (f"Unable to exit trade {BTC}: ", "no reason given", False),
        (f"Unable to place order {NO_FUNDS}", NO_FUNDS, True),
    ],
    ids=["reduce only", "filter", "no price", "no order book", "no funds"],
)
def test_why_an_exit_failed_is_kept_by_its_pair(text: str, short: str, was_sent: bool) -> None:
    listener = RefusedExits()
    refuse(listener, text)
    assert listener.since(BTC, NOON) == Refusal(NOON, short, 1, was_sent)
    assert listener.since(ETH, NOON) is None


def test_refusals_are_counted_from_a_moment_on() -> None:
    listener = RefusedExits()
    for seconds in (0, 5, 10):
        at = NOON + timedelta(seconds=seconds)
        refuse(listener, f"Unable to exit trade {BTC}: try {seconds}", at=at)
    last = NOON + timedelta(seconds=10)
    assert listener.since(BTC, NOON) == Refusal(last, "try 10", 3, was_sent=False)
    assert listener.since(BTC, NOON + timedelta(seconds=5)) == Refusal(
        last, "try 10", 2, was_sent=False
    )
    assert listener.since(BTC, NOON + timedelta(seconds=11)) is None


def test_only_failures_like_the_last_one_are_counted() -> None:
    listener = RefusedExits()
    no_price = f"Unable to exit trade {BTC}: Exit-Rate for {BTC} was empty."
    for text in (no_price, no_price, REDUCE_ONLY):
        refuse(listener, text)
    refused = "ReduceOnly Order is rejected. (-2022)"
    assert listener.since(BTC, NOON) == Refusal(NOON, refused, 1, was_sent=True)
    refuse(listener, no_price)
    assert listener.since(BTC, NOON) == Refusal(
        NOON, f"Exit-Rate for {BTC} was empty.", 3, was_sent=False
    )


@pytest.mark.parametrize(
    "text",
    [
        f"Not enough BTC in wallet to exit Trade(id=1, pair={BTC}). Trying to recover.",
        f"Unable to create trade for {BTC}: no candles",
        f"Exit for {BTC} detected. Reason: emergency_exit",
    ],
)
def test_other_lines_are_no_refusal(text: str) -> None:
    listener = RefusedExits()
    refuse(listener, text)
    assert listener.since(BTC, NOON) is None


def test_a_long_refusal_is_cut() -> None:
    assert len(in_short("word " * 100)) == 200


def test_a_second_attachment_changes_nothing() -> None:
    assert REFUSED_EXITS.attach() is REFUSED_EXITS.attach()
    handlers = logging.getLogger(REFUSED_EXITS.source).handlers
    assert handlers.count(REFUSED_EXITS) == 1


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Put logging back as it was."""
    for name in ("freqtrade", LOGGER):
        logging.getLogger(name)
    every = logging.Logger.manager.loggerDict.values()  # dictConfig disables them all
    loggers = [one for one in every if isinstance(one, logging.Logger)]
    before = [(one, one.level, one.disabled) for one in loggers]
    logging.getLogger(LOGGER).setLevel(logging.NOTSET)  # another test's bot may have set one
    yield
    logging.disable(logging.NOTSET)
    for one, level, disabled in before:
        one.setLevel(level)
        one.disabled = disabled


SILENCED = {
    "dictConfig": lambda: logging.config.dictConfig({"version": 1}),
    "a level": lambda: logging.getLogger("freqtrade").setLevel(logging.CRITICAL),
    "all of it": lambda: logging.disable(logging.CRITICAL),
}


@pytest.mark.parametrize("silence", SILENCED.values(), ids=SILENCED)
def test_what_a_strategy_silences_is_heard_again(
    own_logging: None, silence: Callable[[], None]
) -> None:
    keep_listening()
    before = len(FAILED_REQUESTS.times())
    silence()
    logging.getLogger(LOGGER).warning('get_rates() returned exception: "x". Giving up.')
    assert len(FAILED_REQUESTS.times()) == before
    keep_listening()
    logging.getLogger(LOGGER).warning('get_rates() returned exception: "x". Giving up.')
    assert len(FAILED_REQUESTS.times()) == before + 1
