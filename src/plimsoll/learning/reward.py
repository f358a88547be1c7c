"""What an agent is taught to want: the profit, less what it risked and paid for it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import PlimsollError
from plimsoll.learning.account import Accounts, Floats, Parts, Terms

PERCENT = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each part counts.

    Attributes
    ----------
    volatility
        Times the yearly volatility of what is held, charged for the time it is held.
    duration
        A year, for holding a position of any size.
    costs
        Times the fees, spread and slippage paid.
    near_liquidation
        In percent of the equity a candle at the liquidation price, falling to 0 at ``near``.
    near
        Distance to liquidation from which on that is charged, a fraction of the price.
    liquidated
        In percent of the equity, once, beside the margin that is lost.
    sharpe
        Times the improvement of the recent Sharpe ratio.
    refused
        In percent of the equity, for wanting what is not allowed.
    """

    volatility: float = 0.1
    duration: float = 0.05
    costs: float = 1.0
    near_liquidation: float = 1.0
    near: float = 0.1
    liquidated: float = 10.0
    sharpe: float = 0.2
    refused: float = 0.01

    def __post_init__(self) -> None:
        if not self.near > 0:
            raise PlimsollError(f"expected a distance near above 0, found {self.near}")


@dataclass(frozen=True, eq=False, slots=True)
class Reward:
    """The parts of a reward in percent of the equity before the candle; what is taken off is > 0.

    ``pnl`` is the profit of the price after latency and funding, and of a liquidation.
    """

    pnl: Floats
    volatility: Floats
    duration: Floats
    costs: Floats
    liquidation: Floats
    sharpe: Floats
    refused: Floats

    @property
    def total(self) -> Floats:
        """The reward."""
        taken = self.volatility + self.duration + self.costs + self.liquidation + self.refused
        return self.pnl - taken + self.sharpe


PARTS = ("pnl", "volatility", "duration", "costs", "liquidation", "sharpe", "refused")
"""The parts by name, as they are logged."""


def reward(
    before: Accounts,
    after: Accounts,
    parts: Parts,
    *,
    prices: tuple[Floats, Floats],
    volatility: Floats,
    refused: NDArray[np.bool_],
    terms: Terms,
    weights: Weights,
) -> Reward:
    """Return the reward of a step, accounts' parts and total.

    ``pnl − 0.1 volatility − 0.05 duration − costs − liquidation + 0.2 Sharpe improvement``. All
    parts are percents of the equity before the step. Volatility and duration are charged for the
    time that a position is held, as rates a year: over a trade they add up to 0.1 × its yearly
    volatility × years and 0.05 × years, whatever the length of a candle. The improvements of the
    Sharpe ratio add up to its last value less its first: such a part shapes what is learned first
    and not what is best (Ng, Harada & Russell 1999, Policy Invariance Under Reward
    Transformations, theorem 1), but for the last value of an episode.

    Parameters
    ----------
    before, after
        The accounts at the close of the decision, and at the next one.
    parts
        What changed their equity between.
    prices
        Closes of the candle of the decision and of the next one.
    volatility
        Average true range over the close where it was decided; NaN counts as 0.
    refused
        Whether an action was wanted that is not allowed.
    terms, weights
        What the accounts pay, and how much each part counts.
    """
    equity = before.equity(prices[0])
    share = PERCENT / np.where(equity > 0, equity, 1.0)
    is_held = after.units != 0
    years = 1 / terms.candles_per_year
    yearly = np.nan_to_num(volatility) * np.sqrt(terms.candles_per_year)
    distance = after.distance_to_liquidation(prices[1], terms)
    nearness = np.where(is_held, np.clip(1 - distance / weights.near, 0.0, 1.0), 0.0)
    lost = parts.liquidation != 0
    return Reward(
        pnl=(parts.price - parts.latency - parts.funding - parts.liquidation) * share,
        volatility=PERCENT * weights.volatility * yearly * years * after.exposure(prices[1]),
        duration=PERCENT * weights.duration * years * is_held,
        costs=weights.costs * parts.costs * share,
        liquidation=weights.near_liquidation * nearness + weights.liquidated * lost,
        sharpe=weights.sharpe * (after.sharpe - before.sharpe),
        refused=weights.refused * refused.astype(np.float64),
    )
