"""An agent in a file: plain numbers, what they were made of, and a hash of it all.

The file is a NumPy archive without Python objects: reading one runs no code. It is written whole
or not at all.
"""

import contextlib
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.agents.probe import agrees, probe
from plimsoll.core import PlimsollError
from plimsoll.learning import STATE, Action, Inputs, Masking, Network, Policy, Terms

KIND = "plimsoll-agent"
FORMAT = 1
SUFFIX = ".npz"
MOST_BYTES = 20_000_000
ACTIONS = [one.name.lower() for one in Action]


class AgentError(PlimsollError):
    """A file that is no agent, or one that must not be asked."""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Agent:
    """A policy and what it was made of.

    Attributes
    ----------
    algorithm
        ``ppo``, ``a2c`` or ``dqn``.
    trained_from, trained_until
        Times (UTC) of the first candle that it learned from and of the close of the last.
    timeframe, pairs
        Of the candles.
    steps, seed
        How long it learned, and the seed.
    made_with
        Versions of the libraries that it was trained by, for the record.
    """

    policy: Policy
    algorithm: str
    inputs: Inputs
    terms: Terms
    timeframe: str
    pairs: tuple[str, ...]
    trained_from: pd.Timestamp
    trained_until: pd.Timestamp
    steps: int
    seed: int
    made_with: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its file's usual name: the algorithm, and until when it learned."""
        return f"{self.algorithm}-{self.trained_until:%Y%m%d}-{self.seed}"


def write_agent(agent: Agent, file: Path) -> None:
    """Write an agent, whole or not at all."""
    layers = agent.policy.network.layers
    arrays: dict[str, NDArray[Any]] = {
        "probe": probe(agent.inputs, agent.terms),
        **{f"weights_{place}": weights for place, (weights, _) in enumerate(layers)},
        **{f"biases_{place}": biases for place, (_, biases) in enumerate(layers)},
    }
    told = {
        "kind": KIND,
        "format": FORMAT,
        "state": list(STATE),
        "actions": ACTIONS,
        "activation": agent.policy.network.activation,
        "masking": agent.policy.masking.value,
        "layers": len(layers),
        "algorithm": agent.algorithm,
        "inputs": asdict(agent.inputs),
        "terms": asdict(agent.terms),
        "timeframe": agent.timeframe,
        "pairs": list(agent.pairs),
        "trained_from": agent.trained_from.isoformat(),
        "trained_until": agent.trained_until.isoformat(),
        "steps": agent.steps,
        "seed": agent.seed,
        "made_with": dict(agent.made_with),
    }
    words = json.dumps(told, sort_keys=True).encode()
    arrays["metadata"] = np.frombuffer(words, dtype=np.uint8)
    arrays["sha256"] = np.frombuffer(_digest(arrays), dtype=np.uint8)
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with half.open("wb") as out:
            out.write(content.getvalue())
            out.flush()
            os.fsync(out.fileno())
        os.replace(half, file)  # noqa: PTH105 - replaces across an existing file on every system
    finally:
        with contextlib.suppress(FileNotFoundError):
            half.unlink()


def read_agent(file: Path) -> Agent:
    """Read an agent and refuse one that must not be asked.

    Raises
    ------
    AgentError
        When the file is missing, foreign or damaged, or when the present code would show the agent
        another state than it learned from.
    """
    arrays = _arrays(file)
    kept = arrays.pop("sha256", None)
    if kept is None or "metadata" not in arrays:
        raise AgentError(f"expected an agent of Plimsoll in {file}, found another archive")
    if _digest(arrays) != kept.tobytes():
        raise AgentError(f"{file} is damaged: its content is not what was written; train it again")
    try:
        told = json.loads(arrays["metadata"].tobytes())
        agent = _agent(told, arrays)
        is_same = agrees(arrays["probe"], agent.inputs, agent.terms)
    except AgentError as error:
        raise AgentError(f"{file}: {error}") from None
    except (KeyError, TypeError, ValueError, PlimsollError) as error:
        raise AgentError(f"{file} is no agent that this version reads: {error}") from None
    if not is_same:
        raise AgentError(
            f"{file} learned from another state than this version of Plimsoll would show it "
            "(features, account or costs have changed); train it again"
        )
    return agent


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise AgentError(f"expected an agent below {MOST_BYTES:,} bytes, found {file} larger")
        with np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise AgentError(f"expected an agent in {file}, found no file; train one") from None
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise AgentError(f"expected an agent of Plimsoll in {file}, found: {error}") from None


def _agent(told: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Agent:
    if told["kind"] != KIND or told["format"] != FORMAT:
        raise AgentError(f"expected {KIND} {FORMAT}, found {told['kind']} {told['format']}")
    for name, present in (("state", list(STATE)), ("actions", ACTIONS)):
        if told[name] != present:
            raise AgentError(f"it has another {name}: {told[name]} instead of {present}")
    layers = [
        (arrays[f"weights_{place}"], arrays[f"biases_{place}"]) for place in range(told["layers"])
    ]
    network = Network(layers, told["activation"])
    if (network.inputs, network.outputs) != (len(STATE), len(ACTIONS)):
        raise AgentError(f"its network has {network.inputs} inputs and {network.outputs} outputs")
    return Agent(
        policy=Policy(network, Masking(told["masking"])),
        algorithm=str(told["algorithm"]),
        inputs=Inputs(**told["inputs"]),
        terms=Terms(**told["terms"]),
        timeframe=str(told["timeframe"]),
        pairs=tuple(told["pairs"]),
        trained_from=pd.Timestamp(told["trained_from"]),
        trained_until=pd.Timestamp(told["trained_until"]),
        steps=int(told["steps"]),
        seed=int(told["seed"]),
        made_with=dict(told["made_with"]),
    )


def _digest(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {values.dtype.str} {values.shape}\0".encode())
        digest.update(values.tobytes())
    return digest.digest()
