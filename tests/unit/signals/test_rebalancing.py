"""When a portfolio changes, opens and closes a position; NaN is never a go."""

from math import inf

import pytest

from plimsoll.core import Side
from plimsoll.signals.rebalancing import Bands, plan_book, wanted, worth_closing
from tests.unit.signals.columns import NAN, series, sides

A, B, C = "BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"


def planned(held: float, target: float, *, band: float = 20.0, least: float = 0.0) -> float:
    return plan_book({A: held}, {A: target}, Bands(pairs={A: band}, least={A: least}))[A]


@pytest.mark.parametrize(
    ("held", "target", "expected"),
    [
        (100, 130, 110),
        (100, 60, 80),
        (-100, -130, -110),
        (-100, -60, -80),
        (100, 120, 100),
        (100, 80, 100),
        (100, 0, 0),
        (100, -50, -30),
        (0, 30, 10),
        (0, 15, 0),
        (100, 5, 25),
        (100, NAN, 100),
        (0, NAN, 0),
    ],
)
def test_a_position_is_brought_to_the_edge_of_its_band(
    held: float, target: float, expected: float
) -> None:
    assert planned(held, target) == pytest.approx(expected)


def test_without_a_band_what_is_held_stays() -> None:
    assert planned(100, 200, band=NAN) == 100
    assert plan_book({A: 100.0}, {A: 200.0}, Bands(pairs={}))[A] == 100


def test_what_no_target_is_known_of_stays_and_counts() -> None:
    held, targets = {A: 100.0, C: 30.0}, {A: 100.0, B: -100.0}
    bands = Bands(pairs={A: 50.0, B: 50.0}, net=0.0)
    book = plan_book(held, targets, bands)
    assert book == pytest.approx({A: 85.0, B: -115.0, C: 30.0})


@pytest.mark.parametrize("sign", [1, -1])
def test_a_target_too_small_to_hold_is_a_target_of_zero(sign: int) -> None:
    assert planned(100 * sign, 9 * sign, least=10) == 0
    assert planned(0, 9 * sign, band=1, least=10) == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_a_near_total_reduction_closes_or_leaves_the_smallest_position(sign: int) -> None:
    assert planned(100 * sign, 15 * sign, band=20, least=36) == 0
    assert planned(100 * sign, 45 * sign, band=20, least=70) == 0
    assert planned(60 * sign, 45 * sign, band=5, least=20) == pytest.approx(40 * sign)
    assert planned(0, 45 * sign, band=20, least=40) == pytest.approx(40 * sign)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_change_too_small_to_order_is_as_large_as_an_order_where_the_band_allows_it(
    sign: int,
) -> None:
    assert planned(100 * sign, 45 * sign, band=20, least=45) == pytest.approx(55 * sign)
    assert planned(100 * sign, 70 * sign, band=20, least=45) == pytest.approx(55 * sign)
    assert planned(100 * sign, 70 * sign, band=5, least=45) == pytest.approx(100 * sign)
    assert planned(100 * sign, 130 * sign, band=20, least=12) == pytest.approx(112 * sign)


def test_an_order_too_small_is_not_sent_and_the_others_make_up_for_it() -> None:
    held, targets = {A: 110.0, B: 100.0, C: -200.0}, {A: 100.0, B: 100.0, C: -200.0}
    pairs = dict.fromkeys((A, B, C), 50.0)
    assert plan_book(held, targets, Bands(pairs=pairs, net=2.0)) == pytest.approx(
        {A: 102.0, B: 100.0, C: -200.0}
    )
    bands = Bands(pairs=pairs, net=2.0, least={A: 9.0, B: 2.0, C: 2.0})
    book = plan_book(held, targets, bands)
    assert book == pytest.approx({A: 110.0, B: 96.0, C: -204.0})


def test_the_book_is_within_its_net_band_with_all_pairs_in_theirs() -> None:
    held = {A: 140.0, B: 100.0, C: -160.0}
    targets, pairs = {A: 100.0, B: 100.0, C: -200.0}, dict.fromkeys((A, B, C), 50.0)
    assert plan_book(held, targets, Bands(pairs=pairs)) == held
    book = plan_book(held, targets, Bands(pairs=pairs, net=10.0))
    assert sum(book.values()) == pytest.approx(10.0)


def test_a_shut_pair_is_zero_and_the_rest_keeps_the_net_of_all_targets() -> None:
    held, targets = {A: 0.0, B: -100.0, C: 0.0}, {A: 100.0, B: -100.0, C: 0.0}
    bands = Bands(pairs=dict.fromkeys((A, B, C), 60.0), net=30.0)
    assert plan_book(held, targets, bands, shut={A}) == {A: 0.0, B: -40.0, C: 0.0}
    assert plan_book(held, targets, bands)[A] > 0


def test_the_gross_is_held_where_the_bands_allow_more() -> None:
    held, targets = {A: 120.0, B: -120.0}, {A: 100.0, B: -100.0}
    bands = Bands(pairs={A: 50.0, B: 50.0}, net=inf, gross=210.0)
    assert plan_book(held, targets, bands) == pytest.approx({A: 105.0, B: -105.0})


def test_the_plan_of_a_planned_book_is_that_book() -> None:
    held = {A: 140.0, B: 33.0, C: -160.0}
    targets, pairs = {A: 90.0, B: 100.0, C: -200.0}, {A: 30.0, B: 50.0, C: 50.0}
    bands = Bands(pairs=pairs, net=10.0, gross=350.0, least=dict.fromkeys(pairs, 12.0))
    book = plan_book(held, targets, bands)
    assert plan_book(book, targets, bands) == book


@sides
def test_a_target_is_wanted_on_its_side_and_not_without_an_opinion(side: Side) -> None:
    weights = series(0.019, -0.05, 0.0, NAN) * side.sign
    assert wanted(side, weights).tolist() == [True, False, False, False]


@sides
def test_a_position_is_closed_at_zero_and_beyond_but_not_without_an_opinion(side: Side) -> None:
    weights = series(0.01, 0.0, -0.01, NAN) * side.sign
    assert worth_closing(side, weights).tolist() == [False, True, True, False]
