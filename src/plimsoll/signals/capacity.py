"""What an account can hold of a book's targets: one scale for all pairs.

A book keeps its shape: where a limit binds, all of its targets shrink alike, so that a pair's
place in the whitelist says nothing about what it gets and a neutral book stays neutral. Only what
has no smaller size is left out: a target below the exchange's minimum, a position too many. Each
is named, and how much is missing for it.

Values are of the stake currency at the prices of the decision; a weight is a fraction of equity,
above zero for a long; NaN is no opinion, and what is held of such a pair stays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite, isnan

EXCHANGE_MINIMUM = "exchange_minimum"
"""The cause of a target that is smaller than an order may be."""


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
        By rule, the share of every stake that the guards leave at this moment.
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
    shortfall
        By cause, the gross that is missing, as a fraction of equity; above zero.
    asked
        The gross that was asked for.
    """

    weights: Mapping[str, float]
    scale: float = 1.0
    shortfall: Mapping[str, float] = field(default_factory=dict)
    asked: float = 0.0

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
    wanted = {pair: float(weight) for pair, weight in weights.items()}
    asked = _gross(wanted.values())
    if not (isfinite(capacity.equity_usd) and capacity.equity_usd > 0):
        nothing = {pair: weight * 0.0 for pair, weight in wanted.items()}
        return Fitted(nothing, 0.0, {"equity": asked} if asked > 0 else {}, asked)
    shortfall: dict[str, float] = {}
    left = _multiplied(wanted, capacity, shortfall)
    left = _as_many_as_may_be(left, capacity, shortfall)
    cause, scale = _scale(left, capacity)
    if scale < 1:
        shortfall[cause] = shortfall.get(cause, 0.0) + _gross(left.values()) * (1 - scale)
        left = {pair: weight * scale for pair, weight in left.items()}
    left = _large_enough(left, capacity, shortfall)
    return Fitted(left, scale * capacity.multiplier, shortfall, asked)


def within(
    values_usd: Mapping[str, float], targets_usd: Mapping[str, float], capacity: Capacity
) -> dict[str, float]:
    """Return a book that lies near fitted targets, drawn toward them until the capacity holds it.

    A book is drawn as a whole, along the line to the targets, so that whatever band both are
    within still holds; one that fits is returned as it is. No position and its target may be of
    different sides.
    """
    share = 1.0
    meant = {pair: v for pair, v in values_usd.items() if not isnan(targets_usd.get(pair, 0.0))}
    for budget in _left_to_targets(targets_usd, capacity):
        book, goal = budget.taken(meant), budget.taken(targets_usd)
        share = min(share, _share(book, goal, budget.usd))
    for largest in capacity.largest_usd.values():
        for pair, limit in largest.items():
            book, goal = abs(values_usd.get(pair, 0.0)), abs(targets_usd.get(pair, 0.0))
            share = min(share, _share(book, goal, limit))
    return {
        pair: value
        if share >= 1 or isnan(targets_usd.get(pair, 0.0))
        else targets_usd.get(pair, 0.0) + share * (value - targets_usd.get(pair, 0.0))
        for pair, value in values_usd.items()
    }


def _share(book: float, goal: float, limit: float) -> float:
    """Return how far from goal to book one may go: not at all when the goal is at its limit."""
    if not book > limit or not book > goal:
        return 1.0
    return max(0.0, (limit - goal) / (book - goal))


def _gross(weights: Iterable[float]) -> float:
    return sum(abs(weight) for weight in weights if not isnan(weight))


def _multiplied(
    weights: dict[str, float], capacity: Capacity, shortfall: dict[str, float]
) -> dict[str, float]:
    multiplier = capacity.multiplier
    if multiplier >= 1 or not _gross(weights.values()):
        return weights
    rule = min(capacity.multipliers, key=lambda one: capacity.multipliers[one])
    shortfall[rule] = _gross(weights.values()) * (1 - multiplier)
    return {pair: weight * multiplier for pair, weight in weights.items()}


def _as_many_as_may_be(
    weights: dict[str, float], capacity: Capacity, shortfall: dict[str, float]
) -> dict[str, float]:
    if not capacity.most_positions:
        return weights
    cause = min(capacity.most_positions, key=lambda one: capacity.most_positions[one])
    kept = sum(
        1 for pair, value in capacity.held_usd.items() if value and isnan(weights.get(pair, 0.0))
    )
    room = max(0, capacity.most_positions[cause] - kept)
    ranked = sorted(
        (pair for pair in weights if abs(weights[pair]) > 0), key=lambda one: -abs(weights[one])
    )
    left_out = set(ranked[room:])
    if left_out:
        shortfall[cause] = _gross(weights[pair] for pair in left_out)
    return {pair: 0.0 if pair in left_out else weight for pair, weight in weights.items()}


def _scale(weights: dict[str, float], capacity: Capacity) -> tuple[str, float]:
    """Return the scale that everything holds at, and what sets it."""
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
        pair: value
        for pair, value in capacity.held_usd.items()
        if isnan(values.get(pair, 0.0)) and not isnan(value)
    }
    return [
        Budget(cause=one.cause, usd=one.usd - one.taken(kept), per_usd=one.per_usd)
        for one in capacity.budgets
    ]


def _large_enough(
    weights: dict[str, float], capacity: Capacity, shortfall: dict[str, float]
) -> dict[str, float]:
    too_small = {
        pair
        for pair, weight in weights.items()
        if 0 < abs(weight) * capacity.equity_usd < capacity.least_usd.get(pair, 0.0)
    }
    if too_small:
        shortfall[EXCHANGE_MINIMUM] = _gross(weights[pair] for pair in too_small)
    return {pair: 0.0 if pair in too_small else weight for pair, weight in weights.items()}
