"""Train an agent: a bounded number of steps, by a seed, and resumable to the same result.

Steps are taken in rounds. Each begins with what the round before has left on disk (weights, the
optimiser, of DQN also its experience) and with a seed of its own, so that a training that was
killed and goes on ends with the same numbers as one that was not.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.agents.rl_stack import Stack, rl_stack
from plimsoll.agents.rounds import keep, progress, restore, weights_file, write_progress
from plimsoll.core import PlimsollError
from plimsoll.learning import Market, Masking, Network, Policy, Terms, Weights


class Algorithm(StrEnum):
    """PPO with masks (sb3-contrib); A2C and DQN (stable-baselines3) without."""

    PPO = "ppo"
    A2C = "a2c"
    DQN = "dqn"

    @property
    def masking(self) -> Masking:
        """What it does about actions that are not allowed."""
        return Masking.MASKED if self is Algorithm.PPO else Masking.HOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How an agent is trained.

    Attributes
    ----------
    steps
        Candles lived through by all accounts together, rounded up to whole rounds.
    accounts
        How many trade side by side.
    round_steps
        After how many the training is written down.
    discount
        Of a reward one candle later.
    width
        Of the two layers of the network.
    """

    algorithm: Algorithm = Algorithm.PPO
    seed: int = 1
    steps: int = 200_000
    accounts: int = 64
    round_steps: int = 32_768
    discount: float = 0.98
    width: int = 32
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        if not (self.steps > 0 and self.round_steps >= self.accounts > 0):
            raise PlimsollError(f"expected steps, and rounds of at least one a account: {self}")

    @property
    def rounds(self) -> int:
        """How many rounds that is."""
        return -(-self.steps // self.round_steps)


@dataclass(frozen=True, slots=True)
class Trained:
    """A policy, and the mean reward of a step in each round with its parts."""

    policy: Policy
    rounds: Sequence[Mapping[str, float]]
    steps: int
    made_with: Mapping[str, str] = field(default_factory=dict)


def train(
    market: Market,
    terms: Terms,
    weights: Weights,
    plan: Plan,
    folder: Path,
    *,
    tell: Callable[[str], None] = lambda _: None,
    most_rounds: int | None = None,
) -> Trained | None:
    """Train, or go on with what is in the folder.

    Parameters
    ----------
    market, terms, weights
        What the accounts live in, what they pay and what they are rewarded for.
    plan
        How, and how long.
    folder
        Where it is written down after each round. One folder is of one training.
    tell
        Gets a line after each round.
    most_rounds
        Stop after so many; the next call goes on.

    Returns
    -------
    ``None`` when it is not done yet.

    Raises
    ------
    PlimsollError
        When the extra is missing, or the folder has another training.
    """
    stack = rl_stack()
    from plimsoll.agents.vector import AccountsEnvironment

    subject = _subject(market, terms, weights, plan)
    done = progress(folder, subject)
    end = plan.rounds if most_rounds is None else min(plan.rounds, len(done) + most_rounds)
    for number in range(len(done), end):
        seed = int(np.random.SeedSequence([plan.seed, number]).generate_state(1)[0] % 2**31)
        place = AccountsEnvironment(market, terms, weights, accounts=plan.accounts, seed=seed)
        learner = _learner(stack, place, plan, seed=seed, number=number)
        if number:
            restore(stack, learner, weights_file(folder, number))
        learner.learn(total_timesteps=plan.round_steps, progress_bar=False)
        means = {name: value / place.steps for name, value in place.sums.items()}
        keep(stack, learner, weights_file(folder, number + 1))
        done.append(means)
        write_progress(folder, subject, done)
        tell(f"{(number + 1) * plan.round_steps:,} steps, mean reward {means['total']:+.5f}")
    if len(done) < plan.rounds:
        return None
    place = AccountsEnvironment(market, terms, weights, accounts=plan.accounts, seed=plan.seed)
    learner = _learner(stack, place, plan, seed=plan.seed, number=0)
    restore(stack, learner, weights_file(folder, plan.rounds))
    policy = Policy(_network(learner, plan.algorithm), plan.algorithm.masking)
    return Trained(policy, done, plan.rounds * plan.round_steps, stack.versions())


def _learner(stack: Stack, place: Any, plan: Plan, *, seed: int, number: int) -> Any:
    """Return the algorithm of stable-baselines3 for one round."""
    shape = [plan.width, plan.width]
    common: dict[str, Any] = {
        "gamma": plan.discount,
        "learning_rate": plan.learning_rate,
        "seed": seed,
        "device": "cpu",
        "policy_kwargs": {"net_arch": shape},
    }
    a_round = max(plan.round_steps // plan.accounts, 1)
    if plan.algorithm is Algorithm.PPO:
        steps = max(min(128, a_round), 1)
        return stack.sb3_contrib.MaskablePPO(
            "MlpPolicy",
            place,
            n_steps=steps,
            batch_size=min(1024, steps * plan.accounts),
            n_epochs=6,
            ent_coef=0.003,
            **common,
        )
    if plan.algorithm is Algorithm.A2C:
        return stack.stable_baselines3.A2C("MlpPolicy", place, n_steps=16, ent_coef=0.003, **common)
    share = number / plan.rounds, (number + 1) / plan.rounds
    explored = [max(1 - one / 0.5, 0.0) * 0.95 + 0.05 for one in share]
    return stack.stable_baselines3.DQN(
        "MlpPolicy",
        place,
        buffer_size=100_000,
        learning_starts=0 if number else min(5_000, plan.round_steps // 4),
        batch_size=256,
        train_freq=4,
        gradient_steps=8,
        target_update_interval=2_000,
        exploration_initial_eps=explored[0],
        exploration_final_eps=explored[1],
        exploration_fraction=1.0,
        **common,
    )


def _network(learner: Any, algorithm: Algorithm) -> Network:
    """Return the network that values actions as plain numbers."""
    if algorithm is Algorithm.DQN:
        modules = list(learner.policy.q_net.q_net)
    else:
        modules = [*learner.policy.mlp_extractor.policy_net, learner.policy.action_net]
    layers = [
        tuple(one.detach().numpy().copy() for one in (module.weight, module.bias))
        for module in modules
        if hasattr(module, "weight")
    ]
    return Network(layers, "relu" if algorithm is Algorithm.DQN else "tanh")


def _subject(market: Market, terms: Terms, weights: Weights, plan: Plan) -> str:
    """Return what a training is of: it goes on only with the same."""
    digest = hashlib.sha256()
    for name in ("open", "high", "low", "close", "settled", "signals", "episode", "closing"):
        values: NDArray[Any] = getattr(market, name)
        digest.update(np.ascontiguousarray(values).tobytes())
    words = json.dumps([asdict(terms), asdict(weights), asdict(plan)], sort_keys=True)
    digest.update(words.encode())
    return digest.hexdigest()
