"""Agents: trained with stable-baselines3, kept in files of plain numbers, run without it.

Only `plimsoll.agents.training` needs the extra ``rl``, and `plimsoll.agents.environment` gymnasium;
a bot that runs an agent needs neither.
"""

from plimsoll.agents.agent_file import Agent, AgentError, read_agent, write_agent
from plimsoll.agents.shelf import Shelf, agent_files

__all__ = ["Agent", "AgentError", "Shelf", "agent_files", "read_agent", "write_agent"]
