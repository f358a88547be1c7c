"""A book of positions against its targets: what is held within bands, at the least trading.

Costs are in proportion to what is traded, so a position within its band is left alone and one
outside is brought to the edge, not to the target (Davis & Norman 1990, Portfolio Selection with
Transaction Costs). Values are signed, above zero for a long, all in one unit (USD, or fractions
of equity).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from math import inf, isnan, nan

import numpy as np
import pandas as pd

from plimsoll.core import Side
from plimsoll.signals.nearest_book import Floats, Limits, nearest_book

ROUNDING = 1e-9
"""Relative error of sums of a book, with room to spare."""


@dataclass(frozen=True, slots=True)
class Bands:
    """How far a book may be from its targets.

    Attributes
    ----------
    pairs
        By pair: the distance that a position may have from its target.
    net
        The distance that the sum of the book may have from the sum of the targets.
    gross
        The largest sum of absolute values that the account can hold.
    least
        By pair: the smallest order and the smallest position; zero where it is not named.
    """

    pairs: Mapping[str, float]
    net: float = inf
    gross: float = inf
    least: Mapping[str, float] = field(default_factory=dict)


def wanted(side: Side, weights: pd.Series) -> "pd.Series[bool]":
    """Return where a target is on a side; zero and NaN are not."""
    return weights * side.sign > 0


def worth_closing(side: Side, weights: pd.Series) -> "pd.Series[bool]":
    """Return where a position of a side is to be closed: its target is zero or opposite."""
    return weights * side.sign <= 0


def plan_book(
    held: Mapping[str, float],
    targets: Mapping[str, float],
    bands: Bands,
    *,
    shut: Collection[str] = (),
    net: float | None = None,
) -> dict[str, float]:
    """Return the book within the bands that takes the least trading to get to.

    Of all books of the least traded value it is the one whose largest distance from target,
    measured in the pairs' bands, is smallest. A target of zero is held exactly; one of NaN, or
    without a band, keeps what is held; nothing is held on the other side of its target. Where
    bands contradict each other those of the pairs come first, then gross; net gets as near as it
    can.

    Parameters
    ----------
    held
        By pair; zero where it is not named.
    targets
        By pair. One that is too small to be held (``bands.least``) is a target of zero, and an
        order that is too small is not sent, or is sent as large as it has to be: the other pairs
        make up for it as far as they can.
    bands
        What is allowed.
    shut
        Pairs that may not be entered now: zero, though their targets count for the net.
    net
        What the sum of the book is to be near; by default the sum of the targets.

    Returns
    -------
    By pair of both, in their order. The plan of a planned book is that book.
    """
    pairs = list(dict.fromkeys([*targets, *held]))
    wanted_net = sum(one for one in targets.values() if not isnan(one)) if net is None else net
    book = _Book.of(pairs, held, targets, bands, shut, wanted_net)
    values = book.nearest()
    for _ in pairs:
        instead = book.instead(values)
        if not np.isfinite(instead).any():
            break
        book = book.fixed(instead)
        values = book.nearest()
    return dict(zip(pairs, values.tolist(), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class _Book:
    """What is held, the limits it is to be within, and the smallest order, by pair."""

    held: Floats
    limits: Limits
    least: Floats

    @classmethod
    def of(
        cls,
        pairs: list[str],
        held: Mapping[str, float],
        targets: Mapping[str, float],
        bands: Bands,
        shut: Collection[str],
        net: float,
    ) -> "_Book":
        """Return the book with the ends of its bands."""
        has = _by_pair(held, pairs, 0.0)
        goal = _by_pair(targets, pairs, nan)
        width = _by_pair(bands.pairs, pairs, nan)
        least = _by_pair(bands.least, pairs, 0.0)
        is_shut = np.array([pair in shut for pair in pairs], dtype=np.bool_)
        goal = np.where(is_shut | (np.abs(goal) < least), 0.0, goal)
        width = np.where(goal == 0, 0.0, width)
        keeps = ~(np.isfinite(goal) & np.isfinite(width))
        goal, width = np.where(keeps, has, goal), np.where(keeps, 0.0, width)
        low, high = goal - width, goal + width
        limits = Limits(
            low=np.where(goal > 0, np.maximum(low, 0.0), low),
            high=np.where(goal < 0, np.minimum(high, 0.0), high),
            targets=goal,
            widths=width,
            net_low=net - bands.net,
            net_high=net + bands.net,
            gross=bands.gross,
        )
        return cls(has, limits, least)

    def nearest(self) -> Floats:
        """Return the book to trade to, without the dust of its sums."""
        values = nearest_book(self.held, self.limits)
        scale = ROUNDING * max(float(np.abs(self.held).sum()), float(np.abs(values).sum()))
        return np.where(np.abs(values - self.held) <= scale, self.held, values)

    def instead(self, values: Floats) -> Floats:
        """Return what to hold where no order leads to a value; NaN where one does.

        A position below the smallest is none, or the smallest where its band asks for one. A
        change that is smaller than the smallest order is not made, unless the position is outside
        its band and that order leads into it.
        """
        low, high = self.limits.low, self.limits.high
        changed, kept = values != self.held, values != 0
        tiny = changed & kept & (np.abs(values) < self.least)
        smallest = np.where(low * high > 0, np.sign(values) * self.least, 0.0)
        small = changed & kept & ~tiny & (np.abs(values - self.held) < self.least)
        ordered = self.held + np.sign(values - self.held) * self.least
        leads = (np.clip(self.held, low, high) != self.held) & (low <= ordered) & (ordered <= high)
        left = np.where(leads, ordered, self.held)
        return np.where(tiny, smallest, np.where(small, left, nan))

    def fixed(self, values: Floats) -> "_Book":
        """Return the book with every finite value here as the only one of its position."""
        limits, known = self.limits, np.isfinite(values)
        return replace(
            self,
            limits=replace(
                limits,
                low=np.where(known, values, limits.low),
                high=np.where(known, values, limits.high),
            ),
        )


def _by_pair(values: Mapping[str, float], pairs: list[str], missing: float) -> Floats:
    return np.array([values.get(pair, missing) for pair in pairs], dtype=np.float64)
