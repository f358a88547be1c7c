"""The risk profile and its guards: pure functions of an account and a profile."""

from plimsoll.risk.evaluate import evaluate
from plimsoll.risk.profile import RiskProfile

__all__ = ["RiskProfile", "evaluate"]
