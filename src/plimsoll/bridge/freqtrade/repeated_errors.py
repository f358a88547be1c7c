"""The same error again and again in a backtest: logged a few times, and then the run ends.

Freqtrade logs what a strategy's callback raises, with a traceback, and goes on; so do the guards,
which deny. A callback that fails on every candle would fill the log and end with status 0. A
filter on their loggers counts equal errors of one place (digits in the text apart), lets the
first few through, and after a thousand ends the run at the next candle, where an exception is not
swallowed.
"""

import logging
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from freqtrade.exceptions import OperationalException

LOGGED = 3
"""Equal errors of one place that are logged in full."""
TOO_MANY = 1_000
"""Equal errors of one place that end a run: no strategy errs so often by chance."""

LOGGERS = (
    "freqtrade.strategy.strategy_wrapper",
    "plimsoll.bridge.guarding.session",
    "plimsoll.bridge.guarding.backtest_session",
)
"""Where errors are logged that a backtest goes on after."""

_DIGITS = re.compile(r"\d+")
_BOUND = re.compile(r"calling <(?:bound method|function) (?:\w+\.)*(\w+)")
_NAMED = re.compile(r"calling (\w+)")
_LONGEST = 200

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Repeated:
    place: str
    error: str
    times: int = 0


class RepeatedErrors(logging.Filter):
    """Counts the equal errors of one run.

    Parameters
    ----------
    strategy
        Whose run it is.
    ends
        Whether too many of them end the run; where guards only observe, it goes on as without.
    end
        Ends a run with a line.
    """

    def __init__(self, strategy: str, *, ends: bool, end: Callable[[str], None] | None = None):
        super().__init__()
        self._strategy, self._ends, self._end = strategy, ends, end or end_backtest
        self._errors: dict[tuple[str, str], _Repeated] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Count an error while it is handled; return whether it is to be logged."""
        error = sys.exc_info()[1]
        if error is None or record.levelno < logging.WARNING:
            return True
        text = record.getMessage()
        place, said = _place_of(text), _said(error)
        key = place, _DIGITS.sub("#", said)
        one = self._errors.get(key)
        if one is None:
            one = self._errors[key] = _Repeated(place, said)
        one.times += 1
        if one.times == TOO_MANY:
            self.end(place, error, one.times)
        return one.times <= LOGGED

    def end(self, place: str, error: BaseException, times: int) -> None:
        """End the run, unless its guards only observe."""
        if self._ends:
            self._end(
                f"plimsoll: {self._strategy}: {place} failed {times:,} times with "
                f"{_said(error)}; the backtest was ended, since its result would say nothing of "
                'the strategy. Correct that, or set plimsoll.guards to "observe" and let it run'
            )

    def sum_up(self) -> None:
        """Log, once a run, how often each error occurred that was not logged each time."""
        for one in self._errors.values():
            if one.times > LOGGED:
                logger.warning(
                    "plimsoll: %s: %s failed %s times with %s; the first %d are logged",
                    *(self._strategy, one.place, f"{one.times:,}", one.error, LOGGED),
                )
        self._errors.clear()


def count_errors(errors: RepeatedErrors) -> None:
    """Let a run's errors be counted, instead of those of a run before."""
    for name in LOGGERS:
        listened = logging.getLogger(name)
        for old in [one for one in listened.filters if isinstance(one, RepeatedErrors)]:
            listened.removeFilter(old)
        listened.addFilter(errors)


def end_backtest(line: str) -> None:
    """End the backtest of this process at its next candle, with one line and status 2.

    What a callback raises, Freqtrade swallows; it asks whether to abort between candles.
    """
    from freqtrade.optimize.backtesting import Backtesting

    if hasattr(Backtesting.check_abort, "ends"):
        return
    inherited = Backtesting.check_abort

    def ended(self: Backtesting) -> None:
        Backtesting.check_abort = inherited  # type: ignore[method-assign]
        raise OperationalException(line)

    ended.ends = True  # type: ignore[attr-defined]
    Backtesting.check_abort = ended  # type: ignore[method-assign]


def _place_of(text: str) -> str:
    """Return whose error a message tells: the callback, or what of the guards' failed."""
    named = _BOUND.search(text) or _NAMED.search(text)
    if named is not None:
        return named.group(1)
    begun = text.removeprefix("plimsoll: ").removeprefix("denied, because ")
    return begun.removesuffix(" failed").removesuffix(" could not be asked")


def _said(error: BaseException) -> str:
    line = f"{type(error).__name__}: {error}".splitlines()[0]
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
