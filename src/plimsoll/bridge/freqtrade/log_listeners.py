"""What Freqtrade says in its log and nowhere else: failed requests and failed loops.

Freqtrade retries a failed request and says when it gives up. A pairlist or market list that
cannot be read ends a loop before any strategy is called; Freqtrade says so and tries again. A
log handler that keeps the times of these lines sees both without standing in the way.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

SAID, GAVE_UP, RETRIES = "returned exception", "Giving up.", "retrying in"


class LogListener(logging.Handler):
    """Keeps the times at which a logger warned of one thing.

    Parameters
    ----------
    source
        The name of the logger.
    said
        Whether a message is about that thing.
    kept
        How long a time is kept, measured from the newest.
    """

    def __init__(self, source: str, said: Callable[[str], bool], *, kept: timedelta) -> None:
        super().__init__(logging.WARNING)
        self.source, self._said, self._kept = source, said, kept
        self._times: deque[datetime] = deque()
        self._mutex = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the time of a message."""
        if self._said(record.getMessage()):
            now = datetime.now(UTC)
            with self._mutex:
                self._times.append(now)
                while self._times[0] < now - self._kept:
                    self._times.popleft()

    def times(self) -> list[datetime]:
        """Return the times, ascending."""
        with self._mutex:
            return list(self._times)

    def since(self, now: datetime, *, after: datetime, apart: timedelta) -> datetime | None:
        """Return when a row of messages began that went on until now.

        Two messages further apart than ``apart`` have something else between them. ``None`` when
        there was none after the moment ``after``, or the last one is too long ago.
        """
        began: datetime | None = None
        for at in reversed(self.times()):
            if at > now:  # the clock was set back since
                continue
            if at <= after or (began or now) - at > apart:
                break
            began = at
        return began

    def attach(self) -> "LogListener":
        """Listen to the logger from now on; a second call changes nothing."""
        logging.getLogger(self.source).addHandler(self)
        return self


def gave_up(text: str) -> bool:
    """Return whether a request failed after every retry."""
    return SAID in text and GAVE_UP in text


def retries(text: str) -> bool:
    """Return whether a loop failed and is tried again."""
    return RETRIES in text


FAILED_REQUESTS = LogListener("freqtrade.exchange.common", gave_up, kept=timedelta(days=1))
FAILED_LOOPS = LogListener("freqtrade.worker", retries, kept=timedelta(days=1))
