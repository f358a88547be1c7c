"""Frozen values and errors that every other package shares. No I/O, no clock."""

from plimsoll.core.account import AccountSnapshot
from plimsoll.core.errors import PlimsollError, UsageError
from plimsoll.core.side import Side
from plimsoll.core.verdict import Mode, Verdict

__all__ = ["AccountSnapshot", "Mode", "PlimsollError", "Side", "UsageError", "Verdict"]
