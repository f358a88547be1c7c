"""Pure features: functions from candles to one column, each declaring its past.

``import plimsoll.features`` registers every feature; `get` finds one by name, `table` computes
many at once, and `plimsoll.features.merging` joins the data that candles do not hold.
"""

from plimsoll.features import (
    bands,
    basis,
    cross_pair,
    funding,
    open_interest,
    order_flow,
    oscillators,
    positioning,
    regime,
    returns,
    seasonality,
    trend,
    volatility,
    volume,
    volume_profile,
    vwap,
)
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.registry import (
    Family,
    Feature,
    FeatureUse,
    Unit,
    feature,
    get,
    missing_columns,
    names,
    parse,
    registering,
)
from plimsoll.features.tables import table, tables

__all__ = [
    "Candles",
    "Family",
    "Feature",
    "FeatureUse",
    "Floats",
    "Unit",
    "bands",
    "basis",
    "cross_pair",
    "feature",
    "funding",
    "get",
    "missing_columns",
    "names",
    "open_interest",
    "order_flow",
    "oscillators",
    "parse",
    "positioning",
    "regime",
    "registering",
    "returns",
    "seasonality",
    "table",
    "tables",
    "trend",
    "volatility",
    "volume",
    "volume_profile",
    "vwap",
]
