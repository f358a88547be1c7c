"""Walk-forward windows and combinatorially purged splits: nothing of a test is learnt."""

import itertools

import pandas as pd
import pytest

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.windows import (
    Gaps,
    Span,
    WindowKind,
    group_spans,
    longest_test,
    path_count,
    paths,
    purged_splits,
    walk_windows,
)

DAY = pd.Timedelta(days=1)


def at(day: int) -> pd.Timestamp:
    return pd.Timestamp("2024-01-01", tz="UTC") + day * DAY


def days(start: int, end: int) -> Span:
    return Span(at(start), at(end))


GAPS = Gaps(purge=2 * DAY, embargo=DAY)


def test_rolling_windows_move_both_spans_and_tile_the_tests() -> None:
    windows = walk_windows(days(0, 100), train=30 * DAY, test=20 * DAY)
    assert [(one.train, one.test) for one in windows] == [
        (days(0, 30), days(30, 50)),
        (days(20, 50), days(50, 70)),
        (days(40, 70), days(70, 90)),
    ]


def test_anchored_windows_train_from_the_start() -> None:
    windows = walk_windows(days(0, 90), train=30 * DAY, test=30 * DAY, kind=WindowKind.ANCHORED)
    assert [(one.train, one.test) for one in windows] == [
        (days(0, 30), days(30, 60)),
        (days(0, 60), days(60, 90)),
    ]


@pytest.mark.parametrize("kind", list(WindowKind))
def test_purge_and_embargo_lie_between_training_and_test(kind: WindowKind) -> None:
    windows = walk_windows(days(0, 73), train=30 * DAY, test=20 * DAY, kind=kind, gaps=GAPS)
    assert [one.test for one in windows] == [days(33, 53), days(53, 73)]
    assert [one.train.end for one in windows] == [at(30), at(50)]
    assert windows[-1].train.start == at(20 if kind is WindowKind.ROLLING else 0)


def test_span_of_exactly_one_window_holds_it_and_a_minute_less_does_not() -> None:
    whole = walk_windows(days(0, 53), train=30 * DAY, test=20 * DAY, gaps=GAPS)
    assert len(whole) == 1
    short = Span(at(0), at(53) - pd.Timedelta(minutes=1))
    with pytest.raises(MeasureError, match=r"one window needs 53 days \(30 to train, 3 between"):
        walk_windows(short, train=30 * DAY, test=20 * DAY, gaps=GAPS)


def test_longest_test_lets_as_many_windows_fit() -> None:
    span = days(0, 365)
    length = longest_test(span, windows=6, train_tests=2, gaps=GAPS)
    assert length == 45 * DAY
    assert len(walk_windows(span, train=2 * length, test=length, gaps=GAPS)) == 6
    longer = length + DAY
    assert len(walk_windows(span, train=2 * longer, test=longer, gaps=GAPS)) < 6


def test_longest_test_of_too_short_a_span_says_what_is_needed() -> None:
    with pytest.raises(MeasureError, match=r"6 windows need 11 days at least, found 10 days"):
        longest_test(days(0, 10), windows=6, train_tests=2, gaps=GAPS)


@pytest.mark.parametrize("gap", [Gaps(), GAPS])
def test_longest_test_needs_no_more_than_it_says(gap: Gaps) -> None:
    needed = 8 + int(gap.both / DAY)
    assert longest_test(days(0, needed), windows=6, train_tests=2, gaps=gap) == DAY


def test_splits_and_paths_are_those_of_the_book() -> None:
    """López de Prado (2018), figures 12.1 and 12.2: 6 groups, 2 tested, 15 splits, 5 paths."""
    splits = purged_splits(days(0, 60), groups=6, tested=2)
    assert len(splits) == 15
    assert [one.tested for one in splits[:6]] == [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (1, 2)]
    drawn = paths(splits, groups=6)
    assert len(drawn) == path_count(6, 2) == 5
    assert drawn[0] == (0, 0, 1, 2, 3, 4)
    assert drawn[4] == (4, 8, 11, 13, 14, 14)


def test_every_test_of_every_split_is_in_one_path() -> None:
    splits = purged_splits(days(0, 80), groups=8, tested=3)
    drawn = paths(splits, groups=8)
    assert len(drawn) == path_count(8, 3) == 21
    taken = {(group, split) for path in drawn for group, split in enumerate(path)}
    assert taken == {(g, n) for n, one in enumerate(splits) for g in one.tested}
    assert len(taken) == len(splits) * 3


def test_training_is_cut_before_a_test_by_purge_and_after_it_by_both() -> None:
    split = purged_splits(days(0, 50), groups=5, tested=1, gaps=GAPS)[2]
    assert split.tests == (days(20, 30),)
    assert split.train == (days(0, 18), days(33, 50))


def test_training_that_the_gaps_eat_is_left_out() -> None:
    wide = Gaps(purge=5 * DAY, embargo=DAY)
    split = next(
        one
        for one in purged_splits(days(0, 50), groups=5, tested=2, gaps=wide)
        if one.tested == (1, 3)
    )
    assert split.train == (days(0, 5), days(46, 50))
    with pytest.raises(MeasureError, match="leave nothing to train on beside groups of 10 days"):
        purged_splits(days(0, 50), groups=5, tested=2, gaps=Gaps(purge=20 * DAY))


def test_no_training_span_comes_nearer_to_a_test_than_the_gaps() -> None:
    for split in purged_splits(days(0, 97), groups=7, tested=3, gaps=GAPS):
        for train in split.train:
            for test in split.tests:
                assert not train.overlaps(test)
                if train.end <= test.start:
                    assert test.start - train.end >= GAPS.purge
                else:
                    assert train.start - test.end >= GAPS.both


def test_groups_cover_the_span_in_whole_days() -> None:
    spans = group_spans(Span(at(0), at(10) + pd.Timedelta(hours=7)), groups=4)
    assert spans[0].start == at(0)
    assert spans[-1].end == at(10) + pd.Timedelta(hours=7)
    assert all(one.end == other.start for one, other in itertools.pairwise(spans))
    assert all((one.end - at(0)) % DAY == pd.Timedelta(0) for one in spans[:-1])


def test_more_groups_than_days_are_refused() -> None:
    with pytest.raises(MeasureError, match="3 days cannot be cut into 4 groups"):
        group_spans(days(0, 3), groups=4)


@pytest.mark.parametrize("tested", [0, 5])
def test_some_group_must_train_and_some_must_test(tested: int) -> None:
    with pytest.raises(MeasureError, match="expected 1 to 4 tested groups of 5"):
        purged_splits(days(0, 50), groups=5, tested=tested)


def test_span_without_a_zone_or_without_length_is_refused() -> None:
    with pytest.raises(MeasureError, match="moments in UTC"):
        Span(pd.Timestamp("2024-01-01"), at(1))
    with pytest.raises(MeasureError, match="must end after"):
        Span(at(1), at(1))


def test_negative_gap_is_refused() -> None:
    with pytest.raises(MeasureError, match="purge and embargo must be 0 or more"):
        Gaps(purge=-DAY)


def test_lengths_must_be_above_nothing() -> None:
    with pytest.raises(MeasureError, match="training and test must last"):
        walk_windows(days(0, 10), train=0 * DAY, test=DAY)
