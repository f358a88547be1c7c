"""The exchange's clock: real time, real time scaled, or moved only by command."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from plimsoll.core.errors import UsageError

WALL, ACCELERATED, STEPPED = "wall", "accelerated", "stepped"
MAX_SPEED = 100_000.0
SLACK_SECONDS = 10.0
"""Real seconds that an answer of a busy machine may take."""
FOLLOW_SECONDS = 2.0
"""Real seconds in which one that follows the clock notices a change of speed."""


@dataclass(frozen=True)
class Slack:
    """How far a follower's clock may be off for no fault of its own, in simulated milliseconds."""

    late_ms: int
    ahead_ms: int


def parse_utc_ms(text: str) -> int:
    """Return epoch milliseconds of an ISO 8601 instant; without an offset it is UTC.

    Raises `UsageError` when the text is no instant.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f'expected an instant such as 2025-01-01T00:00:00Z, found "{text}"'
        ) from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return round(instant.timestamp() * 1000)


def format_utc(ms: int) -> str:
    """Return epoch milliseconds as ``2025-01-01T00:00:00.000Z``."""
    instant = datetime.fromtimestamp(ms / 1000, tz=UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def real_now_ms() -> int:
    """Return this machine's epoch milliseconds."""
    return time.time_ns() // 1_000_000


class Clock:
    """Map an injected monotonic source (seconds) to simulated epoch milliseconds.

    A stepped clock moves only by `step`. Time never runs backwards.
    """

    def __init__(
        self,
        start_ms: int,
        *,
        speed: float = 1.0,
        stepped: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._stepped = stepped
        self._speed = _checked_speed(speed)
        self._anchor_ms = float(start_ms)
        self._anchor_seconds = monotonic()
        self._anchors: deque[tuple[float, float, float]] = deque()
        self._ahead_until_ms = float(start_ms)
        self._remember()

    @property
    def mode(self) -> str:
        """``wall``, ``accelerated`` or ``stepped``."""
        if self._stepped:
            return STEPPED
        return WALL if self._speed == 1.0 else ACCELERATED

    @property
    def speed(self) -> float:
        """Simulated seconds a real second; 0 for a stepped clock."""
        return 0.0 if self._stepped else self._speed

    def now_ms(self) -> int:
        """Return the simulated time in epoch milliseconds."""
        if self._stepped:
            return int(self._anchor_ms)
        elapsed_ms = (self._monotonic() - self._anchor_seconds) * 1000.0
        return int(self._anchor_ms + max(elapsed_ms, 0.0) * self._speed)

    def step(self, seconds: float) -> int:
        """Move a stepped clock forward and return its new time in milliseconds."""
        if not self._stepped:
            raise UsageError(f"only a stepped clock can be stepped; this one is {self.mode}")
        if not 0 < seconds <= 366 * 86_400:
            raise UsageError(f"expected seconds between 0 and 31622400, found {seconds:g}")
        self._anchor_ms += round(seconds * 1000.0)
        self._anchor_seconds = self._monotonic()
        self._remember()
        return int(self._anchor_ms)

    def set_speed(self, speed: float) -> None:
        """Change the speed from now on; the time itself does not jump."""
        if self._stepped:
            raise UsageError("a stepped clock has no speed; step it, or serve with --clock wall")
        checked = _checked_speed(speed)
        self._anchor_ms = float(self.now_ms())
        self._anchor_seconds = self._monotonic()
        self._ahead_until_ms = max(self._ahead_until_ms, self._extrapolated_ms())
        self._speed = checked
        self._remember()

    def slack(self) -> Slack:
        """Return what speed and steps alone put between this clock and one that follows it.

        Real time has none: 0 both ways at speed 1.
        """
        now_ms, before = self.now_ms(), self._monotonic() - SLACK_SECONDS
        self._forget_before(before)
        at, ms, speed = self._anchors[0]
        read_ms = ms + max(before - at, 0.0) * 1000.0 * speed
        late_ms = max(now_ms - read_ms - SLACK_SECONDS * 1000.0, 0.0)
        ahead_ms = self._ahead_until_ms - now_ms
        if self.mode == ACCELERATED:
            ahead_ms = max(ahead_ms, self._extrapolated_ms() - now_ms)
        if self._stepped:
            ahead_ms = max(ahead_ms, self._counted_on_ms() - now_ms)
        return Slack(round(late_ms), round(max(ahead_ms, 0.0)))

    def _counted_on_ms(self) -> float:
        """Return what a client may reckon that counts real time on from its look at this clock."""
        now = self._monotonic()
        return max(ms + (now - at) * 1000.0 for at, ms, _ in self._anchors)

    def _extrapolated_ms(self) -> float:
        """Return what a follower may read that has not noticed the next change of speed."""
        return self.now_ms() + FOLLOW_SECONDS * 1000.0 * self.speed

    def _remember(self) -> None:
        self._anchors.append((self._anchor_seconds, self._anchor_ms, self.speed))
        self._forget_before(self._anchor_seconds - SLACK_SECONDS)

    def _forget_before(self, seconds: float) -> None:
        """Forget what no longer says where the clock was at those real seconds or later."""
        while len(self._anchors) > 1 and self._anchors[1][0] <= seconds:
            self._anchors.popleft()


def _checked_speed(speed: float) -> float:
    if not 0 < speed <= MAX_SPEED:
        raise UsageError(f"expected a speed above 0 and at most {MAX_SPEED:g}, found {speed:g}")
    return float(speed)
