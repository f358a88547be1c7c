"""A file of a user's own registers features under a family it names."""

import numpy as np
import pytest

from plimsoll import features
from plimsoll.core import PlimsollError
from plimsoll.features import Candles, Family, Floats, Unit


def nothing(candles: Candles) -> Floats:
    """Nothing of the close, in every row."""
    return np.zeros(len(candles))


def registered(**others: Family) -> features.Feature:
    decorate = features.feature(
        lookback_candles=lambda: 0, unit=Unit.RATIO, source="Nobody (2024), Nothing", **others
    )
    return decorate(nothing)


def test_what_is_registered_inside_is_forgotten_at_the_end() -> None:
    before = features.names()
    with features.registering() as made:
        zero = registered(family=Family.TREND)
        assert features.get("nothing") is zero
        assert made == []
    assert made == [zero]
    assert features.names() == before


def test_it_is_forgotten_after_an_error_as_well() -> None:
    before = features.names()
    with pytest.raises(PlimsollError, match="a second one"), features.registering():
        [registered(family=Family.TREND) for _ in range(2)]
    assert features.names() == before


def test_a_module_that_is_no_family_has_to_name_one() -> None:
    with pytest.raises(PlimsollError, match=r"nothing to name its family.*test_registry"):
        registered()
