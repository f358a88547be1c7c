"""The same error again and again is logged a few times, and ends a backtest."""

import logging
from collections.abc import Iterator

import pytest
from freqtrade.exceptions import OperationalException
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

from plimsoll.bridge.freqtrade.repeated_errors import (
    LOGGED,
    LOGGERS,
    TOO_MANY,
    RepeatedErrors,
    count_errors,
    end_backtest,
)


class Mine:
    """A strategy whose callbacks raise."""

    def __init__(self) -> None:
        self.asked = 0

    def custom_exit(self) -> None:
        self.asked += 1
        raise KeyError(f"column {self.asked}")

    def leverage(self) -> None:
        raise ValueError("no leverage today")


@pytest.fixture
def ended() -> Iterator[list[str]]:
    lines: list[str] = []
    count_errors(RepeatedErrors("Mine", ends=True, end=lines.append))
    yield lines
    count_errors(RepeatedErrors("Nobody", ends=False))


def call(callback: object, times: int) -> None:
    for _ in range(times):
        strategy_safe_wrapper(callback, default_retval=1)()


def test_the_first_few_are_logged_and_the_thousandth_ends_the_run_with_one_line(
    ended: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    call(Mine().custom_exit, TOO_MANY - 1)
    assert ended == []
    call(mine := Mine().custom_exit, 1)
    assert len(caplog.records) == LOGGED
    assert len(ended) == 1
    assert ended[0].startswith("plimsoll: Mine: custom_exit failed 1,000 times with KeyError: ")
    call(mine, TOO_MANY)
    assert len(ended) == 1


def test_another_place_is_counted_by_itself(
    ended: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    call(Mine().custom_exit, TOO_MANY - 1)
    call(Mine().leverage, LOGGED + 1)
    assert ended == []
    assert len(caplog.records) == 2 * LOGGED


def test_where_guards_only_observe_the_log_is_short_and_the_run_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lines: list[str] = []
    count_errors(errors := RepeatedErrors("Mine", ends=False, end=lines.append))
    call(Mine().leverage, 2 * TOO_MANY)
    assert (lines, len(caplog.records)) == ([], LOGGED)
    errors.sum_up()
    assert caplog.records[-1].getMessage() == (
        "plimsoll: Mine: leverage failed 2,000 times with ValueError: no leverage today; "
        "the first 3 are logged"
    )


def test_the_errors_of_a_run_before_do_not_count(
    ended: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    call(Mine().leverage, TOO_MANY - 1)
    count_errors(RepeatedErrors("Mine", ends=True, end=ended.append))
    call(Mine().leverage, TOO_MANY - 1)
    assert ended == []
    assert len(caplog.records) == 2 * LOGGED


def test_a_warning_that_is_no_error_is_never_held_back(
    ended: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(LOGGED + 2):
        logging.getLogger(LOGGERS[1]).warning("plimsoll: look out")
    assert len(caplog.records) == LOGGED + 2


def test_a_question_of_ours_that_fails_is_named(ended: list[str]) -> None:
    for _ in range(TOO_MANY):
        try:
            raise RuntimeError("a bug")
        except RuntimeError:
            logging.getLogger(LOGGERS[1]).exception("plimsoll: denied, because %s failed", "sizing")
    assert ended[0].startswith("plimsoll: Mine: sizing failed 1,000 times with RuntimeError: a bug")


def test_freqtrade_asks_between_candles_whether_to_abort_and_is_told_once() -> None:
    inherited = Backtesting.check_abort
    end_backtest("one line")
    end_backtest("a second one")
    backtesting = Backtesting.__new__(Backtesting)
    with pytest.raises(OperationalException, match="one line"):
        backtesting.check_abort()
    assert Backtesting.check_abort is inherited
