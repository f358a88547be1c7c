"""Which days train and which test: walk-forward windows, and combinatorially purged splits."""

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, pairwise

import pandas as pd

from plimsoll.performance.errors import MeasureError

DAY = pd.Timedelta(days=1)
NOTHING = pd.Timedelta(0)


class WindowKind(StrEnum):
    """Whether training starts later with each window, or always at the beginning."""

    ROLLING = "rolling"
    ANCHORED = "anchored"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time from ``start`` up to ``end``, which is the first moment outside."""

    start: pd.Timestamp
    end: pd.Timestamp

    def __post_init__(self) -> None:
        """Refuse what is no stretch of UTC time.

        Raises
        ------
        MeasureError
            When a moment has no zone, or the end is not after the start.
        """
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise MeasureError(f"a span needs moments in UTC, found {self.start} and {self.end}")
        if not self.end > self.start:
            raise MeasureError(f"a span must end after {self.start}, found {self.end}")

    @property
    def length(self) -> pd.Timedelta:
        """How long it is."""
        return self.end - self.start

    def overlaps(self, other: "Span") -> bool:
        """Return whether the two have a moment in common."""
        return self.start < other.end and other.start < self.end

    def __str__(self) -> str:
        """Return its two moments, to the minute."""
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Gaps:
    """What separates training from testing, so that nothing of a test is learnt.

    ``purge`` is as long as a label or a trade lasts: one that begins in training would end in the
    test. ``embargo`` is a further gap for what the market remembers: returns and volatility that
    are related from day to day (López de Prado 2018, Advances in Financial Machine Learning, 7.4).

    A training span before a test ends ``purge`` early. One after a test begins ``purge`` and
    ``embargo`` late. In walk-forward windows, where nothing trains after a test, both lie before
    the test.
    """

    purge: pd.Timedelta = NOTHING
    embargo: pd.Timedelta = NOTHING

    def __post_init__(self) -> None:
        """Refuse a gap below nothing, with `MeasureError`."""
        if self.purge < NOTHING or self.embargo < NOTHING:
            raise MeasureError(
                f"purge and embargo must be 0 or more, found {self.purge} and {self.embargo}"
            )

    @property
    def both(self) -> pd.Timedelta:
        """The two one after the other."""
        return self.purge + self.embargo


NO_GAPS = Gaps()


@dataclass(frozen=True, slots=True)
class WalkWindow:
    """One step of a walk forward: what trains, and the later span that tests it."""

    train: Span
    test: Span


@dataclass(frozen=True, slots=True)
class PurgedSplit:
    """One way to hold groups of days out: the spans that train, and the groups that test.

    ``tested`` are the numbers of the groups, ``tests`` their spans in the same order. Training
    spans that follow each other are one.
    """

    train: tuple[Span, ...]
    tested: tuple[int, ...]
    tests: tuple[Span, ...]


def walk_windows(
    span: Span,
    *,
    train: pd.Timedelta,
    test: pd.Timedelta,
    kind: WindowKind = WindowKind.ROLLING,
    gaps: Gaps = NO_GAPS,
) -> tuple[WalkWindow, ...]:
    """Return the windows whose tests follow each other without a hole, the first one first.

    A rolling window trains on the ``train`` before the gaps, an anchored one on everything from
    the start of the span, which is ``train`` in the first window. A rest at the end that is
    shorter than ``test`` is tested by nobody.

    Raises
    ------
    MeasureError
        When a length is not above 0, or the span does not hold one window.
    """
    if not (train > NOTHING and test > NOTHING):
        raise MeasureError(f"training and test must last, found {train} and {test}")
    needed = train + gaps.both + test
    if span.length < needed:
        raise MeasureError(
            f"one window needs {_days(needed)} days ({_days(train)} to train, {_days(gaps.both)} "
            f"between, {_days(test)} to test), found {_days(span.length)} days: {span}; give more "
            "data or shorter windows"
        )
    count = int((span.length - train - gaps.both) // test)
    first = span.start + train + gaps.both
    windows = []
    for number in range(count):
        begins = first + number * test
        until = begins - gaps.both
        since = span.start if kind is WindowKind.ANCHORED else until - train
        windows.append(WalkWindow(Span(since, until), Span(begins, begins + test)))
    return tuple(windows)


def longest_test(
    span: Span,
    *,
    windows: int,
    train_tests: float,
    gaps: Gaps = NO_GAPS,
    step: pd.Timedelta = DAY,
) -> pd.Timedelta:
    """Return how long a test may be for ``windows`` of them to fit, in whole ``step``.

    ``train_tests`` is how many times as long as a test the (first) training is.

    Raises
    ------
    MeasureError
        When no test of one ``step`` fits, or a number is not above 0.
    """
    if windows < 1 or not train_tests > 0:
        raise MeasureError(f"expected 1 window and training, found {windows} and {train_tests}")
    length: pd.Timedelta = ((span.length - gaps.both) / (windows + train_tests)).floor(step)
    if length < step:
        least = step * (windows + train_tests) + gaps.both
        raise MeasureError(
            f"{windows} windows need {_days(least)} days at least, found {_days(span.length)} "
            f"days: {span}"
        )
    return length


def group_spans(span: Span, *, groups: int, step: pd.Timedelta = DAY) -> tuple[Span, ...]:
    """Cut a span into groups of equal length, to a ``step``: their edges lie whole steps apart.

    Raises
    ------
    MeasureError
        For fewer than two groups, or a span with fewer steps than groups.
    """
    steps = int(span.length // step)
    if groups < 2 or steps < groups:
        raise MeasureError(f"{steps} days cannot be cut into {groups} groups: expected 2 or more")
    edges = [span.start + step * round(steps * number / groups) for number in range(groups)]
    edges.append(span.end)
    return tuple(Span(start, end) for start, end in pairwise(edges))


def purged_splits(
    span: Span, *, groups: int, tested: int, gaps: Gaps = NO_GAPS, step: pd.Timedelta = DAY
) -> tuple[PurgedSplit, ...]:
    """Return every way to test ``tested`` of the groups and train on the others.

    Combinatorially purged cross-validation: López de Prado 2018, Advances in Financial Machine
    Learning, 12.3. There are ``C(groups, tested)`` splits, in the order of that book's figure
    12.1. A training span is cut by the gaps where it meets a test, and left out where nothing of
    it remains.

    Raises
    ------
    MeasureError
        When no group would train, or as of `group_spans`, or the gaps leave nothing to train on.
    """
    spans = group_spans(span, groups=groups, step=step)
    if not 1 <= tested < groups:
        raise MeasureError(f"expected 1 to {groups - 1} tested groups of {groups}, found {tested}")
    splits = []
    for chosen in combinations(range(groups), tested):
        train = _training(spans, chosen, gaps)
        if not train:
            raise MeasureError(
                f"purge and embargo of {_days(gaps.both)} days leave nothing to train on beside "
                f"groups of {_days(spans[0].length)} days; take fewer groups or smaller gaps"
            )
        splits.append(PurgedSplit(train, chosen, tuple(spans[group] for group in chosen)))
    return tuple(splits)


def path_count(groups: int, tested: int) -> int:
    """Return how many paths the splits make: ``tested / groups · C(groups, tested)``."""
    return math.comb(groups, tested) * tested // groups


def paths(splits: tuple[PurgedSplit, ...], *, groups: int) -> tuple[tuple[int, ...], ...]:
    """Return for every path the number of the split that tests each group of it.

    A path holds every group once, so that it runs over the whole span, and every test of a split
    is in one path (López de Prado 2018, figure 12.2: path 1 takes of each group the first split
    that tests it, path 2 the second).
    """
    by_group = [
        [number for number, split in enumerate(splits) if group in split.tested]
        for group in range(groups)
    ]
    return tuple(zip(*by_group, strict=True))


def _training(spans: tuple[Span, ...], chosen: tuple[int, ...], gaps: Gaps) -> tuple[Span, ...]:
    """Return what trains beside the chosen groups, cut where it meets them."""
    bounds = (-1, *chosen, len(spans))
    train = []
    for before, after in pairwise(bounds):
        if after - before < 2:
            continue
        start, end = spans[before + 1].start, spans[after - 1].end
        start += gaps.both if before >= 0 else NOTHING
        end -= gaps.purge if after < len(spans) else NOTHING
        if end > start:
            train.append(Span(start, end))
    return tuple(train)


def _days(length: pd.Timedelta) -> str:
    return f"{length / DAY:.4g}"
