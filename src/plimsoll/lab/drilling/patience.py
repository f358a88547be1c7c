"""How long a row waits: in real seconds, and on a busy machine in the bot's own loops."""

import time
from collections.abc import Callable

FEWEST_LOOPS = 0.25
"""Of the loops that an idle machine has time for, how many a bot is given at the least."""
LONGEST = 5.0
"""How many times its real seconds a wait may take, whatever the bot does."""


class Patience:
    """Ends a wait when its real seconds are over and the bot has had its loops, or by `LONGEST`.

    The exchange's clock goes on however busy the machine is, and the bot that should act by it has
    fewer loops then. What a row expects comes after so many loops, not after so many seconds.

    Parameters
    ----------
    seconds
        Real seconds in which it comes on an idle machine.
    loops
        Returns how many loops the bot has ended since its start; it may start again.
    loops_a_second
        How many it ends in a real second on an idle machine.
    """

    def __init__(
        self,
        seconds: float,
        loops: Callable[[], int],
        loops_a_second: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loops, self._clock = loops, clock
        self._first = clock()
        self._seconds = seconds
        self._wanted = seconds * loops_a_second * FEWEST_LOOPS
        self._last, self._ended = loops(), 0

    @property
    def is_over(self) -> bool:
        """Whether nothing is waited for any longer."""
        now = self._loops()
        self._ended += now - self._last if now >= self._last else now
        self._last = now
        taken = self._clock() - self._first
        if taken <= self._seconds:
            return False
        return self._ended >= self._wanted or taken > LONGEST * self._seconds

    def __str__(self) -> str:
        taken = self._clock() - self._first
        return f"{taken:.0f} s, in which the bot ended {self._ended} loops"
