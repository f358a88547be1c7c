"""Two columns are the same, or the first row that differs is named."""

from math import inf, nan

import pandas as pd
import pytest

from plimsoll.checks.comparing import column_difference, difference, same_values


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


def test_a_column_has_its_name_its_type_and_its_index_too() -> None:
    column = pd.Series([1.0, nan], index=[5, 6], name="ema_3")
    assert column_difference(column.copy(), column) is None
    for other in (column.rename("ema"), column.astype("float32"), column.reset_index(drop=True)):
        text = column_difference(other, column)
        assert text is not None
        assert text.startswith("expected ")
    assert column_difference(column.iloc[:1], column) == "expected 2 rows; found 1"


def test_a_large_value_excuses_no_small_one_in_a_column() -> None:
    column = pd.Series([1e6, 1.0])
    assert column_difference(column.add([1e-4, 0.0]), column) is None
    assert column_difference(column.add([0.0, 1e-9]), column) is None
    assert difference(column.add([0.0, 1e-4]), column) is None
    text = column_difference(column.add([0.0, 1e-4]), column)
    assert text == "expected row 1 to be 1; found 1.0001"


def test_small_values_are_compared_by_their_own_size() -> None:
    column = pd.Series([1e-6, 2e-6])
    assert column_difference(column + 1e-10, column) is not None
