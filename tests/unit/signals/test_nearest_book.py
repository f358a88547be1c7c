"""The projection of a book is exact: feasible, least to trade for, unique, still, continuous."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from plimsoll.signals.nearest_book import Floats, Limits, nearest_book

NEAR = 1e-7
CENTS = st.integers(-30, 30).map(lambda cents: cents / 100)


def limits_of(
    targets: list[float], widths: list[float], *, net: float, gross: float, off: float = 0.0
) -> Limits:
    """Limits of bands around targets that no position crosses zero in."""
    goal = np.array(targets)
    width = np.where(goal == 0, 0.0, np.array(widths))
    low, high = goal - width, goal + width
    return Limits(
        low=np.where(goal > 0, np.maximum(low, 0.0), low),
        high=np.where(goal < 0, np.minimum(high, 0.0), high),
        targets=goal,
        widths=width,
        net_low=float(goal.sum()) + off - net,
        net_high=float(goal.sum()) + off + net,
        gross=gross,
    )


@st.composite
def books(draw: st.DrawFn) -> tuple[Floats, Limits]:
    count = draw(st.integers(1, 7))
    several = st.lists(CENTS, min_size=count, max_size=count)
    targets = draw(several)
    widths = [abs(one) + 0.01 for one in draw(several)]
    gross = sum(map(abs, targets)) * draw(st.sampled_from([0.8, 1.0, 1.05, 9.0]))
    net, off = draw(st.sampled_from([0.0, 0.01, 0.05, 9.0])), draw(st.sampled_from([0.0, 0.0, 0.1]))
    return np.array(draw(several)), limits_of(targets, widths, net=net, gross=gross, off=off)


def least_traded(held: Floats, limits: Limits, *, within: float | None = None) -> float | None:
    """What a linear programme trades at least; ``None`` where no book is within the limits.

    With ``within`` it is the smallest largest distance from target of books that trade no more.
    """
    count, one = len(held), np.eye(len(held))
    side, zeros = np.where(limits.low + limits.high > 0, 1.0, -1.0), np.zeros(len(held))
    rows = [np.r_[row, -of, 0.0] for row, of in zip(one, one, strict=True)]
    rows += [np.r_[-row, -of, 0.0] for row, of in zip(one, one, strict=True)]
    ends = [*held, *-held]
    for row, end in ((np.ones(count), limits.net_high), (-np.ones(count), -limits.net_low)):
        rows.append(np.r_[row, zeros, 0.0])
        ends.append(end)
    rows.append(np.r_[side, zeros, 0.0])
    ends.append(limits.gross)
    costs = np.r_[zeros, np.ones(count), 0.0]
    if within is not None:
        rows.append(costs)
        ends.append(within)
        for row, goal, width in zip(one, limits.targets, limits.widths, strict=True):
            if width > 0:
                rows += [np.r_[row, zeros, -width], np.r_[-row, zeros, -width]]
                ends += [goal, -goal]
        costs = np.r_[zeros, zeros, 1.0]
    bounds = [*zip(limits.low, limits.high, strict=True), *[(0, None)] * (count + 1)]
    solved = linprog(costs, A_ub=np.array(rows), b_ub=ends, bounds=bounds)
    return float(solved.fun) if solved.status == 0 else None


def distance(book: Floats, limits: Limits) -> float:
    known = limits.widths > 0
    away = np.abs(book - limits.targets)[known] / limits.widths[known]
    return float(away.max(initial=0.0))


@settings(max_examples=150, deadline=None)
@given(books())
def test_no_book_within_the_limits_takes_less_trading(given_book: tuple[Floats, Limits]) -> None:
    held, limits = given_book
    least = least_traded(held, limits)
    assume(least is not None)
    book = nearest_book(held, limits)
    assert (book >= limits.low - NEAR).all()
    assert (book <= limits.high + NEAR).all()
    assert limits.net_low - NEAR <= book.sum() <= limits.net_high + NEAR
    assert np.abs(book).sum() <= limits.gross + NEAR
    assert np.abs(book - held).sum() == pytest.approx(least, abs=NEAR)


@settings(max_examples=100, deadline=None)
@given(books())
def test_of_equals_it_is_the_one_that_is_nearest_to_its_targets(
    given_book: tuple[Floats, Limits],
) -> None:
    held, limits = given_book
    least = least_traded(held, limits)
    assume(least is not None)
    nearest = least_traded(held, limits, within=float(least or 0.0) + 1e-10)
    assume(nearest is not None)
    assert distance(nearest_book(held, limits), limits) == pytest.approx(nearest, abs=1e-5)


@settings(max_examples=150, deadline=None)
@given(books())
def test_the_nearest_book_of_itself_is_itself(given_book: tuple[Floats, Limits]) -> None:
    held, limits = given_book
    book = nearest_book(held, limits)
    assert nearest_book(book, limits) == pytest.approx(book, abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(books(), st.floats(0.0, 1.0))
def test_halfway_there_leads_to_the_same_book(
    given_book: tuple[Floats, Limits], share: float
) -> None:
    # What a bot that starts again in the middle of its orders makes of what it holds.
    held, limits = given_book
    assume(least_traded(held, limits) is not None)
    book = nearest_book(held, limits)
    halfway = held + share * (book - held)
    assert nearest_book(halfway, limits) == pytest.approx(book, abs=NEAR)


@settings(max_examples=150, deadline=None)
@given(books(), st.integers(0, 6))
def test_a_little_more_held_changes_the_book_a_little(
    given_book: tuple[Floats, Limits], which: int
) -> None:
    held, limits = given_book
    assume(least_traded(held, limits) is not None)
    moved = held.copy()
    moved[which % len(held)] += 1e-7
    change = np.abs(nearest_book(moved, limits) - nearest_book(held, limits))
    assert change.max() < 1e-4


def test_a_net_too_high_is_shared_by_distance_in_bands() -> None:
    limits = limits_of([0.1, 0.1, -0.2], [0.05, 0.05, 0.1], net=0.02, gross=inf)
    held = np.array([0.13, 0.11, -0.18])
    # 0.04 too much: the first falls to the others' place in its band, then all of them alike.
    expected = [0.105, 0.105, -0.19]
    book = nearest_book(held, limits)
    assert book == pytest.approx(expected)
    assert np.abs(book - held).sum() == pytest.approx(0.04)


def test_within_all_limits_nothing_is_traded() -> None:
    limits = limits_of([0.1, -0.1], [0.05, 0.05], net=0.05, gross=0.3)
    held = np.array([0.14, -0.1])
    assert nearest_book(held, limits).tolist() == held.tolist()


def test_where_limits_contradict_each_other_the_ends_hold_first_then_gross() -> None:
    limits = limits_of([0.2, -0.1], [0.02, 0.02], net=0.0, gross=inf, off=-0.5)
    held = np.array([0.2, -0.1])
    assert nearest_book(held, limits) == pytest.approx([0.18, -0.12])
    tight = replace(limits, gross=0.28)
    assert nearest_book(held, tight) == pytest.approx([0.18, -0.10])
    too_tight = replace(limits, gross=0.1)
    assert nearest_book(held, too_tight) == pytest.approx([0.18, -0.08])
