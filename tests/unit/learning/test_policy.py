"""A trained network as plain numbers."""

import numpy as np
import pytest

from plimsoll.core import PlimsollError
from plimsoll.learning.policy import Masking, Network, Policy, RandomChoice, hold

EYE = np.eye(2, dtype=np.float32)
NO_BIAS = np.zeros(2, dtype=np.float32)


@pytest.mark.parametrize(("activation", "wanted"), [("tanh", np.tanh(-2.0)), ("relu", 0.0)])
def test_a_network_by_hand(activation: str, wanted: float) -> None:
    network = Network([(EYE, NO_BIAS), (EYE * 3, NO_BIAS + 1)], activation)
    found = network(np.array([[-2.0, 0.0]], dtype=np.float32))
    assert found[0] == pytest.approx([3 * wanted + 1, 1.0])
    assert (network.inputs, network.outputs) == (2, 2)


def test_a_masked_agent_takes_the_best_that_is_allowed() -> None:
    network = Network([(EYE, NO_BIAS)], "tanh")
    seen = np.array([[1.0, 2.0]], dtype=np.float32)
    only_first = np.array([[True, False]])
    assert Policy(network, Masking.MASKED).choose(seen, only_first).tolist() == [0]
    assert Policy(network, Masking.HOLD).choose(seen, only_first).tolist() == [1]


@pytest.mark.parametrize(
    ("layers", "activation", "words"),
    [
        ([(EYE, NO_BIAS)], "gelu", "tanh or relu"),
        ([], "tanh", "found none"),
        ([(EYE, NO_BIAS), (np.zeros((2, 3), np.float32), NO_BIAS)], "tanh", "fit together"),
        ([(EYE * np.nan, NO_BIAS)], "tanh", "NaN or infinity"),
    ],
)
def test_what_is_no_network_is_refused(layers: list, activation: str, words: str) -> None:
    with pytest.raises(PlimsollError, match=words):
        Network(layers, activation)


def test_the_agents_that_must_be_beaten() -> None:
    masks = np.tile([True, True, False, False, False, True], (3000, 1))
    seen = np.zeros((3000, 12), dtype=np.float32)
    assert (hold(seen, masks) == 0).all()
    drawn = RandomChoice(np.random.default_rng(1))(seen, masks)
    counts = np.bincount(drawn, minlength=6)
    assert counts[[2, 3, 4]].sum() == 0
    assert (np.abs(counts[[0, 1, 5]] - 1000) < 120).all()
