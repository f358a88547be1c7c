"""The section of the config: defaults that change nothing, and one line for what is wrong."""

from typing import Any

import pytest

from plimsoll.core import PlimsollError
from plimsoll.modelling.settings import TrainingSettings, training_settings


def test_without_a_section_nothing_is_added_to_a_training() -> None:
    assert training_settings(None) == TrainingSettings()
    found = training_settings({})
    wishes = (found.calibrate, found.class_weights, found.overlap_weights, found.tuning)
    assert not any(wishes)
    assert (found.target, found.early_stopping_rounds) == ("direction", 0)


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ({"stop_early": 5}, r"freqai\.plimsoll\.stop_early: Extra inputs"),
        ({"tuning": {"trials": 0}}, r"freqai\.plimsoll\.tuning\.trials: Input should be greater"),
        ({"target": "price"}, r"freqai\.plimsoll\.target: Input should be 'direction'"),
        ({"class_weights": True}, "class_weights distort probabilities: set calibrate too"),
        ("calibrate", r"freqai\.plimsoll: Input should be"),
    ],
)
def test_a_wrong_key_or_value_is_named(section: Any, line: str) -> None:
    with pytest.raises(PlimsollError, match=line):
        training_settings(section)
