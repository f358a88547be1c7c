"""The contracts that every feature and every guard keeps, for yours as for the shipped ones."""

from plimsoll.checks.accounts import GuardCase, Ladder
from plimsoll.checks.features import check_feature
from plimsoll.checks.finding import Finding
from plimsoll.checks.guards import check_guard
from plimsoll.checks.market_frame import market_frame

__all__ = ["Finding", "GuardCase", "Ladder", "check_feature", "check_guard", "market_frame"]
