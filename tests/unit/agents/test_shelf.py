"""Which agent may be asked when."""

from pathlib import Path

import pandas as pd
import pytest

from plimsoll.agents import AgentError, write_agent, write_allocator
from plimsoll.agents.shelf import Shelf, agent_files, read_allocators, read_shelf
from tests.unit.agents.agents import agent
from tests.unit.agents.allocators import allocator

DAYS = pd.Timedelta(days=90)


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def test_the_newest_that_had_learned_by_then_is_asked() -> None:
    old, new = (agent(trained_until=day(text)) for text in ("2023-12-30", "2024-01-30"))
    shelf = Shelf([new, old], DAYS)
    assert shelf.at(day("2023-12-01")) is None  # it would know what comes
    assert shelf.at(day("2023-12-30")) is None  # the embargo
    assert shelf.at(day("2024-01-01")) is old
    assert shelf.at(day("2024-02-01")) is new
    assert shelf.at(day("2024-04-01")) is new
    assert shelf.at(day("2024-05-01")) is None  # too old
    assert Shelf([], DAYS).at(day("2024-01-01")) is None


def test_a_folder_is_read_whole_or_refused(tmp_path: Path) -> None:
    assert agent_files(tmp_path / "none") == []
    assert read_shelf(tmp_path, expires_after=DAYS).agents == []
    write_agent(agent(), tmp_path / "b.npz")
    write_agent(agent(seed=2), tmp_path / "a.npz")
    assert [one.seed for one in read_shelf(tmp_path, expires_after=DAYS).agents] == [2, 1]
    (tmp_path / "c.npz").write_bytes(b"?")
    with pytest.raises(AgentError, match=r"c\.npz"):
        read_shelf(tmp_path, expires_after=DAYS)


def test_allocators_are_read_whole_or_refused(tmp_path: Path) -> None:
    write_allocator(allocator(seed=4), tmp_path / "a.npz")
    [one] = read_allocators(tmp_path, expires_after=DAYS).agents
    assert one.seed == 4
    write_agent(agent(), tmp_path / "b.npz")
    with pytest.raises(AgentError, match=r"b\.npz: expected plimsoll-allocator"):
        read_allocators(tmp_path, expires_after=DAYS)
