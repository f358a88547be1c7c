"""Accounts that step through a market together: the one loop of training, backtest and bot."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plimsoll.learning.account import Accounts, Floats, Parts, Rows, Terms, affordable, new_accounts
from plimsoll.learning.account import step as account_step
from plimsoll.learning.actions import allowed, carried_out, intended
from plimsoll.learning.market import SIGNALS, Market
from plimsoll.learning.reward import Reward, Weights, reward
from plimsoll.learning.state import is_known, observed, states_of

Masks = NDArray[np.bool_]
Choice = Callable[[NDArray[np.float32], Masks], Rows]
"""From observations and masks to the actions that are wanted."""

VOLATILITY = SIGNALS.index("volatility")
RUIN = 0.1
"""An account that is worth less than this part of what it began with plays no more."""


@dataclass(frozen=True, eq=False, slots=True)
class Stepped:
    """What a step did: the actions carried out, where one was refused, and what came of it.

    ``planned`` are the units that the actions lead to, signed.
    """

    actions: Rows
    planned: Rows
    refused: Masks
    parts: Parts
    reward: Reward
    done: Masks


class Play:
    """Accounts, each on its own candle of a market.

    Parameters
    ----------
    rows
        The candle on which each account begins.
    """

    def __init__(self, market: Market, rows: Rows, terms: Terms, weights: Weights) -> None:
        self.market, self.terms, self.weights = market, terms, weights
        self.rows = np.array(rows, dtype=np.int_)
        self.accounts = new_accounts(len(self.rows))
        self._seen: tuple[Accounts, Rows, Floats, Masks] | None = None

    def begin(self, where: Masks, rows: Rows) -> None:
        """Put new accounts on other candles."""
        self.rows = np.where(where, rows, self.rows)
        self.accounts = self.accounts.put(where, new_accounts(len(self.rows)))

    def states(self) -> Floats:
        """Return the states at the closes, accounts × 12."""
        return self._look()[0]

    def observations(self) -> NDArray[np.float32]:
        """Return the states as a network reads them."""
        return observed(self.states())

    def masks(self) -> Masks:
        """Return which actions are allowed, accounts × 6."""
        return self._look()[1]

    def _look(self) -> tuple[Floats, Masks]:
        """Return states and masks, worked out once for what is held where."""
        seen = self._seen
        if seen is None or seen[0] is not self.accounts or seen[1] is not self.rows:
            states = states_of(self.accounts, self.market, self.rows, self.terms)
            masks = allowed(
                self.accounts.units,
                most_units=self.terms.most_units,
                can_short=self.terms.can_short,
                affordable=affordable(self.accounts, self.market.close[self.rows], self.terms),
                closing=self.market.closing[self.rows],
                known=is_known(states),
            )
            self._seen = seen = self.accounts, self.rows, states, masks
        return seen[2], seen[3]

    def equity(self) -> Floats:
        """Return what the accounts are worth at the closes."""
        return self.accounts.equity(self.market.close[self.rows])

    def step(self, wanted: Rows, *, playing: Masks | None = None) -> Stepped:
        """Decide at the closes and live through the next candles.

        ``done`` where an account has reached the last candle of its episode, or is ruined; it
        must be begun anew. Accounts that are not ``playing`` (all by default) stay as they are.
        """
        rows, before = self.rows, self.accounts
        plays = np.ones(len(rows), dtype=bool) if playing is None else playing
        safe = np.where(plays, rows, 0)
        actions, refused = carried_out(np.asarray(wanted, dtype=np.int_), self.masks())
        after, parts = account_step(before, self.market, safe, actions, self.terms)
        earned = reward(
            before,
            after,
            parts,
            prices=(self.market.close[safe], self.market.close[safe + 1]),
            volatility=self.market.signals[safe, VOLATILITY],
            refused=refused,
            terms=self.terms,
            weights=self.weights,
        )
        self.accounts = before.put(plays, after)
        self.rows = np.where(plays, rows + 1, rows)
        over = ~self.market.has_step(self.rows) | (self.equity() < RUIN)
        planned = intended(before.units, actions)
        return Stepped(actions, planned, refused, parts, earned, over)


@dataclass(frozen=True, eq=False, slots=True)
class Played:
    """Whole episodes as an agent played them.

    Attributes
    ----------
    units
        Units wanted after each candle of the market, signed; 0 where nobody played.
    actions
        What was carried out, a number a candle; −1 where nobody played.
    equity
        Equity at the close of each candle over that of its episode's beginning; NaN where nobody
        played.
    rewards
        The reward of what was decided on each candle; 0 where nobody played.
    returns
        What each episode made after all costs, a fraction.
    gross
        The same before fees, spread and slippage.
    """

    units: Rows
    actions: Rows
    equity: Floats
    rewards: Floats
    returns: Floats
    gross: Floats


def play_out(
    market: Market, choose: Choice, terms: Terms, weights: Weights, *, begins: Rows | None = None
) -> Played:
    """Play episodes to their ends, side by side: all of the market by default.

    What is decided on a candle depends on the candles of its episode up to it, and on nothing
    else.
    """
    rows = market.first_rows() if begins is None else np.asarray(begins, dtype=np.int_)
    count, candles = len(rows), len(market)
    units, actions = np.zeros(candles, dtype=np.int_), np.full(candles, -1, dtype=np.int_)
    equity, rewards = np.full(candles, np.nan), np.zeros(candles)
    equity[rows] = 1.0
    paid, playing = np.zeros(count), np.ones(count, dtype=bool)
    game = Play(market, rows, terms, weights)
    while playing.any():
        here = game.rows
        wanted = choose(game.observations(), game.masks())
        stepped = game.step(np.where(playing, wanted, 0), playing=playing)
        at = here[playing]
        actions[at], units[at] = stepped.actions[playing], stepped.planned[playing]
        rewards[at] = stepped.reward.total[playing]
        equity[at + 1] = game.equity()[playing]
        paid += np.where(playing, stepped.parts.costs, 0.0)
        playing = playing & ~stepped.done
    made = game.equity() - 1
    return Played(units, actions, equity, rewards, made, made + paid)
