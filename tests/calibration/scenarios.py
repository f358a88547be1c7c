"""The shipped strategies, and the markets that they are walked over."""

import math
from collections.abc import Sequence
from dataclasses import replace

from plimsoll.lab.calibration.edge import Edge
from plimsoll.lab.calibration.plan import Scenario, Source, Task, in_turn

PAIRS = ("ETH/USDT:USDT", "LTC/USDT:USDT")
"""Contracts whose ticks and steps are fine; made markets take their names and no more."""
TIMEFRAME = "4h"
EPOCHS = 10
LOSS = "SharpeHyperOptLossDaily"
STAKE_USD = 1_000
"""Of each trade of a strategy that does not size its own, of a wallet of 10,000."""
REAL_PAIRS = ("BTC", "ETH")
TREND_HOURS, BURST_HOURS, REVERSION_HOURS = 240.0, 36.0, 48.0
STRATEGIES = ("TrendFollow", "MomentumCross", "MeanReversion")
WITHOUT = (360, 40, 40)
"""Markets without an edge, by strategy: the cheapest to walk has the most."""
FREE = (80, 40, 40)
"""The same for nothing."""
REAL_WEEKS = (20, 20, 20)
"""Markets of real weeks whose directions are by coin."""
EDGES = {
    "TrendFollow": (BURST_HOURS, (5.0, 8.0, 11.0)),
    "MomentumCross": (TREND_HOURS, (1.0, 1.5, 2.0, 3.0)),
    "MeanReversion": (REVERSION_HOURS, (-4.0, -8.0, -12.0)),
}
WITH_AN_EDGE = (24, 20, 16)
"""For each strength of the edge."""


def in_order(wanted: Sequence[Scenario]) -> list[Task]:
    """Return all tasks: first what the answer rests on, so that a run broken off has most of it."""
    first = [
        replace(one, markets=math.ceil(one.markets * share))
        for one in wanted
        if one.source is Source.SYNTHETIC and not one.free and (share := _at_first(one))
    ]
    tasks = {one.name: one for one in (*in_turn(first), *in_turn(wanted))}
    return list(tasks.values())


def _at_first(scenario: Scenario) -> float:
    """Return the share of a scenario's markets that come first: the cheap ones, strong edges."""
    quick = scenario.strategy == STRATEGIES[0]
    if scenario.edge is None:
        return 1.0 if quick else 0.5
    strong = abs(scenario.edge.sharpe) >= EDGES[scenario.strategy][1][-2]
    return 0.5 if quick or (scenario.strategy == STRATEGIES[1] and strong) else 0.0


def scenarios(share: float = 1.0) -> list[Scenario]:
    """Return all scenarios; ``share`` of their markets, one at least."""

    def count(whole: int) -> int:
        return max(1, round(whole * share))

    made = []
    counts = zip(STRATEGIES, WITHOUT, FREE, REAL_WEEKS, WITH_AN_EDGE, strict=True)
    for strategy, costly, free, real, strong in counts:
        made += [
            Scenario(strategy, Source.SYNTHETIC, None, count(costly)),
            Scenario(strategy, Source.SYNTHETIC, None, count(free), free=True),
            Scenario(strategy, Source.REAL_WEEKS, None, count(real)),
        ]
        memory, sharpes = EDGES[strategy]
        made += [
            Scenario(strategy, Source.SYNTHETIC, Edge(sharpe, memory), count(strong))
            for sharpe in sharpes
        ]
    return made
