"""Frozen values and errors that every other package shares. No I/O, no clock."""

from plimsoll.core.account import AccountSnapshot
from plimsoll.core.entry import EntryRequest
from plimsoll.core.errors import PlimsollError, UsageError
from plimsoll.core.health import (
    ApiHealth,
    DataHealth,
    Expectation,
    ModelHealth,
    PairData,
    TrackRecord,
)
from plimsoll.core.position import ClosedTrade, Position
from plimsoll.core.side import Side
from plimsoll.core.verdict import Mode, Verdict

__all__ = [
    "AccountSnapshot",
    "ApiHealth",
    "ClosedTrade",
    "DataHealth",
    "EntryRequest",
    "Expectation",
    "Mode",
    "ModelHealth",
    "PairData",
    "PlimsollError",
    "Position",
    "Side",
    "TrackRecord",
    "UsageError",
    "Verdict",
]
