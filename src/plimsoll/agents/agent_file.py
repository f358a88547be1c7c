"""An agent in a file: plain numbers, and what they were made of (`plimsoll.agents.archive`)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from plimsoll.agents.archive import AgentError, read_archive, write_archive
from plimsoll.agents.probe import agrees, probe
from plimsoll.core import PlimsollError
from plimsoll.learning import STATE, Action, Inputs, Masking, Network, Policy, Terms

KIND = "plimsoll-agent"
FORMAT = 1
SUFFIX = ".npz"
ACTIONS = [one.name.lower() for one in Action]


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
    write_archive(file, arrays, told)


def read_agent(file: Path) -> Agent:
    """Read an agent and refuse one that must not be asked.

    Raises
    ------
    AgentError
        When the file is missing, foreign or damaged, or when the present code would show the agent
        another state than it learned from.
    """
    arrays = read_archive(file)
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
