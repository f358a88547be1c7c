"""What an account can hold of a book's targets: one scale for all pairs.

A book keeps its shape: where a limit binds, all of its targets shrink alike, so that a pair's
place in the whitelist says nothing about what it gets and a neutral book stays neutral. Only what
has no smaller size is left out: a target below the exchange's minimum, a position too many. Each
is named, and how much is missing for it.

Values are of the stake currency at the prices of the decision; a weight is a fraction of equity,
above zero for a long; NaN is no opinion (an infinite one is none either), and what is held of such
a pair, or of one that is not named, stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite, isnan, nan

EXCHANGE_MINIMUM = "exchange_minimum"
"""The cause of a target that is smaller than an order may be."""
NO_EQUITY = "equity"
"""The cause where there is no equity to hold anything with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What all positions share.

    Attributes
    ----------
    cause
        Its name: that of the setting it comes from.
    usd
        How much there is of it; what pairs without an opinion hold is not yet taken off.
    per_usd
        What one USD of a pair's position takes of it; 1 where a pair is not named.
    """

    cause: str
    usd: float
    per_usd: Mapping[str, float] = field(default_factory=dict)

    def taken(self, values_usd: Mapping[str, float]) -> float:
        """Return what a book takes of it; NaN values take nothing."""
        return sum(
            abs(value) * self.per_usd.get(pair, 1.0)
            for pair, value in values_usd.items()
            if not isnan(value)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What an account can hold at a decision.

    Attributes
    ----------
    equity_usd
        What weights are fractions of.
    budgets
        What all positions share: the wallet, exposure, heat.
    largest_usd
        By cause and pair, the largest position; a pair that is not named has no such limit.
    least_usd
        By pair, the smallest order that the exchange takes.
    most_positions
        By cause, how many positions may be open.
    multipliers
        By rule, the share of every stake that the guards leave at this moment, below 1.
    held_usd
        By pair, what is held, signed.
    """

    equity_usd: float
    budgets: tuple[Budget, ...] = ()
    largest_usd: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    least_usd: Mapping[str, float] = field(default_factory=dict)
    most_positions: Mapping[str, int] = field(default_factory=dict)
    multipliers: Mapping[str, float] = field(default_factory=dict)
    held_usd: Mapping[str, float] = field(default_factory=dict)

    @property
    def multiplier(self) -> float:
        """The share of every stake that the guards leave: the least of all."""
        return min(self.multipliers.values(), default=1.0)

    @property
    def gross_usd(self) -> float:
        """The largest sum of positions that every budget holds, whichever pairs they are in."""
        return min(
            (one.usd / max([1.0, *one.per_usd.values()]) for one in self.budgets), default=inf
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """Targets that an account can hold, and what is missing of those that were asked for.

    Attributes
    ----------
    weights
        By pair, a fraction of equity, signed; NaN where there was no opinion.
    scale
        What all targets were multiplied by, at most 1.
    missing
        By cause and pair, what is missing of a target, as a fraction of equity; above zero.
    asked
        The gross that was asked for.
    """

    weights: Mapping[str, float]
    scale: float = 1.0
    missing: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    asked: float = 0.0

    @property
    def shortfall(self) -> dict[str, float]:
        """The gross that is missing by cause, as a fraction of equity."""
        return {cause: sum(of_pairs.values()) for cause, of_pairs in self.missing.items()}

    @property
    def held_fraction(self) -> float:
        """The share of the asked gross that can be held; 1 when nothing was asked for."""
        return 1.0 - sum(self.shortfall.values()) / self.asked if self.asked > 0 else 1.0


def fitted(weights: Mapping[str, float], capacity: Capacity) -> Fitted:
    """Return the targets that an account can hold: one scale, then what is too small left out.

    First the guards' share of every stake, then as many positions as there may be (the largest
    targets), then the scale at which every budget and the largest position of every pair hold,
    then the exchange's minimum. Equity that is not above zero holds nothing.
    """
    asked = {pair: float(one) if isfinite(one) else nan for pair, one in weights.items()}
    left, missing, scale = dict(asked), {}, 1.0

    def take(cause: str, wanted: Mapping[str, float]) -> None:
        taken = {pair: abs(left[pair]) - abs(wanted[pair]) for pair in left}
        if some := {pair: usd for pair, usd in taken.items() if usd > 0}:
            missing[cause] = some
            left.update({pair: wanted[pair] for pair in some})

    if not (isfinite(capacity.equity_usd) and capacity.equity_usd > 0):
        take(NO_EQUITY, {pair: weight * 0.0 for pair, weight in left.items()})
        return Fitted(left, 0.0, missing, _gross(asked))
    if capacity.multipliers:
        rule = _least(capacity.multipliers)
        scale = capacity.multipliers[rule]
        take(rule, {pair: weight * scale for pair, weight in left.items()})
    if capacity.most_positions:
        cause = _least(capacity.most_positions)
        take(cause, _largest_targets(left, capacity, capacity.most_positions[cause]))
    cause, share = _scale(left, capacity)
    if share < 1:
        take(cause, {pair: weight * share for pair, weight in left.items()})
    take(EXCHANGE_MINIMUM, _large_enough(left, capacity))
    return Fitted(left, scale * share, missing, _gross(asked))


def within(
    values_usd: Mapping[str, float], targets_usd: Mapping[str, float], capacity: Capacity
) -> dict[str, float]:
    """Return a book that lies near fitted targets, drawn toward them until the capacity holds it.

    A book is drawn as a whole, along the line to the targets, so that whatever band both are
    within still holds; one that fits is returned as it is. No position and its target may be of
    different sides.
    """
    share = 1.0
    meant = {pair: v for pair, v in values_usd.items() if not isnan(targets_usd.get(pair, nan))}
    for budget in _left_to_targets(targets_usd, capacity):
        book, goal = budget.taken(meant), budget.taken(targets_usd)
        share = min(share, _share(book, goal, budget.usd))
    for largest in capacity.largest_usd.values():
        for pair, limit in largest.items():
            book, goal = abs(values_usd.get(pair, 0.0)), abs(targets_usd.get(pair, 0.0))
            share = min(share, _share(book, goal, limit))
    return {
        pair: value
        if share >= 1 or isnan(targets_usd.get(pair, nan))
        else targets_usd.get(pair, 0.0) + share * (value - targets_usd.get(pair, 0.0))
        for pair, value in values_usd.items()
    }


def affordable_now(
    values_usd: Mapping[str, float], held_usd: Mapping[str, float], capacity: Capacity
) -> dict[str, float]:
    """Return the part of a book that may be ordered before any order of it has freed anything.

    What becomes smaller does so at once, and what changes sides is closed; what becomes larger
    does so by the same share of its step in every pair, as far as the budgets reach while all
    that is held is still there. Asked again once those orders have filled, the rest follows.
    """
    now = {pair: held_usd.get(pair, 0.0) for pair in values_usd}
    larger, smaller = {}, {}
    for pair, value in values_usd.items():
        turned = value * now[pair] < 0
        if turned or abs(value) <= abs(now[pair]):
            smaller[pair] = 0.0 if turned else value
        else:
            larger[pair] = value - now[pair]
    share = 1.0
    for budget in capacity.budgets:
        wanted, left = budget.taken(larger), max(0.0, budget.usd - budget.taken(held_usd))
        if wanted > left:
            share = min(share, left / wanted)
    return {
        pair: smaller[pair] if pair in smaller else now[pair] + share * larger[pair]
        for pair in values_usd
    }


def _share(book: float, goal: float, limit: float) -> float:
    """Return how far from goal to book one may go: not at all when the goal is at its limit."""
    if not book > limit or not book > goal:
        return 1.0
    return max(0.0, (limit - goal) / (book - goal))


def _gross(weights: Mapping[str, float]) -> float:
    return sum(abs(weight) for weight in weights.values() if not isnan(weight))


def _least(of_causes: Mapping[str, float]) -> str:
    return min(of_causes, key=lambda cause: of_causes[cause])


def _largest_targets(
    weights: Mapping[str, float], capacity: Capacity, most: int
) -> dict[str, float]:
    """Return the targets, the smallest of them zero where there are more than may be open."""
    kept = sum(
        1 for pair, value in capacity.held_usd.items() if value and isnan(weights.get(pair, nan))
    )
    wanted = [pair for pair, weight in weights.items() if abs(weight) > 0]
    ranked = sorted(wanted, key=lambda pair: -abs(weights[pair]))
    left_out = set(ranked[max(0, most - kept) :])
    return {pair: 0.0 if pair in left_out else weight for pair, weight in weights.items()}


def _scale(weights: Mapping[str, float], capacity: Capacity) -> tuple[str, float]:
    """Return what sets the scale, and the scale at which everything holds."""
    values = {pair: weight * capacity.equity_usd for pair, weight in weights.items()}
    cause, scale = "", 1.0
    for budget in _left_to_targets(values, capacity):
        taken = budget.taken(values)
        if taken > 0 and (holds := max(0.0, budget.usd) / taken) < scale:
            cause, scale = budget.cause, holds
    for name, largest in capacity.largest_usd.items():
        for pair, limit in largest.items():
            value = abs(values.get(pair, 0.0))
            if value > 0 and (holds := max(0.0, limit) / value) < scale:
                cause, scale = name, holds
    return cause, scale


def _left_to_targets(values: Mapping[str, float], capacity: Capacity) -> list[Budget]:
    """Return the budgets without what is held of pairs that there is no opinion about."""
    kept = {
        pair: value for pair, value in capacity.held_usd.items() if isnan(values.get(pair, nan))
    }
    return [
        Budget(cause=one.cause, usd=one.usd - one.taken(kept), per_usd=one.per_usd)
        for one in capacity.budgets
    ]


def _large_enough(weights: Mapping[str, float], capacity: Capacity) -> dict[str, float]:
    least = {pair: usd / capacity.equity_usd for pair, usd in capacity.least_usd.items()}
    return {
        pair: 0.0 if abs(weight) < least.get(pair, 0.0) else weight
        for pair, weight in weights.items()
    }
