"""Strangers who write to the control bot: one line each, however much they write."""

AGAIN_SECONDS = 3600.0
MOST_LINES = 60
"""Lines about strangers in an hour, whoever they are: a log is not filled from outside."""


class Strangers:
    """Says which meeting with a stranger is written down."""

    def __init__(self) -> None:
        self._met: dict[str, float] = {}
        self._not_written = 0

    def met(self, mark: str, now: float) -> int | None:
        """Return how many meetings were not written since the last one that was.

        ``None`` when this one is not to be written either: its stranger was, within the hour, or
        too many were. ``now`` is monotonic, in seconds.
        """
        self._met = {one: at for one, at in self._met.items() if now - at < AGAIN_SECONDS}
        if mark in self._met or len(self._met) >= MOST_LINES:
            self._not_written += 1
            return None
        self._met[mark] = now
        before, self._not_written = self._not_written, 0
        return before
