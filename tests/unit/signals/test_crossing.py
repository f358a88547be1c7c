"""Momentum: both sides, and NaN is never a go."""

from plimsoll.core import Side
from plimsoll.signals.crossing import momentum_aligned
from tests.unit.signals.columns import NAN, series, sides


@sides
def test_momentum_needs_averages_and_oscillator_on_its_side(side: Side) -> None:
    gap = series(0.1, 0.1, -0.1, NAN, 0.1) * side.sign
    rsi = 50 + series(6, 4, 6, 6, NAN) * side.sign
    found = momentum_aligned(side=side, gap=gap, strength=rsi, level=55)
    assert found.tolist() == [True, False, False, False, False]
