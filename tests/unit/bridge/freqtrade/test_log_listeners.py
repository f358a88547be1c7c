"""What a running bot knows of the exchange's errors, and of what a backtest promised."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException

from plimsoll.bridge.config.expectation import read_expectation
from plimsoll.bridge.freqtrade.log_listeners import FAILED_REQUESTS, LogListener, gave_up
from plimsoll.core import Expectation, PlimsollError
from plimsoll.lab.doctor import Level, examine
from tests.unit.bridge.bots import backtest, running_bot

LOGGER = FAILED_REQUESTS.source
NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
PROMISED = (
    '{"source": "backtest.json", "trades": 120, "mean_profit_fraction": 0.004,'
    ' "profit_std_fraction": 0.02, "win_rate_fraction": 0.55}'
)


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


def test_an_expectation_is_read(tmp_path: Path) -> None:
    file = tmp_path / "expectation.json"
    file.write_text(PROMISED)
    assert read_expectation(str(file)) == Expectation(
        source="backtest.json",
        trades=120,
        mean_profit_fraction=0.004,
        profit_std_fraction=0.02,
        win_rate_fraction=0.55,
    )
    assert read_expectation("") is None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("120", "0", "trades"),
        ("0.55", "1.5", "win_rate_fraction"),
        ("0.02", "-1", "profit_std_fraction"),
        ("0.004", "NaN", "mean_profit_fraction"),
        ('"trades"', '"deals"', "deals"),
        ("{", "[", "not an expectation"),
    ],
)
def test_what_is_no_expectation_is_refused_in_one_line(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    file = tmp_path / "expectation.json"
    file.write_text(PROMISED.replace(before, after, 1))
    with pytest.raises(PlimsollError, match=said) as caught:
        read_expectation(str(file))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_is_no_reason_to_trade_without_one(tmp_path: Path) -> None:
    with pytest.raises(PlimsollError, match="expected an expectation file"):
        read_expectation(str(tmp_path / "none.json"))


@pytest.mark.parametrize("runmode", [RunMode.BACKTEST, RunMode.HYPEROPT, RunMode.DRY_RUN])
def test_nothing_begins_without_the_expectation_that_the_config_names(
    tmp_path: Path, runmode: RunMode
) -> None:
    begun = running_bot if runmode == RunMode.DRY_RUN else backtest
    named = {"expectation_file": str(tmp_path / "none.json")}
    with (
        pytest.raises(OperationalException, match="expected an expectation file"),
        begun(tmp_path, runmode=runmode, plimsoll=named),
    ):
        pass


def test_doctor_reads_the_expectation_too(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"plimsoll": {"expectation_file": "none.json"}}')
    found = [one for one in examine(tmp_path, [config]) if one.subject == "config"]
    assert [one.level for one in found] == [Level.FAULT]
    assert "expected an expectation file" in found[0].found
