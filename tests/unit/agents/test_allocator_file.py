"""Allocators in files: they come back whole, and one that must not be asked is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plimsoll.agents import AgentError, allocator_file, read_allocator, write_allocator
from plimsoll.agents.agent_file import write_agent
from plimsoll.agents.archive import read_archive, write_archive
from plimsoll.agents.shelf import read_either
from plimsoll.learning import Network
from plimsoll.learning.allocation import AllocationTerms
from tests.unit.agents.agents import agent
from tests.unit.agents.allocators import allocator


def test_an_allocator_comes_back_as_it_was(tmp_path: Path) -> None:
    one, file = allocator(terms=AllocationTerms(drawdown_weight=0.7)), tmp_path / "one.npz"
    write_allocator(one, file)
    again = read_allocator(file)
    seen = np.random.default_rng(1).normal(size=(20, 7)).astype(np.float32)
    assert np.array_equal(again.network(seen), one.network(seen))
    assert again.terms == one.terms
    assert (again.sleeves, again.name, again.steps) == (one.sleeves, "ppo-20231220-1", 1_000)
    assert (again.trained_from, again.trained_until) == (one.trained_from, one.trained_until)
    assert [file.name for file in tmp_path.iterdir()] == ["one.npz"]


def test_a_file_is_read_as_what_it_is(tmp_path: Path) -> None:
    write_allocator(allocator(), tmp_path / "one.npz")
    write_agent(agent(), tmp_path / "other.npz")
    assert read_either(tmp_path / "one.npz").seed == allocator().seed
    assert read_either(tmp_path / "other.npz").name == agent().name
    with pytest.raises(AgentError, match="expected plimsoll-allocator 1, found plimsoll-agent 1"):
        read_allocator(tmp_path / "other.npz")


def changed(file: Path, **told: Any) -> None:
    """Write an allocator's file again with other words, and a hash that fits."""
    arrays = read_archive(file)
    words = json.loads(arrays.pop("metadata").tobytes())
    write_archive(file, arrays, {**words, **told})


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"format": 2}, "found plimsoll-allocator 2"),
        ({"state": ["one"]}, "another state"),
        ({"layers": 0}, "is no allocator that this version reads"),
        ({"terms": {"fee": 1}}, "is no allocator that this version reads"),
        ({"activation": "sinus"}, "is no allocator that this version reads"),
        ({"terms": {"cost_fraction": 0.05, "drawdown_weight": 0.5}}, "learned from another state"),
    ],
)
def test_other_words_are_refused(told: dict[str, Any], said: str, tmp_path: Path) -> None:
    write_allocator(allocator(), tmp_path / "one.npz")
    changed(tmp_path / "one.npz", **told)
    with pytest.raises(AgentError, match=said):
        read_allocator(tmp_path / "one.npz")


def test_a_network_of_another_shape_is_refused(tmp_path: Path) -> None:
    wide = Network([(np.zeros((2, 7), np.float32), np.zeros(2, np.float32))], "tanh")
    write_allocator(allocator(network=wide), tmp_path / "one.npz")
    with pytest.raises(AgentError, match="its network has 7 inputs and 2 outputs"):
        read_allocator(tmp_path / "one.npz")


def test_one_that_learned_from_another_state_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_allocator(allocator(), tmp_path / "one.npz")
    before = allocator_file.sleeves_of
    monkeypatch.setattr(allocator_file, "sleeves_of", lambda made, day: before(made[::-1], day))
    with pytest.raises(AgentError, match="train it again"):
        read_allocator(tmp_path / "one.npz")


@pytest.mark.parametrize("spoil", ["cut", "flipped", "gone", "foreign"])
def test_a_spoilt_file_is_refused(spoil: str, tmp_path: Path) -> None:
    file = tmp_path / "one.npz"
    write_allocator(allocator(), file)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 255
    content = {"cut": data[:200], "flipped": data, "foreign": b"rubbish", "gone": b""}[spoil]
    file.write_bytes(content)
    if spoil == "gone":
        file.unlink()
    with pytest.raises(AgentError) as caught:
        read_allocator(file)
    assert "\n" not in str(caught.value)
