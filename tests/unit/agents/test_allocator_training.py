"""Training an allocator: bounded, by a seed, resumable to the same numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from plimsoll.agents.allocator_training import AllocatorPlan, TrainedAllocator, train_allocator
from plimsoll.core import PlimsollError
from plimsoll.learning.allocation import ALLOCATION_PARTS, AllocationTerms
from plimsoll.learning.allocation_judgement import judge_allocation
from tests.unit.learning.sleeves import made_sleeves

pytest.importorskip(
    "torch", reason="PyTorch is not installed: pip install 'freqtrade-plimsoll[rl]'"
)

SLEEVES, TERMS = made_sleeves(edge=0.003), AllocationTerms()
PLAN = AllocatorPlan(steps=500, accounts=8, round_steps=256, seed=3)


def trained(
    folder: Path, plan: AllocatorPlan = PLAN, most: int | None = None
) -> TrainedAllocator | None:
    return train_allocator(SLEEVES, TERMS, plan, folder, most_rounds=most)


def weights(done: TrainedAllocator | None) -> np.ndarray:
    assert done is not None
    return np.concatenate([part.ravel() for layer in done.network.layers for part in layer])


def test_a_training_that_was_interrupted_ends_with_the_same_numbers(tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole")
    assert trained(tmp_path / "parts", most=1) is None
    parts = trained(tmp_path / "parts")
    assert np.array_equal(weights(whole), weights(parts))
    assert whole is not None
    assert (len(whole.rounds), whole.steps) == (2, 512)
    assert set(whole.rounds[0]) == {"total", *ALLOCATION_PARTS}
    assert not np.array_equal(
        weights(whole), weights(trained(tmp_path / "b", replace(PLAN, seed=4)))
    )


def test_it_learns_to_follow_a_planted_edge(tmp_path: Path) -> None:
    lived = made_sleeves(edge=0.004, days=3_000)
    plan = AllocatorPlan(steps=24_576, round_steps=8_192)
    done = train_allocator(lived, TERMS, plan, tmp_path)
    assert done is not None
    unseen = made_sleeves(7, edge=0.004, days=3_000)
    assert judge_allocation(done.network, unseen, TERMS, seed=1).is_better


def test_a_folder_of_another_training_and_sleeves_without_a_known_day_are_refused(
    tmp_path: Path,
) -> None:
    trained(tmp_path, most=1)
    with pytest.raises(PlimsollError, match="has a training of another"):
        trained(tmp_path, replace(PLAN, seed=9))
    with pytest.raises(PlimsollError, match="none that are known of 40"):
        train_allocator(made_sleeves(days=40), TERMS, PLAN, tmp_path / "few")
