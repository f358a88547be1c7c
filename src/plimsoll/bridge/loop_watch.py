"""Loops of the bot that failed before the guards were asked, as Freqtrade itself reports them.

A pairlist or market list that cannot be read ends a loop before any strategy is called. Freqtrade
says so in its log and tries again; a log handler that counts these lines tells failing loops from
a bot that was stopped or a machine that was asleep.
"""

import logging
import threading
from collections import deque
from datetime import UTC, datetime, timedelta

LOGGER = "freqtrade.worker"
RETRIES = "retrying in"
KEPT = 1000


class LoopWatch(logging.Handler):
    """Keeps the times of the latest loops that failed and were tried again."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._times: deque[datetime] = deque(maxlen=KEPT)
        self._guard = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Count a failed loop."""
        if RETRIES in record.getMessage():
            with self._guard:
                self._times.append(datetime.now(UTC))

    def failing_since(self, now: datetime, *, after: datetime, apart: timedelta) -> datetime | None:
        """Return when loops began to fail that went on failing until now.

        Two failures further apart than ``apart`` have something else between them. ``None`` when
        none failed after the moment ``after``, or the last one is too long ago.
        """
        since: datetime | None = None
        with self._guard:
            for at in reversed(self._times):
                if at > now:  # the clock was set back since
                    continue
                if at <= after or (since or now) - at > apart:
                    break
                since = at
        return since


_watch = LoopWatch()


def loop_watch() -> LoopWatch:
    """Return the process's watch, attached to Freqtrade's log; a second call changes nothing."""
    logger = logging.getLogger(LOGGER)
    if _watch not in logger.handlers:
        logger.addHandler(_watch)
    return _watch
