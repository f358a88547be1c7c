"""One network for every sleeve."""

import numpy as np
import pytest

from plimsoll.learning.allocation import AllocationTerms
from tests.unit.learning.sleeves import made_sleeves

pytest.importorskip(
    "torch", reason="PyTorch is not installed: pip install 'freqtrade-plimsoll[rl]'"
)

import torch

from plimsoll.agents.allocation_vector import AllocationEnvironment
from plimsoll.agents.allocator_policy import SharedExtractor
from plimsoll.agents.allocator_training import AllocatorPlan, _learner, _network
from plimsoll.agents.rl_stack import rl_stack


def test_a_sleeve_is_scored_by_its_own_numbers_wherever_it_stands() -> None:
    torch.manual_seed(1)
    net = SharedExtractor(3, 7, 8)
    seen = torch.randn(4, 21)
    order = [2, 0, 1]
    turned = seen.reshape(4, 3, 7)[:, order].reshape(4, -1)
    scores, value = net(seen)
    others, same = net(turned)
    assert scores.shape == (4, 3)
    assert torch.allclose(others, scores[:, order])
    assert torch.allclose(same, value, atol=1e-6)


def test_plain_numbers_score_what_the_library_wants() -> None:
    place = AllocationEnvironment(made_sleeves(), AllocationTerms(), accounts=4, seed=1)
    learner = _learner(rl_stack(), place, AllocatorPlan(accounts=4, round_steps=256), seed=5)
    with torch.no_grad():  # untrained, it scores all alike
        learner.policy.mlp_extractor.policy_net[-1].weight.mul_(300)
    seen = place.reset()
    wanted, _ = learner.predict(seen, deterministic=True)
    said = _network(learner)(seen.reshape(-1, 7)).reshape(4, 3)
    assert np.allclose(np.clip(said, -5, 5), wanted, atol=1e-5)
    assert np.ptp(said) > 0.01


def test_it_begins_with_next_to_equal_scores_and_learns_all_of_its_weights() -> None:
    place = AllocationEnvironment(made_sleeves(), AllocationTerms(), accounts=4, seed=1)
    learner = _learner(rl_stack(), place, AllocatorPlan(accounts=4, round_steps=256), seed=5)
    assert np.ptp(_network(learner)(place.reset().reshape(-1, 7))) < 0.2
    held = {id(one) for group in learner.policy.optimizer.param_groups for one in group["params"]}
    assert held == {id(one) for one in learner.policy.parameters()}
