"""A trained network as plain numbers: what it wants is worked out without the library it is of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import PlimsollError

Weights32 = NDArray[np.float32]


class Masking(StrEnum):
    """What an agent learned to do about actions that are not allowed.

    ``MASKED``: they were taken out of its choice (MaskablePPO), and still are. ``HOLD``: it might
    choose them, held instead and was charged for it (A2C, DQN), and still does.
    """

    MASKED = "masked"
    HOLD = "hold"


ACTIVATIONS: dict[str, Callable[[Weights32], Weights32]] = {
    "tanh": np.tanh,
    "relu": lambda values: np.maximum(values, 0),
}


@dataclass(frozen=True, eq=False, slots=True)
class Network:
    """Layers one after the other, with an activation between them and none after the last.

    Attributes
    ----------
    layers
        Weights (outputs × inputs) and biases (outputs) of each layer.
    activation
        ``tanh`` or ``relu``.
    """

    layers: Sequence[tuple[Weights32, Weights32]]
    activation: str

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise PlimsollError(f"expected tanh or relu between layers, found {self.activation!r}")
        if not self.layers:
            raise PlimsollError("expected a network with a layer, found none")
        width = self.inputs
        for weights, biases in self.layers:
            if weights.ndim != 2 or weights.shape[1] != width or biases.shape != weights.shape[:1]:
                raise PlimsollError(
                    f"expected layers that fit together, found weights of {weights.shape} and "
                    f"biases of {biases.shape} after {width} values"
                )
            if not (np.isfinite(weights).all() and np.isfinite(biases).all()):
                raise PlimsollError("expected known weights, found NaN or infinity")
            width = weights.shape[0]

    @property
    def inputs(self) -> int:
        """How many numbers it reads."""
        return int(self.layers[0][0].shape[1])

    @property
    def outputs(self) -> int:
        """How many numbers it says."""
        return int(self.layers[-1][0].shape[0])

    def __call__(self, observations: Weights32) -> Weights32:
        """Return its outputs, rows × outputs."""
        values = np.asarray(observations, dtype=np.float32)
        between = ACTIVATIONS[self.activation]
        for place, (weights, biases) in enumerate(self.layers):
            values = values @ weights.T + biases
            if place + 1 < len(self.layers):
                values = between(values)
        return values


@dataclass(frozen=True, eq=False, slots=True)
class Policy:
    """A network that values six actions; the most valued is wanted."""

    network: Network
    masking: Masking

    def choose(
        self, observations: NDArray[np.float32], masks: NDArray[np.bool_]
    ) -> NDArray[np.int_]:
        """Return the action that each account wants; of equals the first."""
        values = self.network(observations)
        if self.masking is Masking.MASKED:
            values = np.where(masks, values, -np.inf)
        wanted: NDArray[np.int_] = np.argmax(values, axis=1)
        return wanted


def hold(observations: NDArray[np.float32], masks: NDArray[np.bool_]) -> NDArray[np.int_]:
    """Always hold: the agent that a trained one must beat first."""
    return np.zeros(len(observations), dtype=np.int_)


class RandomChoice:
    """Any allowed action, each as likely: the other agent that a trained one must beat."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator

    def __call__(
        self, observations: NDArray[np.float32], masks: NDArray[np.bool_]
    ) -> NDArray[np.int_]:
        """Return drawn actions."""
        drawn = self._generator.random(masks.shape)
        wanted: NDArray[np.int_] = np.argmax(np.where(masks, drawn, -1.0), axis=1)
        return wanted
