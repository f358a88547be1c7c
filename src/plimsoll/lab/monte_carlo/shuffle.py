"""Signals moved along the candles: the same number and clusters, at other moments."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.core import UsageError

MOVED = ("enter_long", "enter_short", "exit_long", "exit_short", "enter_tag", "exit_tag")
"""What is moved; every other column stays where it is."""


def drawn_shifts(candles: int, runs: int, seed: int) -> list[int]:
    """Return by how many candles each run moves its signals, each another number.

    Raises
    ------
    UsageError
        When there are fewer ways to move them than runs.
    """
    if runs >= candles:
        raise UsageError(
            f"expected at most {candles - 1} runs, one for each way to move the signals of "
            f"{candles} candles, found {runs}; take a longer --timerange or fewer --runs"
        )
    lot = np.random.default_rng(seed)
    drawn: list[int] = (1 + lot.permutation(candles - 1)[:runs]).tolist()
    return drawn


def moved(analysed: pd.DataFrame, first: int, by: int) -> pd.DataFrame:
    """Return analysed candles whose signals and tags stand ``by`` rows later, the last ones first.

    Rows before ``first``, the warm-up, keep theirs. The given frame is left as it is.
    """
    order = np.arange(len(analysed))
    order[first:] = np.roll(order[first:], by)
    made = analysed.copy(deep=False)
    for name in MOVED:
        if name in analysed.columns:
            made[name] = analysed[name].array.take(order)
    return made


class MovedSignals:
    """Stands for a strategy's ``ft_advise_signals`` in a backtest that is run again and again.

    The strategy is asked once for each pair; ``by`` says how many candles its answer is moved.

    Parameters
    ----------
    own
        The strategy's own ``ft_advise_signals``.
    start
        Open of the first candle that is moved; those before it are warm-up.
    """

    def __init__(
        self, own: Callable[[pd.DataFrame, dict[str, Any]], pd.DataFrame], start: pd.Timestamp
    ) -> None:
        self._own, self._start = own, start
        self._known: dict[str, tuple[pd.DataFrame, int]] = {}
        self.by = 0

    def __call__(self, dataframe: pd.DataFrame, metadata: dict[str, Any]) -> pd.DataFrame:
        """Return the strategy's signals of a pair, moved."""
        pair = metadata["pair"]
        if pair not in self._known:
            analysed = self._own(dataframe, metadata)
            first = int((analysed["date"] < self._start).sum())
            self._known[pair] = analysed, first
        return moved(*self._known[pair], self.by)
