"""What an agent sees: twelve numbers, by one function in training, backtest and running bot."""

import numpy as np
from numpy.typing import NDArray

from plimsoll.learning.account import Accounts, Floats, Rows, Terms
from plimsoll.learning.market import SIGNALS, Market

STATE = (
    "position",
    "position_pnl",
    "ml_signal",
    "oi_signal",
    "price_momentum",
    "volatility",
    "funding_rate",
    "time_in_position",
    "market_regime",
    "distance_to_liquidation",
    "account_equity",
    "recent_sharpe",
)
"""The numbers in order, in their own units (`states_of`)."""

MIDDLES = np.array([0, 0, 0.5, 0, 0, 0.01, 0, 0, 1, 1, 1, 0], dtype=np.float64)
SCALES = np.array(
    [1, 0.05, 0.25, 1, 0.05, 0.01, 0.0005, 168, 1, 1, 0.1, 1],
    dtype=np.float64,
)
"""Fixed numbers by which a network's input is shifted and divided: none is learned from data."""

FARTHEST = 5.0
"""A network's input is clipped to plus and minus this."""


def states_of(accounts: Accounts, market: Market, rows: Rows, terms: Terms) -> Floats:
    """Return the state of each account at the close of its candle, accounts × `STATE`.

    ===========================  ==================================================================
    ``position``                 units held over the most there may be, signed: −1 to 1
    ``position_pnl``             profit of what is held over its notional at the entry, a fraction
    ``ml_signal``                a model's probability that the price rises, 0 to 1; 0.5 without one
    ``oi_signal``                signal of open interest, −1 to 1; 0 where it is not used
    ``price_momentum``           change of the close over a day, a fraction
    ``volatility``               average true range over the close
    ``funding_rate``             last settled rate, a fraction
    ``time_in_position``         candles since the entry
    ``market_regime``            0 range, 1 trend, 2 volatile
    ``distance_to_liquidation``  fraction of the price; 1 without a position
    ``account_equity``           over that at the beginning of the episode
    ``recent_sharpe``            mean over deviation of the last 20 trades' returns
    ===========================  ==================================================================

    NaN where the market's signal is not known. Nothing of it depends on a later candle.
    """
    price = market.close[rows]
    said = dict(zip(SIGNALS, market.signals[rows].T, strict=True))
    own: dict[str, Floats] = {
        "position": accounts.units / terms.most_units,
        "position_pnl": accounts.position_return(price),
        "time_in_position": accounts.held_candles.astype(np.float64),
        "distance_to_liquidation": accounts.distance_to_liquidation(price, terms),
        "account_equity": accounts.equity(price),
        "recent_sharpe": accounts.sharpe,
    }
    return np.stack([own[name] if name in own else said[name] for name in STATE], axis=1)


def observed(states: Floats) -> NDArray[np.float32]:
    """Return states as a network reads them: shifted, scaled, clipped; 0 for what is not known."""
    scaled = (states - MIDDLES) / SCALES
    known = np.where(np.isfinite(scaled), scaled, 0.0)
    return np.clip(known, -FARTHEST, FARTHEST).astype(np.float32)


def is_known(states: Floats) -> NDArray[np.bool_]:
    """Return which states have all their numbers."""
    known: NDArray[np.bool_] = np.all(np.isfinite(states), axis=1)
    return known
