"""A portfolio of sleeves that a learned allocator shares out.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

import logging
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from plimsoll.agents import AgentError, Allocator, Shelf, agent_files
from plimsoll.agents.sharing import shared
from plimsoll.agents.shelf import read_allocators
from plimsoll.bridge.strategies.portfolio import PortfolioStrategy


class AllocatorStrategy(PortfolioStrategy):
    """Gives an ensemble its shares: those of the allocators in ``user_data/agents/<strategy>``.

    For each quarter the newest is asked that had learned by its first day and is not older than
    ``expires_days`` then. Where none is, a file must not be asked, or a number of the state is
    missing, the shares are equal, the rule ensemble's own, and a line says so.
    """

    expires_days: ClassVar[int] = 400

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._shelf: tuple[Any, Shelf[Allocator]] | None = None
        self._said: set[str] = set()
        # Freqtrade's cache of backtests knows the config and not the allocators.
        config["plimsoll_agents"] = [str(one) for one in self._files()]

    def learned_shares(self, returns: pd.DataFrame) -> pd.DataFrame:
        """Return the shares of an ensemble's components from their daily returns.

        Days × components in and out: an `plimsoll.signals.ensemble.Allocator`. NaN, which the
        ensemble takes for equal shares, where no allocator may be asked.
        """
        shelf = self.shelf()
        if not shelf.agents:
            return returns * np.nan
        shares, missing = shared(returns, shelf)
        if missing:
            self._say(
                f"no allocator had learned lately enough for {missing} quarters; their shares "
                "are equal"
            )
        if len(shares) and shares.iloc[-1].isna().any():
            self._say("the newest state is not known, or nobody may be asked; shares are equal")
        return shares

    def agent_folder(self) -> Path:
        """Return where the allocators lie."""
        return Path(self.config["user_data_dir"]) / "agents" / type(self).__name__

    def shelf(self) -> Shelf[Allocator]:
        """Return the allocators; read anew when their folder has changed.

        None of a folder is asked while one of its files must not be.
        """
        seen = self._files()
        if self._shelf is None or self._shelf[0] != seen:
            self._shelf = seen, self._read(self.agent_folder())
        return self._shelf[1]

    def _files(self) -> list[tuple[str, int, int]]:
        """Return name, time and size of each allocator's file."""
        found = [(file.name, file.stat()) for file in agent_files(self.agent_folder())]
        return [(name, known.st_mtime_ns, known.st_size) for name, known in found]

    def _read(self, folder: Path) -> Shelf[Allocator]:
        expires = pd.Timedelta(days=self.expires_days)
        try:
            shelf = read_allocators(folder, expires_after=expires)
        except AgentError as error:
            self._say(f"{error}; shares are equal")
            return Shelf([], expires)
        if not shelf.agents:
            self._say(f"expected an allocator in {folder}, found none; shares are equal")
        return shelf

    def _say(self, text: str) -> None:
        """Log a line once."""
        if text not in self._said:
            self._said.add(text)
            logging.getLogger(__name__).warning("plimsoll: %s: %s", type(self).__name__, text)
