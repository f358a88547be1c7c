"""What the compiled functions are handed is described, field for field."""

import pytest

from plimsoll.lab.fast_lane.memory import Books, Market
from tests.unit.lab.fast_lane.desk import books, market

CALM = (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("name", ["opened", "turns", "next_row", "seen", "closing"])
def test_the_docstring_of_the_books_names_what_has_a_row_a_pair(name):
    assert f"``{name}``" in (Books.__doc__ or "")


def test_every_field_is_an_array():
    made = market([CALM] * 3, [CALM] * 3)

    assert all(hasattr(getattr(made, name), "dtype") for name in Market._fields)
    assert all(hasattr(value, "dtype") for value in books(made))
