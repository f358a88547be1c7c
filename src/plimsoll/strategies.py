"""What the author of a strategy imports: the bases, and what their hooks take and return.

Features are in `plimsoll.features`, signals in the modules of ``plimsoll.signals``, the base of
FreqAI models in `plimsoll.models`. This module defines no class of its own: hyperopt pickles a
base by the module that defines it.
"""

from plimsoll.bridge.account.freqtrade_trades import side_of
from plimsoll.bridge.freqai.strategy import ModelStrategy
from plimsoll.bridge.strategies.agent_strategy import AgentStrategy
from plimsoll.bridge.strategies.allocator_strategy import AllocatorStrategy
from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.bridge.strategies.panel import Panel
from plimsoll.bridge.strategies.panel_strategy import PanelStrategy
from plimsoll.bridge.strategies.portfolio import PortfolioStrategy
from plimsoll.bridge.strategies.recorded import with_recorded_flow
from plimsoll.bridge.strategies.volatility_sized import SizedStrategy
from plimsoll.bridge.wrapping.explicit import guarded
from plimsoll.core import Side
from plimsoll.features import FeatureUse
from plimsoll.signals.panels import Targets

__all__ = [
    "AgentStrategy",
    "AllocatorStrategy",
    "FeatureUse",
    "GuardedStrategy",
    "ModelStrategy",
    "Panel",
    "PanelStrategy",
    "PortfolioStrategy",
    "Side",
    "SizedStrategy",
    "Targets",
    "guarded",
    "side_of",
    "with_recorded_flow",
]
