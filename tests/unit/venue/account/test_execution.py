import numpy as np
import pytest

from plimsoll.venue.account.execution import (
    Part,
    filled,
    market_limit,
    part_of,
    take_from_book,
    whole_steps,
)
from plimsoll.venue.market.book import Book

BOOK = Book(
    1,
    1,
    np.array([99.0, 98.0]),
    np.array([1.0, 2.0]),
    np.array([101.0, 102.0]),
    np.array([3.0, 4.0]),
)


def test_a_book_is_taken_level_by_level_from_its_own_side() -> None:
    assert take_from_book(BOOK, "BUY", 5.0, None) == [Part(101.0, 3.0), Part(102.0, 2.0)]
    assert take_from_book(BOOK, "SELL", 0.5, None) == [Part(99.0, 0.5)]


def test_no_level_beyond_the_limit_is_taken() -> None:
    assert take_from_book(BOOK, "BUY", 5.0, 101.0) == [Part(101.0, 3.0)]
    assert take_from_book(BOOK, "SELL", 5.0, 98.5) == [Part(99.0, 1.0)]
    assert take_from_book(BOOK, "BUY", 5.0, 100.9) == []


def test_a_book_gives_no_more_than_it_has() -> None:
    assert filled(take_from_book(BOOK, "SELL", 100.0, None)) == 3.0


def test_a_market_order_stops_a_twentieth_from_the_mark() -> None:
    assert market_limit("BUY", 100.0) == pytest.approx(105.0)
    assert market_limit("SELL", 100.0) == pytest.approx(95.0)


@pytest.mark.parametrize(
    ("quantity", "step", "decimals", "whole"),
    [(0.3, 0.1, 1, 0.3), (0.29999, 0.1, 1, 0.2), (7.9, 1.0, 0, 7.0), (0.0009, 0.001, 3, 0.0)],
)
def test_steps_are_never_rounded_up(
    quantity: float, step: float, decimals: int, whole: float
) -> None:
    assert whole_steps(quantity, step, decimals) == whole


def test_a_million_coins_in_hundredths_are_taken_to_the_hundredth() -> None:
    sizes = np.array([round(11_472.58 + 137.31 * n, 2) for n in range(60)])
    book = Book(1, 1, np.linspace(0.4, 0.3, 60), sizes, np.array([]), np.array([]))
    parts = take_from_book(book, "SELL", 641_025.64, None)
    assert [part.quantity for part in parts] == [round(part.quantity, 2) for part in parts]
    assert filled(parts) == 641_025.64


def test_a_part_of_what_is_taken_is_of_the_best_levels_in_whole_steps() -> None:
    parts = take_from_book(BOOK, "BUY", 5.0, None)
    assert part_of(parts, 0.75, 0.5, 1) == [Part(101.0, 3.0), Part(102.0, 0.5)]
    assert part_of(parts, 0.01, 0.5, 1) == []
