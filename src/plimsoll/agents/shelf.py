"""Which agent may be asked when: the newest that had learned by then and is not too old."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import pandas as pd

from plimsoll.agents.agent_file import SUFFIX, Agent, read_agent
from plimsoll.agents.allocator_file import KIND as ALLOCATOR
from plimsoll.agents.allocator_file import Allocator, read_allocator
from plimsoll.agents.archive import read_archive

ONE_DAY = pd.Timedelta(days=1)


class Learned(Protocol):
    """What has learned until some time."""

    @property
    def trained_until(self) -> pd.Timestamp:
        """Return when it had learned."""

    @property
    def seed(self) -> int:
        """Return its seed."""


Kind = TypeVar("Kind", bound=Learned)


@dataclass(frozen=True, slots=True)
class Shelf(Generic[Kind]):
    """Agents, or allocators, by when they had learned.

    Attributes
    ----------
    agents
        Of one timeframe.
    expires_after
        An agent that learned longer ago than this is not asked.
    embargo
        How long after its last candle an agent is first asked.
    """

    agents: Sequence[Kind]
    expires_after: pd.Timedelta
    embargo: pd.Timedelta = ONE_DAY

    def at(self, moment: pd.Timestamp) -> Kind | None:
        """Return the agent for an episode that begins at a moment; ``None`` without one.

        Never one that has learned from what comes after it.
        """
        fit = [
            agent
            for agent in self.agents
            if agent.trained_until + self.embargo <= moment
            and moment - agent.trained_until <= self.expires_after
        ]
        return max(fit, key=lambda agent: (agent.trained_until, agent.seed), default=None)


def agent_files(folder: Path) -> list[Path]:
    """Return the agents' files of a folder, ordered by name; none when there is no folder."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def read_shelf(folder: Path, *, expires_after: pd.Timedelta) -> Shelf[Agent]:
    """Read all agents of a folder.

    Raises
    ------
    AgentError
        For a file that must not be asked: it is to be moved away, not passed over.
    """
    return Shelf([read_agent(file) for file in agent_files(folder)], expires_after)


def read_allocators(folder: Path, *, expires_after: pd.Timedelta) -> Shelf[Allocator]:
    """Read all allocators of a folder.

    Raises
    ------
    AgentError
        As `read_shelf`.
    """
    return Shelf([read_allocator(file) for file in agent_files(folder)], expires_after)


def read_either(file: Path) -> Agent | Allocator:
    """Read an agent or an allocator, by what the file says it is.

    Raises
    ------
    AgentError
        As `read_agent`.
    """
    told = read_archive(file)["metadata"].tobytes()
    return read_allocator(file) if ALLOCATOR.encode() in told else read_agent(file)
