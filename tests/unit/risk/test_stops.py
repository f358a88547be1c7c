"""The nearest stop, long and short, none wider than the share of the margin that may be lost."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.core import Side
from plimsoll.risk.stops import nearest_stop_price

PRICES = st.floats(1e-6, 1e6)
STOPS = st.lists(st.tuples(PRICES, st.one_of(PRICES, st.just(inf))), min_size=1, max_size=3)


def nearest(
    *stops: tuple[float, float], side: Side = Side.LONG, widest: float = 0.1, leverage: float = 1.0
) -> float | None:
    return nearest_stop_price(stops, side=side, widest_fraction=widest, leverage=leverage)


def test_without_a_stop_there_is_no_price() -> None:
    assert nearest() is None


@pytest.mark.parametrize(("side", "price"), [(Side.LONG, 97.0), (Side.SHORT, 103.0)])
def test_the_nearest_of_two_stops_counts_whichever_comes_first(side: Side, price: float) -> None:
    assert nearest((100.0, 3.0), (100.0, 4.0), side=side) == price
    assert nearest((100.0, 4.0), (100.0, 3.0), side=side) == price


@pytest.mark.parametrize(("side", "price"), [(Side.LONG, 105.0), (Side.SHORT, 98.0)])
def test_stops_from_two_prices_are_compared_as_prices(side: Side, price: float) -> None:
    """A trailing stop is measured from the price of now, the other from that of the entry."""
    now = 110.0 if side is Side.LONG else 93.0
    assert nearest((100.0, 4.0), (now, 5.0), side=side) == price


@pytest.mark.parametrize(("side", "price"), [(Side.LONG, 95.0), (Side.SHORT, 105.0)])
def test_no_stop_is_wider_than_the_margin_that_may_be_lost(side: Side, price: float) -> None:
    assert nearest((100.0, 50.0), side=side, leverage=2.0) == price
    assert nearest((100.0, inf), side=side, leverage=2.0) == price
    assert nearest((100.0, 5.0), side=side, leverage=2.0) == price, "exactly as wide"


@given(stops=STOPS, widest=st.floats(0.01, 0.99), leverage=st.floats(1, 20))
def test_a_long_and_a_short_lie_at_the_same_distances(
    stops: list[tuple[float, float]], widest: float, leverage: float
) -> None:
    origin = stops[0][0]
    same = [(origin, distance) for _, distance in stops]
    long = nearest(*same, widest=widest, leverage=leverage)
    short = nearest(*same, side=Side.SHORT, widest=widest, leverage=leverage)
    assert long is not None
    assert short is not None
    assert origin - long == pytest.approx(short - origin, rel=1e-6, abs=origin * 1e-12)
    assert 0 <= origin - long <= origin * widest / leverage * (1 + 1e-9)


@given(
    price=PRICES,
    distances=st.lists(PRICES, min_size=1, max_size=2),
    widest=st.floats(0.01, 0.99),
    leverage=st.floats(1, 20),
    side=st.sampled_from(Side),
)
def test_from_one_price_it_is_the_shortest_distance_bit_for_bit(
    price: float, distances: list[float], widest: float, leverage: float, side: Side
) -> None:
    shortest = min(*distances, price * widest / leverage)
    stops = [(price, distance) for distance in distances]
    assert nearest(*stops, side=side, widest=widest, leverage=leverage) == (
        price - side.sign * shortest
    )
