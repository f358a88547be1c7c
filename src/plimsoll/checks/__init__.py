"""The contracts that every feature and every guard keeps, for yours as for the shipped ones."""

from plimsoll.checks.features import FeatureTrial, check_feature
from plimsoll.checks.finding import Finding

__all__ = ["FeatureTrial", "Finding", "check_feature"]
