"""Train an allocator by PPO: bounded, by a seed, resumable to the same result.

One network scores every sleeve from its own seven numbers, so that what is learned of one holds
for all; the value of a day is the mean of what a second network says of each.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from plimsoll.agents.rl_stack import Stack, rl_stack
from plimsoll.agents.rounds import keep, progress, restore, weights_file, write_progress
from plimsoll.core import PlimsollError
from plimsoll.learning import Network
from plimsoll.learning.allocation import ALLOCATION_STATE, AllocationTerms, Sleeves


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorPlan:
    """How an allocator is trained.

    Attributes
    ----------
    steps
        Days lived through by all accounts together, rounded up to whole rounds.
    accounts
        How many share out side by side.
    round_steps
        After how many the training is written down.
    discount
        Of a reward a day later.
    width
        Of the two layers of the network.
    """

    seed: int = 1
    steps: int = 131_072
    accounts: int = 64
    round_steps: int = 32_768
    discount: float = 0.9
    width: int = 16
    learning_rate: float = 2e-3

    def __post_init__(self) -> None:
        if not (self.steps > 0 and self.round_steps >= self.accounts > 0):
            raise PlimsollError(f"expected steps, and rounds of at least one an account: {self}")

    @property
    def rounds(self) -> int:
        """How many rounds that is."""
        return -(-self.steps // self.round_steps)


@dataclass(frozen=True, slots=True)
class TrainedAllocator:
    """A network, and the mean reward of a step in each round with its parts."""

    network: Network
    rounds: Sequence[Mapping[str, float]]
    steps: int
    made_with: Mapping[str, str] = field(default_factory=dict)


def train_allocator(
    sleeves: Sleeves,
    terms: AllocationTerms,
    plan: AllocatorPlan,
    folder: Path,
    *,
    tell: Callable[[str], None] = lambda _: None,
    most_rounds: int | None = None,
) -> TrainedAllocator | None:
    """Train, or go on with what is in the folder; ``None`` when it is not done yet.

    Raises
    ------
    PlimsollError
        When the extra is missing, no day of the sleeves is known, or the folder has another
        training.
    """
    stack = rl_stack()
    from plimsoll.agents.allocation_vector import AllocationEnvironment

    if not sleeves.is_known[:-1].any():
        raise PlimsollError(
            f"expected sleeves with days to learn from, found none that are known of {len(sleeves)}"
        )
    subject = _subject(sleeves, terms, plan)
    done = progress(folder, subject)
    end = plan.rounds if most_rounds is None else min(plan.rounds, len(done) + most_rounds)
    for number in range(len(done), end):
        seed = int(np.random.SeedSequence([plan.seed, number]).generate_state(1)[0] % 2**31)
        place = AllocationEnvironment(sleeves, terms, accounts=plan.accounts, seed=seed)
        learner = _learner(stack, place, plan, seed=seed)
        if number:
            restore(stack, learner, weights_file(folder, number))
        learner.learn(total_timesteps=plan.round_steps, progress_bar=False)
        means = {name: value / place.steps for name, value in place.sums.items()}
        keep(stack, learner, weights_file(folder, number + 1))
        done.append(means)
        write_progress(folder, subject, done)
        tell(f"{(number + 1) * plan.round_steps:,} days, mean reward {means['total']:+.5f}")
    if len(done) < plan.rounds:
        return None
    place = AllocationEnvironment(sleeves, terms, accounts=plan.accounts, seed=plan.seed)
    learner = _learner(stack, place, plan, seed=plan.seed)
    restore(stack, learner, weights_file(folder, plan.rounds))
    network = _network(learner)
    return TrainedAllocator(network, done, plan.rounds * plan.round_steps, stack.versions())


def _learner(stack: Stack, place: Any, plan: AllocatorPlan, *, seed: int) -> Any:
    """Return stable-baselines3's PPO for one round."""
    from plimsoll.agents.allocator_policy import SharedPolicy

    steps = max(min(64, plan.round_steps // plan.accounts), 1)
    return stack.stable_baselines3.PPO(
        SharedPolicy,
        place,
        n_steps=steps,
        batch_size=min(1024, steps * plan.accounts),
        n_epochs=6,
        gamma=plan.discount,
        gae_lambda=0.9,
        learning_rate=plan.learning_rate,
        seed=seed,
        device="cpu",
        policy_kwargs={"width": plan.width, "seen": len(ALLOCATION_STATE)},
    )


def _network(learner: Any) -> Network:
    """Return the network that scores a sleeve as plain numbers."""
    layers = [
        tuple(one.detach().numpy().copy() for one in (module.weight, module.bias))
        for module in learner.policy.mlp_extractor.policy_net
        if hasattr(module, "weight")
    ]
    return Network(layers, "tanh")


def _subject(sleeves: Sleeves, terms: AllocationTerms, plan: AllocatorPlan) -> str:
    """Return what a training is of: it goes on only with the same."""
    digest = hashlib.sha256()
    for values in (sleeves.returns, sleeves.episode, sleeves.seen):
        digest.update(np.ascontiguousarray(values).tobytes())
    digest.update(json.dumps([asdict(terms), asdict(plan)], sort_keys=True).encode())
    return digest.hexdigest()
