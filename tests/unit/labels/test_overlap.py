"""Uniqueness: what labels share, by hand and by the book's own definition."""

import numpy as np
import pytest

from plimsoll.core import PlimsollError
from plimsoll.labels import average_uniqueness


def by_definition(candles: list[int], horizon: int) -> list[float]:
    """López de Prado's matrix of which label uses which candle."""
    spans = [set(range(one + 1, one + horizon + 1)) for one in candles]
    count = {step: sum(step in span for span in spans) for span in spans for step in span}
    return [float(np.mean([1 / count[step] for step in span])) for span in spans]


def test_labels_that_share_nothing_are_unique() -> None:
    assert average_uniqueness(np.array([3, 7, 20]), horizon_candles=4).tolist() == [1.0] * 3


def test_two_labels_that_share_one_of_two_candles() -> None:
    found = average_uniqueness(np.array([10, 11]), horizon_candles=2)
    assert found.tolist() == [0.75, 0.75]


def test_in_the_middle_of_rows_without_a_hole_a_label_is_one_of_its_horizon() -> None:
    found = average_uniqueness(np.arange(100), horizon_candles=4)
    assert np.allclose(found[3:-3], 0.25)
    assert (found[:3] > 0.25).all()


@pytest.mark.parametrize("horizon", [1, 4, 9])
def test_it_is_what_the_definition_says(horizon: int) -> None:
    candles = np.flatnonzero(np.random.default_rng(horizon).random(80) < 0.6)
    found = average_uniqueness(candles, horizon_candles=horizon)
    assert np.allclose(found, by_definition(candles.tolist(), horizon))


def test_no_label_has_no_weight() -> None:
    assert average_uniqueness(np.array([], dtype=int), horizon_candles=4).size == 0


@pytest.mark.parametrize(("candles", "horizon"), [([1, 1], 4), ([2, 1], 4), ([1, 2], 0)])
def test_what_cannot_be_counted_is_refused(candles: list[int], horizon: int) -> None:
    with pytest.raises(PlimsollError, match="candles that ascend"):
        average_uniqueness(np.array(candles), horizon_candles=horizon)
