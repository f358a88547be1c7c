"""Agents: trained with stable-baselines3, kept in files of plain numbers, run without it.

Only `plimsoll.agents.training` needs the extra ``rl``, and `plimsoll.agents.environment` gymnasium;
a bot that runs an agent needs neither.
"""

from plimsoll.agents.agent_file import Agent, read_agent, write_agent
from plimsoll.agents.allocator_file import Allocator, read_allocator, write_allocator
from plimsoll.agents.archive import AgentError
from plimsoll.agents.shelf import Shelf, agent_files

__all__ = [
    "Agent",
    "AgentError",
    "Allocator",
    "Shelf",
    "agent_files",
    "read_agent",
    "read_allocator",
    "write_agent",
    "write_allocator",
]
