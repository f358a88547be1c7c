"""Since when the guards of an account could not look, and what that closes."""

from datetime import datetime

from plimsoll.bridge.state.locks import FOREVER
from plimsoll.core import Mode, Verdict
from plimsoll.risk import RiskProfile

BLIND = "blind_guards"
"""The rule of what is closed because the account could not be seen for too long."""


class Blindness:
    """Nothing was seen since a moment, for a reason; or everything is."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self.reason: str | None = None

    def note(self, now: datetime, reason: str) -> bool:
        """Take that nothing was seen now; return whether that is new."""
        begins = self._since is None
        self._since = now if self._since is None else min(self._since, now)
        self.reason = reason
        return begins

    def end(self) -> None:
        """Take that the account was seen."""
        self._since = self.reason = None

    def count_from(self, moment: datetime) -> None:
        """Count from a later moment on: before it no loop ran that could have looked."""
        if self._since is not None:
            self._since = moment

    def verdict(self, now: datetime, profile: RiskProfile) -> Verdict | None:
        """Return what closes everything, until nothing is open; ``None`` while it may be blind."""
        limit = profile.max_blind_seconds
        blind = 0.0 if self._since is None else (now - self._since).total_seconds()
        if blind <= limit:
            return None
        reason = f"nothing was seen for {blind:.0f} s, limit {limit:g} s: {self.reason}"
        return Verdict(Mode.FLATTEN, BLIND, reason, now + FOREVER, value=blind, limit=limit)
