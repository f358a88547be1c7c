"""Which trade of one record is which of the other: one to one, by pair, side and opening."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from plimsoll.parity.trade import RecordedTrade

Pairs = list[tuple[RecordedTrade, RecordedTrade]]
Grouped = defaultdict[tuple[str, int], list[RecordedTrade]]
Floats = NDArray[np.float64]

NEVER = 1e11
"""Seconds since 1970 of a close that has not come: after any other."""


@dataclass(frozen=True, slots=True)
class Matching:
    """Trades that are the same in both records, and those that only one has."""

    pairs: tuple[tuple[RecordedTrade, RecordedTrade], ...]
    only_a: tuple[RecordedTrade, ...]
    only_b: tuple[RecordedTrade, ...]


def match(a: Sequence[RecordedTrade], b: Sequence[RecordedTrade], window: timedelta) -> Matching:
    """Match trades of the same pair and side that open within ``window`` of each other.

    Of all ways to do it the one that matches the most trades is taken, and of those the one in
    which openings, then closings, then profits lie closest together: a greedy choice by time
    could leave two trades alone that belong to others.
    """
    pairs: Pairs = []
    for ours, theirs in _groups(a, b):
        for left, right in _clusters(ours, theirs, window):
            pairs += _assigned(left, right, window)
    used_a = {one.number for one, _ in pairs}
    used_b = {other.number for _, other in pairs}
    return Matching(
        tuple(sorted(pairs, key=lambda pair: (pair[0].opened_at, pair[0].number))),
        tuple(trade for trade in a if trade.number not in used_a),
        tuple(trade for trade in b if trade.number not in used_b),
    )


def _groups(
    a: Sequence[RecordedTrade], b: Sequence[RecordedTrade]
) -> Iterator[tuple[list[RecordedTrade], list[RecordedTrade]]]:
    ours: Grouped = defaultdict(list)
    theirs: Grouped = defaultdict(list)
    for grouped, trades in ((ours, a), (theirs, b)):
        for trade in sorted(trades, key=lambda one: (one.opened_at, one.number)):
            grouped[trade.pair, trade.side.sign].append(trade)
    for key in sorted(ours.keys() & theirs.keys()):
        yield ours[key], theirs[key]


def _clusters(
    ours: list[RecordedTrade], theirs: list[RecordedTrade], window: timedelta
) -> Iterator[tuple[list[RecordedTrade], list[RecordedTrade]]]:
    """Yield runs of trades in which each opens within the window of the one before."""
    merged = sorted(
        [(trade.opened_at, 0, trade) for trade in ours]
        + [(trade.opened_at, 1, trade) for trade in theirs],
        key=lambda item: (item[0], item[1], item[2].number),
    )
    cluster: tuple[list[RecordedTrade], list[RecordedTrade]] = ([], [])
    last = merged[0][0]
    for at, side, trade in merged:
        if at - last > window:
            yield cluster
            cluster = ([], [])
        cluster[side].append(trade)
        last = at
    yield cluster


def _assigned(left: list[RecordedTrade], right: list[RecordedTrade], window: timedelta) -> Pairs:
    """Match two lists by the least total distance; what lies too far apart costs more than all."""
    if not left or not right:
        return []
    longest = window.total_seconds() + 1.0
    opened = np.abs(_seconds(left, "opened_at")[:, None] - _seconds(right, "opened_at")[None, :])
    closed = np.abs(_seconds(left, "closed_at")[:, None] - _seconds(right, "closed_at")[None, :])
    made = np.abs(_profits(left)[:, None] - _profits(right)[None, :])
    # Openings count in seconds; closings decide between equals, and profits between those.
    cost = opened + 0.5 * closed / (closed + longest) + 1e-9 * made / (made + 1.0)
    far = opened > window.total_seconds()
    forbidden = 4.0 * longest * (min(len(left), len(right)) + 1)
    rows, columns = linear_sum_assignment(np.where(far, forbidden, cost))
    return [
        (left[row], right[column])
        for row, column in zip(rows, columns, strict=True)
        if not far[row, column]
    ]


def _profits(trades: list[RecordedTrade]) -> Floats:
    return np.array([trade.profit for trade in trades])


def _seconds(trades: list[RecordedTrade], name: str) -> Floats:
    """Return times as seconds; a trade that is still open closes later than all others."""
    times = [getattr(trade, name) for trade in trades]
    return np.array([NEVER if at is None else at.timestamp() for at in times])
