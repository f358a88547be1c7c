"""What a running bot hears of the exchange's errors in Freqtrade's log."""

import logging
from datetime import UTC, datetime, timedelta

import time_machine

from plimsoll.bridge.freqtrade.log_listeners import FAILED_REQUESTS, LogListener, gave_up

LOGGER = FAILED_REQUESTS.source
NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)


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
