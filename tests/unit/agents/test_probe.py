"""The market by which an agent's file is held against the present code."""

import numpy as np

from plimsoll.agents.probe import probe
from plimsoll.learning import STATE, Inputs, Terms
from plimsoll.learning.state import FARTHEST


def test_it_moves_every_number_of_the_state() -> None:
    inputs = Inputs(forecast=True, interest=True)
    seen = probe(inputs, Terms(leverage=2.0)).reshape(-1, len(STATE) + 1)
    still = [name for place, name in enumerate(STATE) if np.ptp(seen[:, place]) < 0.01]
    assert still == []
    clipped = np.abs(seen[:, :-1]) >= FARTHEST
    assert clipped.mean() < 0.1
