"""How fast a simulated market may run: no faster than the bot that watches it can follow.

A market of 120 x brings a candle of five minutes every 2.5 s. A bot on a busy machine needs longer
for a loop, sees each candle late and is denied its entries for late data: it trades nothing.
"""

from collections.abc import Callable
from typing import Any

LATE_SECONDS = 150.0
"""A loop older than half a candle, in market time, is of a bot that does not keep up."""
LEAST = 7.5


class Pace:
    """The speed of a market, halved whenever the bot's last loop is too long ago.

    ``set_speed`` and ``now_ms`` are the venue's; ``health`` is the bot's answer of that name, or
    None when it gave none.
    """

    def __init__(
        self,
        set_speed: Callable[[float], None],
        now_ms: Callable[[], int],
        health: Callable[[], dict[str, Any] | None],
        *,
        most: float,
    ) -> None:
        self.speed = most
        self._set_speed, self._now_ms, self._health = set_speed, now_ms, health
        self._judged: int | None = None

    def run(self) -> None:
        """Let the market run at the speed that the bot has kept up with so far."""
        self._set_speed(self.speed)

    def looped_at(self) -> int | None:
        """Return the end of the bot's last loop, in seconds of its time; None before the first."""
        stamp = (self._health() or {}).get("last_process_ts")
        return None if stamp is None else int(stamp)

    def look(self) -> bool:
        """Slow the market down if the bot has fallen behind; return whether it was slowed.

        A loop is judged once: the next one shows what the new speed is worth.
        """
        looped = self.looped_at()
        if looped is None or looped == self._judged or self.speed <= LEAST:
            return False
        if self._now_ms() / 1000 - looped <= LATE_SECONDS:
            return False
        self._judged = looped
        self.speed = max(self.speed / 2, LEAST)
        self._set_speed(self.speed)
        return True
