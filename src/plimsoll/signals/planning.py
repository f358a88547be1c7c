"""From targets and what is held to the plan of a book, and to what of it is ordered first."""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf, isfinite, nan

from plimsoll.signals.capacity import Capacity, affordable_now, fitted, within
from plimsoll.signals.rebalancing import Bands, plan_book

Values = Mapping[str, float]
RESERVE_FRACTION = 0.01
"""How much larger than the exchange's smallest a position is kept: prices move until the order."""
PLANNED_NET_SHARE = 0.5
"""How much of the net band a plan uses; the rest is for what prices do until the next one."""

LEFT_MARGIN = 1e-6
"""Share of the smallest order within which an order is not surely too small."""
SUMS_ERROR = 1e-6
"""Of that share, the part of a position that sums in binary may be off by, with room to spare."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a portfolio is to hold until its next decision.

    Attributes
    ----------
    moment
        When it was decided (UTC).
    values_usd
        By pair, signed, at ``closes``; a pair that is not named is left alone.
    closes
        The last closes that were known, by pair.
    least_usd
        The smallest order, by pair.
    """

    moment: datetime
    values_usd: Values
    closes: Values
    least_usd: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a portfolio holds its book.

    Attributes
    ----------
    buffer
        The band of a pair, in its full sizes.
    net_band
        The band that the sum of the book is held in, as a fraction of equity; ``None`` for none.
        A plan brings it to within `PLANNED_NET_SHARE` of that.
    least_order_fraction
        The smallest order worth sending, as a fraction of equity.
    """

    buffer: float
    net_band: float | None = None
    least_order_fraction: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a portfolio wants of a day.

    Attributes
    ----------
    weights
        By pair, a fraction of equity, signed; NaN for no opinion.
    full_sizes
        By pair, the fraction of equity at full strength; NaN keeps what is held.
    shut
        Pairs that may not be entered.
    halfway
        Pairs whose price is halfway to their stop: they are brought to their targets, as near as
        the smallest order allows.
    """

    weights: Values
    full_sizes: Values
    shut: Collection[str] = field(default_factory=frozenset)
    halfway: AbstractSet[str] = field(default_factory=frozenset)


def make_plan(
    moment: datetime, wishes: Wishes, rules: Rules, capacity: Capacity, closes: Values
) -> Plan:
    """Return the plan of a decision: targets fitted to the account, then the least trading.

    What cannot be held is left out evenly (`fitted`), and a pair's band and the smallest order
    shrink as the targets do; what has no last close is let be. A target that is left out whole
    still counts for the net, which the other pairs make up for within their bands.
    """
    equity = capacity.equity_usd
    wanted = {pair: weight for pair, weight in wishes.weights.items() if pair in closes}
    fits = fitted(wanted, capacity)
    targets = {pair: share * equity for pair, share in fits.weights.items()}
    size = equity * fits.scale
    least = rules.least_order_fraction * size
    orders = {
        pair: max(least, capacity.least_usd.get(pair, 0.0) * (1 + RESERVE_FRACTION))
        for pair in closes
    }
    widths = {pair: rules.buffer * wishes.full_sizes.get(pair, nan) * size for pair in targets}
    for pair in wishes.halfway & widths.keys():
        widths[pair] = min(widths[pair], orders[pair])
    bands = Bands(
        pairs=widths,
        net=inf if rules.net_band is None else PLANNED_NET_SHARE * rules.net_band * equity,
        gross=largest_gross_usd(capacity, closes),
        least=orders,
    )
    held = {pair: value for pair, value in capacity.held_usd.items() if pair in closes}
    net = size * sum(weight for weight in wanted.values() if isfinite(weight))
    values = plan_book(held, targets, bands, shut=wishes.shut, net=net)
    goals = {
        pair: 0.0 if pair in wishes.shut or abs(target) < bands.least[pair] else target
        for pair, target in targets.items()
    }
    return Plan(moment, within(values, goals, capacity), closes, bands.least)


def is_carried_out(plan: Plan, amounts: Values, closes: Values) -> bool:
    """Return whether surely no part of a plan is left to be ordered, whatever can be afforded.

    What is ordered of a pair (`ordered_now`) is on the way from what is held to the plan's value:
    where both are nearer to the amount held than the smallest order, so is all between them.

    Parameters
    ----------
    plan
        What is to be held.
    amounts
        What is held, by pair, signed; a pair that the plan does not name is left alone.
    closes
        The closes by now, at which what is held is valued.
    """
    for pair, value in plan.values_usd.items():
        amount = amounts.get(pair, 0.0)
        if not amount:
            if value != 0:
                return False
            continue
        close = plan.closes[pair]
        room = plan.least_usd[pair] * (1 - LEFT_MARGIN) - LEFT_MARGIN * SUMS_ERROR * abs(value)
        if not (value * amount > 0 and closes.get(pair) == close):
            return False
        if not abs(value - amount * close) < room:
            return False
    return True


def largest_gross_usd(capacity: Capacity, pairs: Collection[str]) -> float:
    """Return the sum of positions that fits the budgets of which every pair takes the same."""
    limits = [inf]
    for budget in capacity.budgets:
        shares = {budget.per_usd.get(pair, 1.0) for pair in pairs}
        if len(shares) == 1 and (share := shares.pop()) > 0:
            limits.append(max(0.0, budget.usd) / share)
    return min(limits)


def ordered_now(values_usd: Values, capacity: Capacity) -> dict[str, float]:
    """Return the part of a plan that can be ordered before any order of it has freed anything.

    A position that changes sides is closed before the other side is opened, but what it takes
    counts until then.
    """
    held = dict(capacity.held_usd)
    turned = {pair: held[pair] for pair in values_usd if values_usd[pair] * held.get(pair, 0.0) < 0}
    budgets = tuple(replace(one, usd=one.usd - one.taken(turned)) for one in capacity.budgets)
    left = {pair: 0.0 if pair in turned else value for pair, value in held.items()}
    return affordable_now(values_usd, left, replace(capacity, budgets=budgets))
