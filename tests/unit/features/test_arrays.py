"""The small steps that features are made of, by hand."""

import numpy as np
import pytest

from plimsoll.features.arrays import difference, lagged, relative_change, share_of_window, zscore

NAN = float("nan")
VALUES = np.array([1.0, 2.0, 4.0, 2.0])


def test_rows_before_the_first_are_unknown() -> None:
    np.testing.assert_array_equal(lagged(VALUES, 2), [NAN, NAN, 1, 2])
    np.testing.assert_array_equal(difference(VALUES, 1), [NAN, 1, 2, -2])
    np.testing.assert_array_equal(relative_change(VALUES, 2), [NAN, NAN, 3, 0])


def test_the_input_is_never_written() -> None:
    before = VALUES.copy()
    for made in (lagged(VALUES, 1), difference(VALUES, 1), relative_change(VALUES, 1)):
        made[:] = 0.0
    np.testing.assert_array_equal(VALUES, before)


def test_a_zscore_is_in_sample_deviations_of_its_window() -> None:
    found = zscore(VALUES, 3)
    window = VALUES[1:]
    assert found[3] == pytest.approx((2.0 - window.mean()) / window.std(ddof=1))


def test_a_flat_window_has_no_zscore() -> None:
    for level in (1.0, 0.1, 1e9 / 3):
        assert np.isnan(zscore(np.full(50, level), 7)).all()


def test_a_share_is_that_of_sums() -> None:
    found = share_of_window(VALUES, np.array([2.0, 2.0, 8.0, 2.0]), 2)
    np.testing.assert_allclose(found[1:], [3 / 4, 6 / 10, 6 / 10])
