"""An allocator in a file: a network that scores sleeves, as plain numbers (`archive`)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.agents.archive import AgentError, read_archive, write_archive
from plimsoll.core import PlimsollError
from plimsoll.learning import Network
from plimsoll.learning.allocation import (
    ALLOCATION_STATE,
    AllocationPlay,
    AllocationTerms,
    shares_of,
    sleeves_of,
)

KIND = "plimsoll-allocator"
FORMAT = 1


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Allocator:
    """A scoring network and what it was made of.

    Attributes
    ----------
    network
        From the seven numbers of a sleeve to its score.
    sleeves
        Names of those whose returns it learned from, for the record.
    trained_from, trained_until
        The first day that it learned from, and the end of the last; UTC.
    steps, seed
        How long it learned, and the seed.
    made_with
        Versions of the libraries that it was trained by, for the record.
    """

    network: Network
    terms: AllocationTerms
    sleeves: tuple[str, ...]
    trained_from: pd.Timestamp
    trained_until: pd.Timestamp
    steps: int
    seed: int
    made_with: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its file's usual name: until when it learned, and the seed."""
        return f"ppo-{self.trained_until:%Y%m%d}-{self.seed}"


def write_allocator(one: Allocator, file: Path) -> None:
    """Write an allocator, whole or not at all."""
    layers = one.network.layers
    arrays: dict[str, NDArray[Any]] = {
        "probe": _probe(one.terms),
        **{f"weights_{place}": weights for place, (weights, _) in enumerate(layers)},
        **{f"biases_{place}": biases for place, (_, biases) in enumerate(layers)},
    }
    told = {
        "kind": KIND,
        "format": FORMAT,
        "state": list(ALLOCATION_STATE),
        "activation": one.network.activation,
        "layers": len(layers),
        "terms": asdict(one.terms),
        "sleeves": list(one.sleeves),
        "trained_from": one.trained_from.isoformat(),
        "trained_until": one.trained_until.isoformat(),
        "steps": one.steps,
        "seed": one.seed,
        "made_with": dict(one.made_with),
    }
    write_archive(file, arrays, told)


def read_allocator(file: Path) -> Allocator:
    """Read an allocator and refuse one that must not be asked.

    Raises
    ------
    AgentError
        When the file is missing, foreign or damaged, or when the present code would show it
        another state than it learned from.
    """
    arrays = read_archive(file)
    try:
        one = _allocator(json.loads(arrays["metadata"].tobytes()), arrays)
        kept, now = arrays["probe"], _probe(one.terms)
        is_same = kept.shape == now.shape and bool(np.allclose(kept, now, rtol=1e-4, atol=1e-5))
    except AgentError as error:
        raise AgentError(f"{file}: {error}") from None
    except (KeyError, TypeError, ValueError, PlimsollError) as error:
        raise AgentError(f"{file} is no allocator that this version reads: {error}") from None
    if not is_same:
        raise AgentError(
            f"{file} learned from another state than this version of Plimsoll would show it; "
            "train it again"
        )
    return one


def _allocator(told: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Allocator:
    if told["kind"] != KIND or told["format"] != FORMAT:
        raise AgentError(f"expected {KIND} {FORMAT}, found {told['kind']} {told['format']}")
    if told["state"] != list(ALLOCATION_STATE):
        raise AgentError(f"it has another state: {told['state']}")
    layers = [
        (arrays[f"weights_{place}"], arrays[f"biases_{place}"]) for place in range(told["layers"])
    ]
    network = Network(layers, told["activation"])
    if (network.inputs, network.outputs) != (len(ALLOCATION_STATE), 1):
        raise AgentError(f"its network has {network.inputs} inputs and {network.outputs} outputs")
    return Allocator(
        network=network,
        terms=AllocationTerms(**told["terms"]),
        sleeves=tuple(told["sleeves"]),
        trained_from=pd.Timestamp(told["trained_from"]),
        trained_until=pd.Timestamp(told["trained_until"]),
        steps=int(told["steps"]),
        seed=int(told["seed"]),
        made_with=dict(told["made_with"]),
    )


def _probe(terms: AllocationTerms) -> NDArray[np.float64]:
    """Return what the present code makes of made-up returns that are the same everywhere.

    An allocator is refused when these are not the numbers that it was written with: it would be
    shown something else than it learned from.
    """
    days = np.arange(300)
    waves = np.stack([np.sin(days / length) for length in (3, 7, 11)], axis=1)
    sleeves = sleeves_of(0.01 * waves + 0.002 * np.cos(days / 5)[:, None], days // 90)
    play, seen = AllocationPlay(sleeves, np.array([250]), terms), []
    for day in range(15):
        scores = np.array([[np.sin(day), np.cos(day), 0.1 * day]])
        seen += [play.observations().ravel().astype(np.float64), shares_of(scores).ravel()]
        reward, _ = play.step(scores)
        seen.append(reward.total)
    return np.concatenate(seen)
