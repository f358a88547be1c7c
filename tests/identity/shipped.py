"""The strategies that are shipped, with parameters from their ranges."""

from random import Random
from typing import Any

Drawn = dict[str, Any]
Ranges = dict[str, tuple[str, float, float, int]]
"""Of each parameter: space, least, most, decimals."""

PORTFOLIOS: dict[str, Ranges] = {
    "TrendPortfolio": {
        "horizon_scale": ("buy", 0.5, 1.5, 2),
        "volatility_days": ("buy", 10, 60, 0),
        "buffer": ("buy", 0.1, 0.5, 2),
    },
    "FundingCarry": {"window_scale": ("buy", 0.5, 2.0, 2), "buffer": ("buy", 0.2, 0.6, 2)},
    "Ensemble": {"buffer": ("buy", 0.1, 0.6, 2)},
}
RULES: dict[str, tuple[str, Ranges]] = {
    "TrendFollow": (
        "5m",
        {
            "fast_period": ("buy", 8, 30, 0),
            "slow_period": ("buy", 40, 120, 0),
            "min_adx": ("buy", 15, 40, 0),
            "min_atr_pct": ("buy", 0.0005, 0.006, 4),
            "tp_atr": ("sell", 0.75, 6.0, 2),
            "sl_atr": ("sell", 0.5, 4.0, 2),
        },
    ),
    "MomentumCross": (
        "4h",
        {
            "fast_period": ("buy", 10, 40, 0),
            "slow_period": ("buy", 60, 200, 0),
            "rsi_level": ("buy", 45, 60, 0),
            "stop_atr": ("sell", 2.0, 6.0, 1),
        },
    ),
    "MeanReversion": (
        "4h",
        {
            "window": ("buy", 15, 60, 0),
            "deviations": ("buy", 1.5, 3.5, 1),
            "max_adx": ("buy", 15, 30, 0),
            "stop_atr": ("sell", 2.0, 6.0, 1),
        },
    ),
    "SlowTrend": (
        "4h",
        {
            "fast_period": ("buy", 8, 30, 0),
            "slow_period": ("buy", 40, 120, 0),
            "min_adx": ("buy", 15, 40, 0),
            "tp_atr": ("sell", 0.0, 10.0, 1),
            "sl_atr": ("sell", 2.0, 6.0, 1),
            "trail_atr": ("sell", 0.0, 10.0, 1),
        },
    ),
    "BasisReversion": (
        "1h",
        {
            "smooth_hours": ("buy", 1, 24, 0),
            "window_hours": ("buy", 168, 1000, 0),
            "entry_z": ("buy", 0.75, 3.0, 2),
            "max_hold_hours": ("sell", 24, 168, 0),
        },
    ),
    "OpenInterestFlow": (
        "1h",
        {
            "flow_z": ("buy", 0.5, 2.0, 2),
            "flush_z": ("buy", 2.0, 4.0, 2),
            "max_hold_hours": ("sell", 24, 168, 0),
        },
    ),
}
"""Shipped strategies of rules: their timeframe and parameters."""


def shipped(lot: Random, market: Drawn) -> Drawn:
    """Return a shipped strategy of rules with drawn parameters, on its own timeframe."""
    slow = ["MomentumCross", "MeanReversion", "SlowTrend"]
    name = lot.choice(["TrendFollow", "TrendFollow", *([] if "real" in market else slow)])
    timeframe, parameters = RULES[name]
    market["timeframe"] = timeframe if "real" not in market else market["timeframe"]
    if "real" not in market:
        market["candles"] = max(market["candles"], 1_500)
        market["start"] = market["start"][:10] + " 00:00"  # whole days for a panel
    return {"strategy": name, "source": None, "params": _chosen(lot, parameters)}


def _chosen(lot: Random, parameters: Ranges) -> dict[str, dict[str, float]]:
    chosen: dict[str, dict[str, float]] = {"buy": {}, "sell": {}}
    for parameter, (space, low, high, places) in parameters.items():
        value = round(lot.uniform(low, high), places)
        chosen[space][parameter] = int(value) if places == 0 else value
    return chosen


def portfolio(lot: Random, market: Drawn) -> Drawn:
    """Return a shipped portfolio, in the last weeks of a year of hours."""
    name = lot.choice(list(PORTFOLIOS))
    market["timeframe"], market["candles"] = "1h", 9_000
    market["part"] = lot.uniform(0.88, 0.95)
    for pair in market["pairs"]:
        pair["late"], pair["volatility"] = pair["late"] / 3, lot.choice([0.003, 0.006, 0.01])
        pair["holes"], pair["funding_holes"], pair["early"] = 0.0, 0.0, pair["early"] / 6
    return {"strategy": name, "source": None, "params": _chosen(lot, PORTFOLIOS[name])}
