"""What agents want on each candle of a pair: their own accounts, month by month."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import pandas as pd

from plimsoll.learning.account import Terms
from plimsoll.learning.market import PRICES, market_of
from plimsoll.learning.play import play_out
from plimsoll.learning.policy import Policy
from plimsoll.learning.reward import Weights
from plimsoll.learning.signals import Inputs, with_signals

NOBODY = -1
"""The action of a candle that no agent was asked about."""


class Asked(Protocol):
    """An agent that may be asked."""

    @property
    def policy(self) -> Policy:
        """What it wants."""

    @property
    def inputs(self) -> Inputs:
        """The data of its state."""

    @property
    def terms(self) -> Terms:
        """Of its account."""


def with_next(candles: pd.DataFrame, span: pd.Timedelta) -> pd.DataFrame:
    """Return candles and one more at the last close: what is decided now is carried out on it.

    What it is like changes nothing that is decided before it.
    """
    if candles.empty:
        return candles
    last = candles.iloc[-1:]
    next_one = last.assign(date=last["date"] + span)
    for name in PRICES:
        next_one = next_one.assign(**{name: last["close"]})
    if "funding_paid" in candles:
        next_one = next_one.assign(funding_paid=0.0)
    return pd.concat([candles, next_one], ignore_index=True)


def followed(
    candles: pd.DataFrame,
    agent_at: Callable[[pd.Timestamp], Asked | None],
    span: pd.Timedelta,
) -> pd.DataFrame:
    """Return what the agents want on each candle.

    A month is played whole or not at all: not where the candles begin within it, nor where they
    are too few before it for the state to be known.

    Parameters
    ----------
    candles
        ``date``, prices, volume and the data of the agents' states; the last is not decided on.
    agent_at
        Which agent is asked in an episode that begins at a moment; ``None`` for none.
    span
        Length of a candle.

    Returns
    -------
    On the index of the candles: ``agent_units`` (signed, 0 for nothing), ``agent_action``
    (`NOBODY` where none was asked), ``agent_most_units`` and ``agent_leverage``.
    """
    found = nothing_wanted(candles)
    dates = pd.DatetimeIndex(candles["date"])
    asked = {row: agent_at(dates[row]) for row in first_rows(candles)}
    for agent in {id(one): one for one in asked.values() if one is not None}.values():
        begins = [
            row
            for row, one in asked.items()
            if one is agent and row >= agent.inputs.lookback_candles
        ]
        market = market_of(with_signals(candles, agent.inputs), span)
        firsts = np.intersect1d(market.first_rows(), np.array(begins, dtype=np.int_))
        if not len(firsts):
            continue
        played = play_out(market, agent.policy.choose, agent.terms, Weights(), begins=firsts)
        rows = np.flatnonzero(played.actions != NOBODY)
        found.iloc[rows, 0], found.iloc[rows, 1] = played.units[rows], played.actions[rows]
        found.iloc[rows, 2], found.iloc[rows, 3] = agent.terms.most_units, agent.terms.leverage
    return found


def first_rows(candles: pd.DataFrame) -> list[int]:
    """Return the candles that a calendar month begins with; none of a single candle."""
    dates = pd.DatetimeIndex(candles["date"])
    is_first = (dates == dates.floor("D")) & (dates.day == 1)
    rows: list[int] = np.flatnonzero(is_first).tolist()
    return rows if len(candles) > 1 else []


def nothing_wanted(candles: pd.DataFrame) -> pd.DataFrame:
    """Return what is wanted without an agent: nothing."""
    return pd.DataFrame(
        {
            "agent_units": np.zeros(len(candles), dtype=np.int_),
            "agent_action": np.full(len(candles), NOBODY, dtype=np.int_),
            "agent_most_units": np.ones(len(candles)),
            "agent_leverage": np.ones(len(candles)),
        },
        index=candles.index,
    )
