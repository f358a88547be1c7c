"""How to read the page of results: what to bear in mind, with the figures of its rows alone."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING

from plimsoll.cli.results_cells import code, percent

if TYPE_CHECKING:
    from plimsoll.lab.study_rows import Findings, StudyRow

YEAR = timedelta(days=365)
RELATED = 0.7
"""Correlation of daily returns from which two strategies are reported as one bet."""

SHIPPED = """
## How to read them

- `TrendFollow` runs with its default parameters. It is here to be measured and improved, not to be
  traded: a round trip costs {round_trip_bps:g} bps, and its stop and target are close to the entry.
- `MeanReversion` and `BasisReversion` failed in the [research](research/conclusions.md) and are
  kept for comparison.
- `ModelDirection`, `StackedSignal` and `OiClassifier` are retrained by FreqAI on the way and are
  not part of this command: see [the first model](research/model-direction.md). `RLTrader` ships
  without an agent and is not either, nor is `RLAllocator`, which without one is `Ensemble`.
- `BuyAndHold` is Freqtrade holding each pair at leverage 1 on isolated margin. Unlike the market
  itself it pays funding, and a fall of about 95 % liquidates it.
- The market row is computed from the candles alone: equal weights, one fee, no funding.
- A universe by rule decides when a portfolio may hold a pair. It cannot bring back coins that are
  no longer traded: all ten survived, which flatters every long position of this page.
- The guards shrink stakes from `drawdown_reduce_fraction` on and may halt the account, which costs
  most where a strategy earns in jumps.
{computed}
"""

CHOSEN = """
## How to read them

- A round trip costs {round_trip_bps:g} bps of what is traded, whatever the pair and its size.
- `BuyAndHold` is Freqtrade holding each pair at leverage 1 on isolated margin. Unlike the market
  itself it pays funding, and a fall of about 95 % liquidates it.
- The market row is computed from the candles alone: equal weights, one fee, no funding.
- Whoever chose the pairs, the span and the rules after looking at these prices has chosen what did
  well on them.
{computed}
"""


def reading(findings: "Findings", *, shipped: bool = True) -> str:
    """Return what to bear in mind, with the figures of these rows alone."""
    rows = findings.rows
    lines = [_short_spans(rows), _guard_effects(rows), _related(rows)]
    return (SHIPPED if shipped else CHOSEN).format(
        round_trip_bps=2 * sum(findings.costs_bps.values()),
        computed="\n".join(line for line in lines if line),
    )


def _short_spans(rows: "Sequence[StudyRow]") -> str:
    """Name the strategies whose span is too short for a judgement."""
    days = {
        row.strategy: row.performance.end - row.performance.start
        for row in rows
        if not row.is_baseline and row.performance.end - row.performance.start < YEAR
    }
    names = ", ".join(f"{code(name)} ({span.days} days)" for name, span in days.items())
    return f"- Less than a year says nothing about a strategy: {names}." if names else ""


def _guard_effects(rows: "Sequence[StudyRow]") -> str:
    """Compare the return of each strategy with guards on and off."""
    returns = {(row.strategy, row.guarding): row.performance.total_return_fraction for row in rows}
    pairs = [
        f"{code(name)} {percent(value)} off, {percent(returns[name, 'on'])} on"
        for (name, guarding), value in returns.items()
        if guarding == "off" and (name, "on") in returns
    ]
    return f"- Total return by guards: {'; '.join(pairs)}." if pairs else ""


def _related(rows: "Sequence[StudyRow]") -> str:
    """Name the strategies whose daily returns, guards off, move together."""
    from plimsoll.performance.measures import daily_returns

    bare = [row for row in rows if not row.is_baseline and row.guarding == "off"]
    daily = [(row.strategy, daily_returns(row.equity)) for row in bare]
    pairs = [(a.corr(b), one, two) for (one, a), (two, b) in combinations(daily, 2)]
    close = sorted((pair for pair in pairs if pair[0] >= RELATED), reverse=True)
    names = "; ".join(f"{code(one)} and {code(two)} {value:.2f}" for value, one, two in close)
    return f"- One bet in two rows, by correlation of daily returns: {names}." if names else ""
