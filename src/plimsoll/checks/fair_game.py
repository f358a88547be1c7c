"""What a strategy earns on prices that nobody can foretell: nothing, or it knows them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from scipy import stats

from plimsoll.checks.finding import Finding
from plimsoll.checks.leaks import Fill

MOST_ERRORS = 4.0
"""More standard errors above nothing than luck reaches once in 30,000 strategies."""
LEAST_FILLS = 20


@dataclass(frozen=True, slots=True)
class FairGame:
    """What was earned, fees taken off, and the error that luck alone gives it."""

    earned_usd: float
    error_usd: float
    fills: int

    @property
    def errors(self) -> float:
        """How many errors above nothing; 0 without a position."""
        return self.earned_usd / self.error_usd if self.error_usd > 0 else 0.0


def played(
    fills: Sequence[Fill], closes: Mapping[str, "pd.Series[float]"], fee_fraction: float
) -> FairGame:
    """Value fills on a fair game.

    ``closes``: by pair, the close of each candle by its opening; a fill lies in the candle that
    opens at its time. On a martingale no rule of entering, leaving and sizing earns anything that
    it does not foresee (Doob's optional stopping theorem), and what luck earns has the variance
    ``Σ position² Δprice²``: the sum over that root is nearly normal (de la Peña, Lai & Shao
    2009, Self-Normalized Processes). Fees make it less.
    """
    earned = variance = 0.0
    for pair, prices in closes.items():
        mine = [one for one in fills if one.pair == pair]
        made, spread = _of_pair(mine, prices, fee_fraction)
        earned, variance = earned + made, variance + spread
    return FairGame(earned, sqrt(variance), len(fills))


def _of_pair(
    fills: Sequence[Fill], prices: "pd.Series[float]", fee_fraction: float
) -> tuple[float, float]:
    """Return what one pair earned, and its variance: of what was held from price to price."""
    close = prices.to_numpy("float64")
    by_row: dict[int, list[Fill]] = defaultdict(list)
    for fill in fills:
        by_row[int(prices.index.searchsorted(fill.at, side="right")) - 1].append(fill)
    earned = variance = held = 0.0
    last, previous = 0, float(close[0])
    for row, made in sorted(by_row.items()):
        quiet = np.diff(close[last:row])
        earned += held * float(quiet.sum())
        variance += held**2 * float((quiet**2).sum())
        previous = float(close[max(row - 1, 0)])
        for price, change, fee in [*map(_moves, made), (float(close[row]), 0.0, 0.0)]:
            earned += held * (price - previous) - fee * fee_fraction
            variance += (held * (price - previous)) ** 2
            held, previous = held + change, price
        last = row
    rest = np.diff(close[last:])
    return earned + held * float(rest.sum()), variance + held**2 * float((rest**2).sum())


def _moves(fill: Fill) -> tuple[float, float, float]:
    """Return a fill's price, what it adds to the position, and its size in USD."""
    signed = fill.amount if fill.side == "buy" else -fill.amount
    return fill.price, signed, fill.amount * fill.price


def fair_game_finding(subject: str, game: FairGame) -> Finding | None:
    """Return that a strategy earned what nobody can; ``None`` when it did not, or hardly traded."""
    if game.fills < LEAST_FILLS or game.errors <= MOST_ERRORS:
        return None
    chance = float(stats.norm.sf(game.errors))
    text = (
        f"it earned {game.earned_usd:,.0f} USD in {game.fills} fills on prices that nobody can "
        f"foretell, {game.errors:.1f} standard errors above nothing (luck: {chance:.0e}): "
        "something it decides by comes from the future"
    )
    return Finding(subject, "a fair game pays nothing", text)
