"""Errors of the exchange's API, as Freqtrade itself reports them.

Freqtrade retries a failed request and says in its log when it gives up; a log handler that counts
these lines sees every request of the bot without standing in its way.
"""

import logging
import threading
from collections import deque
from datetime import UTC, datetime, timedelta

LOGGER = "freqtrade.exchange.common"
SAID, GAVE_UP = "returned exception", "Giving up."


class ApiWatch(logging.Handler):
    """Keeps the times of requests of the last day that failed after every retry."""

    KEPT = timedelta(days=1)

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._times: deque[datetime] = deque()
        self._guard = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Count a failed request."""
        text = record.getMessage()
        if SAID in text and GAVE_UP in text:
            now = datetime.now(UTC)
            with self._guard:
                self._times.append(now)
                while self._times[0] < now - self.KEPT:
                    self._times.popleft()

    def error_times(self) -> list[datetime]:
        """Return the times, ascending."""
        with self._guard:
            return list(self._times)


_watch = ApiWatch()


def api_watch() -> ApiWatch:
    """Return the process's watch, attached to Freqtrade's log; a second call changes nothing."""
    logger = logging.getLogger(LOGGER)
    if _watch not in logger.handlers:
        logger.addHandler(_watch)
    return _watch
