"""Training: bounded, by a seed, resumable to the same numbers; what it leaves runs without it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from plimsoll.agents.training import Algorithm, Plan, Trained, _learner, _network, train
from plimsoll.core import PlimsollError
from plimsoll.learning import PARTS, Masking, Terms, Weights
from tests.unit.learning.markets import wild_market

pytest.importorskip(
    "torch", reason="PyTorch is not installed: pip install 'freqtrade-plimsoll[rl]'"
)

from plimsoll.agents.rl_stack import rl_stack
from plimsoll.agents.vector import AccountsEnvironment

MARKET, TERMS, WEIGHTS = wild_market(1), Terms(), Weights()
EVERY = pytest.mark.parametrize("algorithm", list(Algorithm))


def plan(algorithm: Algorithm = Algorithm.PPO) -> Plan:
    return Plan(algorithm=algorithm, steps=500, accounts=8, round_steps=256, seed=3)


def trained(folder: Path, its: Plan, most: int | None = None) -> Trained | None:
    return train(MARKET, TERMS, WEIGHTS, its, folder, most_rounds=most)


def weights(done: Trained | None) -> np.ndarray:
    assert done is not None
    return np.concatenate([part.ravel() for layer in done.policy.network.layers for part in layer])


@EVERY
def test_a_training_that_was_interrupted_ends_with_the_same_numbers(
    tmp_path: Path, algorithm: Algorithm
) -> None:
    whole = trained(tmp_path / "whole", plan(algorithm))
    assert trained(tmp_path / "parts", plan(algorithm), most=1) is None
    assert trained(tmp_path / "parts", plan(algorithm), most=0) is None
    parts = trained(tmp_path / "parts", plan(algorithm))
    assert np.array_equal(weights(whole), weights(parts))
    assert whole is not None
    assert parts is not None
    assert whole.rounds == parts.rounds
    assert len(whole.rounds) == 2
    assert set(whole.rounds[0]) == {"total", *PARTS}
    assert whole.steps == 512
    other = trained(tmp_path / "other", replace(plan(algorithm), seed=4))
    assert not np.array_equal(weights(whole), weights(other))


@EVERY
def test_plain_numbers_want_what_the_library_wants(algorithm: Algorithm) -> None:
    place = AccountsEnvironment(MARKET, TERMS, WEIGHTS, accounts=4, seed=1)
    learner = _learner(rl_stack(), place, plan(algorithm), seed=5, number=0)
    draw = np.random.default_rng(1)
    seen = draw.normal(0, 2, (300, 12)).astype(np.float32)
    masks = np.concatenate([np.ones((300, 1), bool), draw.random((300, 5)) < 0.6], axis=1)
    told = {"action_masks": masks} if algorithm.masking is Masking.MASKED else {}
    theirs, _ = learner.predict(seen, deterministic=True, **told)
    values = _network(learner, algorithm)(seen)
    ours = np.argmax(np.where(masks, values, -np.inf) if told else values, axis=1)
    assert np.array_equal(ours, theirs)
    assert len(set(ours.tolist())) > 1


def test_a_folder_is_of_one_training(tmp_path: Path) -> None:
    trained(tmp_path, plan(), most=1)
    with pytest.raises(PlimsollError, match="training of another market, terms, weights or plan"):
        trained(tmp_path, replace(plan(), discount=0.9))
    [file] = tmp_path.glob("weights-*.pt")
    file.write_bytes(b"foreign")
    with pytest.raises(PlimsollError, match="expected the weights of this training"):
        trained(tmp_path, plan())
    (tmp_path / "progress.json").write_text("[]")
    with pytest.raises(PlimsollError, match="expected a training in"):
        trained(tmp_path, plan())


def test_a_plan_without_steps_is_refused() -> None:
    with pytest.raises(PlimsollError, match="expected steps"):
        Plan(steps=0)
