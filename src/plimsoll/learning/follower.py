"""What an agent wants on the newest candle, going on from the candle before."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plimsoll.learning.account import Accounts, Floats, Rows
from plimsoll.learning.following import NOBODY, Asked, first_rows, followed, nothing_wanted
from plimsoll.learning.market import Market, market_of
from plimsoll.learning.play import Play
from plimsoll.learning.reward import Weights
from plimsoll.learning.signals import with_signals

SAME = 1e-9
"""Relative difference within which numbers of a past candle are the same."""


@dataclass(frozen=True, eq=False, slots=True)
class _Played:
    """A month up to a candle: what it looked like, and the account before it decided there."""

    agent: Asked
    begin: pd.Timestamp
    seen: Floats
    accounts: Accounts
    units: Rows
    actions: Rows


class Follower:
    """Follows the agents of one pair in a running bot.

    It answers as `followed` does for the months that end with the newest candle. Of the month it
    has played before only new candles are played, as long as agent and past candles are the same;
    otherwise the month is played again.
    """

    def __init__(self) -> None:
        self._played: _Played | None = None

    def __call__(
        self,
        candles: pd.DataFrame,
        agent_at: Callable[[pd.Timestamp], Asked | None],
        span: pd.Timedelta,
    ) -> pd.DataFrame:
        """Return what the agents want on each candle, as `followed` does."""
        rows = first_rows(candles)
        if not rows:
            return nothing_wanted(candles)
        last = rows[-1]
        begin = pd.Timestamp(candles["date"].iloc[last])
        agent = agent_at(begin)
        # Months before it are over: they are played by the way that plays them side by side.
        found = followed(
            candles, lambda moment: None if moment == begin else agent_at(moment), span
        )
        if agent is None or last < agent.inputs.lookback_candles:
            return found
        market = market_of(with_signals(candles, agent.inputs), span)
        units, actions = self._play(market, last, begin, agent)
        at = slice(last, last + len(units))
        found.iloc[at, 0], found.iloc[at, 1] = units, actions
        asked = found.index[at][actions != NOBODY]
        found.loc[asked, "agent_most_units"] = agent.terms.most_units
        found.loc[asked, "agent_leverage"] = agent.terms.leverage
        return found

    def _play(
        self, market: Market, first: int, begin: pd.Timestamp, agent: Asked
    ) -> tuple[Rows, Rows]:
        """Play a month to the last candle but one; return its units and actions."""
        whole = _numbers(market)[first:]
        units = np.zeros(len(whole), dtype=np.int_)
        actions = np.full(len(whole), NOBODY, dtype=np.int_)
        game = Play(market, np.array([first]), agent.terms, Weights())
        known = self._played
        if known is not None and known.agent is agent and known.begin == begin:
            done = len(known.seen)
            if done <= len(whole) and _same(known.seen, whole[:done]):
                game.rows, game.accounts = np.array([first + done - 1]), known.accounts
                units[: done - 1], actions[: done - 1] = known.units, known.actions
        over = not market.has_step(game.rows)[0]
        while not over:
            place = int(game.rows[0]) - first
            if place == len(whole) - 2:  # the newest real candle: the last one is made up
                kept = units[:place].copy(), actions[:place].copy()
                self._played = _Played(agent, begin, whole[: place + 1], game.accounts, *kept)
            stepped = game.step(agent.policy.choose(game.observations(), game.masks()))
            units[place], actions[place] = stepped.planned[0], stepped.actions[0]
            over = bool(stepped.done[0])
        return units, actions


def _numbers(market: Market) -> Floats:
    """Return all that a market's candles are, candles × numbers."""
    columns = (market.open, market.high, market.low, market.close, market.settled, market.closing)
    return np.column_stack([*columns, market.signals])


def _same(before: Floats, now: Floats) -> bool:
    return bool(np.allclose(before, now, rtol=SAME, atol=1e-12, equal_nan=True))
