"""The risk profile and its guards: pure functions of an account and a profile."""

from plimsoll.core import AccountSnapshot, EntryRequest, Mode, Verdict
from plimsoll.risk.evaluate import Evaluation, evaluate, evaluate_entry, strictest
from plimsoll.risk.guards import GUARDS, NEEDS, Guards
from plimsoll.risk.latch import LatchState, observe
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.sizing import EntrySize, size_entry

__all__ = [
    "GUARDS",
    "NEEDS",
    "AccountSnapshot",
    "EntryRequest",
    "EntrySize",
    "Evaluation",
    "Guards",
    "LatchState",
    "Mode",
    "RiskProfile",
    "Verdict",
    "evaluate",
    "evaluate_entry",
    "observe",
    "size_entry",
    "strictest",
]
