"""The risk profile and its guards: pure functions of an account and a profile."""

from plimsoll.core import AccountSnapshot, EntryRequest, Mode, Verdict
from plimsoll.risk.evaluate import Evaluation, evaluate, evaluate_entry, strictest
from plimsoll.risk.guards import GUARDS, NEEDS, Guards
from plimsoll.risk.latch import LatchState, observe, rearm
from plimsoll.risk.profile import RiskProfile

__all__ = [
    "GUARDS",
    "NEEDS",
    "AccountSnapshot",
    "EntryRequest",
    "Evaluation",
    "Guards",
    "LatchState",
    "Mode",
    "RiskProfile",
    "Verdict",
    "evaluate",
    "evaluate_entry",
    "observe",
    "rearm",
    "strictest",
]
