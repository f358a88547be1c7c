"""One source, read again and again in a thread of its own; an old value is never shown as new."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Looked(Generic[T]):
    """What came of one reading: a value, or why there is none."""

    value: T | None
    fault: str | None
    seconds: float
    ended: float


class Reader(Generic[T]):
    """A source that is read every so often.

    Parameters
    ----------
    read
        Returns the value; whatever it raises is a fault of the source.
    every_seconds
        From one reading to the next.
    is_good
        Whether a value says what was asked for; one that says why it could not be read is none.

    A reading that hangs, as a disk or a driver may, ends nothing but the value: after three times
    ``every_seconds`` and 15 more the last one is too old to be shown.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[], T],
        every_seconds: float,
        is_good: Callable[[T], bool] = lambda _: True,
    ) -> None:
        self.name, self._read, self.every_seconds = name, read, every_seconds
        self._is_good = is_good
        self._looked: Looked[T] | None = None
        self._good_at: float | None = None

    @property
    def patience_seconds(self) -> float:
        """How old a value may be that is shown."""
        return 3 * self.every_seconds + 15

    def look(self) -> Looked[T]:
        """Read once."""
        began = time.monotonic()
        value: T | None = None
        fault: str | None = None
        try:
            value = self._read()
        except Exception as error:  # noqa: BLE001 - whatever a source raises is its fault
            fault = _words(error)
        ended = time.monotonic()
        self._looked = looked = Looked(value, fault, ended - began, ended)
        if value is not None and self._is_good(value):
            self._good_at = ended
        return looked

    def run(self, stop: threading.Event) -> None:
        """Read until it is stopped."""
        while not stop.is_set():
            self.look()
            stop.wait(self.every_seconds)

    @property
    def value(self) -> T | None:
        """What was read last, good or not; ``None`` when that failed, or is too old."""
        looked = self._looked
        if looked is None or time.monotonic() - looked.ended > self.patience_seconds:
            return None
        return looked.value

    @property
    def good(self) -> T | None:
        """The value, where it says what was asked for."""
        value = self.value
        return value if value is not None and self._is_good(value) else None

    @property
    def was_read(self) -> bool:
        """Whether a reading has ended yet, well or not."""
        return self._looked is not None

    @property
    def fault(self) -> str | None:
        """Why the last reading failed, or is too old; ``None`` where there is a value."""
        looked = self._looked
        if looked is None:
            return "it was not read yet"
        if looked.fault is None and self.value is None:
            return f"no answer for {time.monotonic() - looked.ended:.0f} s"
        return looked.fault

    @property
    def age_seconds(self) -> float:
        """Since it was last read well; NaN when it never was."""
        return nan if self._good_at is None else time.monotonic() - self._good_at

    @property
    def took_seconds(self) -> float | None:
        """How long the last reading took; ``None`` before the first."""
        return None if self._looked is None else self._looked.seconds


def _words(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
