"""Pure features: functions from candles to one column, each declaring its past.

``import plimsoll.features`` registers every feature; `get` finds one by name.
"""

from plimsoll.features import regime, trend, volatility
from plimsoll.features.registry import Feature, FeatureUse, Unit, get, names

__all__ = ["Feature", "FeatureUse", "Unit", "get", "names", "regime", "trend", "volatility"]
