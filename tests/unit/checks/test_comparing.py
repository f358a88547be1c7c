"""Two columns are the same, or the first row that differs is named."""

from math import inf, nan

import pandas as pd
import pytest

from plimsoll.checks.comparing import difference, same_values


@pytest.mark.parametrize(
    ("found", "expected", "text"),
    [
        ([1.0, 2.0], [1.0, 2.0], None),
        ([nan, inf, -inf], [nan, inf, -inf], None),
        ([], [], None),
        ([1.0, 2.0], [1.0, 3.0], "expected row 1 to be 3; found 2"),
        ([1.0, nan], [1.0, 0.0], "expected row 1 to be 0; found nan"),
        ([1.0, 0.0], [1.0, nan], "expected row 1 to be nan; found 0"),
        ([inf], [-inf], "expected row 0 to be -inf; found inf"),
        ([1.0], [1.0, 2.0], "expected 2 rows; found 1"),
    ],
)
def test_the_first_row_that_differs(
    found: list[float], expected: list[float], text: str | None
) -> None:
    assert difference(pd.Series(found, dtype=float), pd.Series(expected, dtype=float)) == text


def test_rounding_of_the_largest_value_is_no_difference() -> None:
    column = pd.Series([1e6, 0.0])
    assert difference(column + 1e-4, column) is None
    assert difference(column + 1e-2, column) is not None
    assert difference(column + 1e-4, column, absolute=0.0) == "expected row 1 to be 0; found 0.0001"
    assert difference(column * 1.01, column, relative=0.02) is None


def test_nan_is_the_same_as_nan_alone() -> None:
    assert same_values(nan, nan)
    assert not same_values(nan, 0.0)
    assert same_values(1.0, 1.0 + 1e-12)
    assert not same_values(1.0, 1.001)
    assert same_values(1.0, 1.001, relative=0.01)
    assert same_values(0.0, 0.1, absolute=0.2)
