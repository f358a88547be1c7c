"""Reversion: both sides, and NaN is never a go."""

import numpy as np
import pytest

from plimsoll.core import Side
from plimsoll.signals.reversion import reverted, smoothed_deviations, stretched
from tests.unit.signals.columns import NAN, series, sides


@sides
def test_a_stretch_counts_only_in_a_range(side: Side) -> None:
    deviations = series(-3, -2, -3, NAN, 3) * side.sign
    adx = series(15, 15, 25, 15, 15)
    found = stretched(side=side, deviations=deviations, strength=adx, least=2.5, max_strength=20)
    assert found.tolist() == [True, False, False, False, False]
    back = reverted(side=side, deviations=series(-0.1, 0.0, 0.1, NAN) * side.sign)
    assert back.tolist() == [False, True, True, False]


def test_smoothed_deviations_by_hand() -> None:
    values = series(1, 3, 2, 6)
    # Means of two: 2, 2.5, 4; the last one from the mean of the three in their deviations.
    found = smoothed_deviations(values, smooth=2, window=3)
    assert found.iloc[3] == pytest.approx((4 - 17 / 6) / np.std([2, 2.5, 4], ddof=1))
