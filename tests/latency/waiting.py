"""What a thread waits for while it works: for an exchange's answers, and for a processor.

For an exchange it waits inside the calls of sockets, from the sending of a request to the reading
of the answer: counted is what passes there without the thread being on a processor. What a busy
machine takes to let it run again once the answer is there is in that. For a processor it waits
when others have it while the thread could run; Linux counts that.
"""

import functools
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CALLS: tuple[tuple[type, str], ...] = (
    (socket.socket, "connect"),
    (socket.socket, "send"),
    (socket.socket, "sendall"),
    (socket.SocketIO, "readinto"),
    (selectors.DefaultSelector, "select"),
)
"""What the requests of ccxt wait in, those of its asynchronous half in the last one."""

QUEUED = Path("/proc/thread-self/schedstat")
"""Nanoseconds that the thread ran, those that it waited for a processor, and how often."""


class Waiting:
    """Seconds that one thread has waited since it was told to count.

    Attributes
    ----------
    exchange
        For answers, so far.
    """

    def __init__(self) -> None:
        self.exchange = 0.0
        self._thread: int | None = None
        self._file: int | None = None
        self._queued_at = self._queued_inside = 0.0

    def count(self) -> None:
        """Begin at 0 with the thread that calls."""
        if self._thread != threading.get_ident():
            self._thread = threading.get_ident()
            self._file = os.open(QUEUED, os.O_RDONLY) if QUEUED.exists() else None
        self.exchange = self._queued_inside = 0.0
        self._queued_at = self._queued()

    @property
    def processor(self) -> float:
        """Seconds for a processor, outside of the calls that wait for answers; 0 off Linux."""
        return self._queued() - self._queued_at - self._queued_inside

    def install(self) -> None:
        """Stand around the calls in which a thread waits, for the life of the process."""
        for owner, name in CALLS:
            setattr(owner, name, self._timed(getattr(owner, name)))

    def _queued(self) -> float:
        if self._file is None:
            return 0.0
        return int(os.pread(self._file, 64, 0).split()[1]) / 1e9

    def _timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def timed(*given: Any, **named: Any) -> Any:
            if threading.get_ident() != self._thread:
                return call(*given, **named)
            # Others may get the processor at any of these readings: that is not within the call.
            before, queued, used = time.perf_counter(), self._queued(), time.thread_time()
            began = time.perf_counter()
            try:
                return call(*given, **named)
            finally:
                ended = time.perf_counter()
                self.exchange += max(ended - began - (time.thread_time() - used), 0.0)
                beside = began - before + time.perf_counter() - ended
                self._queued_inside += max(self._queued() - queued - beside, 0.0)

        return timed
