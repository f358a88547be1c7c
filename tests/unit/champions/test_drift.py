"""Drift by the real river; skipped where it is not installed."""

import subprocess
import sys

import numpy as np
import pytest

from plimsoll.champions.drift import DriftWatch
from tests.conftest import ROOT

MISSING = """
import sys
sys.modules["river"] = None
from plimsoll.champions.drift import DriftWatch
from plimsoll.core import PlimsollError
try:
    DriftWatch(delta=0.002)
except PlimsollError as error:
    print(error)
"""


def test_without_river_the_extra_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MISSING], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "pip install 'freqtrade-plimsoll[drift]'" in done.stdout


@pytest.fixture
def river() -> None:
    pytest.importorskip("river", reason="river is not installed: the extra `drift`")


def alarms(values: np.ndarray) -> int:
    watch = DriftWatch(delta=0.002)
    return sum(bool(watch.update({"x": float(value)})) for value in values)


@pytest.mark.usefixtures("river")
def test_noise_gives_no_alarm_and_a_shifted_mean_does() -> None:
    false, found = 0, 0
    for seed in range(8):
        draw = np.random.default_rng(seed)
        calm = draw.normal(0, 3, 600)
        false += alarms(calm) > 0
        found += alarms(np.concatenate([calm, draw.normal(3, 3, 300)])) > 0
    assert false <= 1
    assert found == 8


@pytest.mark.usefixtures("river")
def test_an_error_rate_that_rises_is_found() -> None:
    draw = np.random.default_rng(1)
    wrong = np.concatenate([draw.random(400) < 0.4, draw.random(300) < 0.7])
    assert alarms(wrong.astype("float64")) > 0


@pytest.mark.usefixtures("river")
def test_what_is_no_number_is_left_out_and_names_are_apart() -> None:
    watch = DriftWatch(delta=0.002)
    for _ in range(300):
        assert watch.update({"a": float("nan"), "b": float("inf"), "c": 0.0}) == []
    found = []
    for value in [0.0] * 200 + [5.0] * 200:
        found += watch.update({"d": value + 0.01, "e": 1.0})
    assert set(found) == {"d"}
    watch.forget("d")
    watch.forget("never seen")
    assert watch.update({"d": 99.0}) == []
