"""Regime: does the market trend or range?"""

import pandas as pd

from plimsoll.features.registry import Unit, feature


@feature(
    lookback_candles=lambda period: int(period),
    unit=Unit.FRACTION,
    source="Kaufman (1995), Smarter Trading, ch. 6 (efficiency ratio)",
)
def efficiency_ratio(candles: pd.DataFrame, *, period: int) -> pd.Series:
    """Net move over the sum of moves: near 1 in a straight trend, near 0 in a range.

    A market that did not move at all counts as a range (0).
    """
    moves = candles["close"].diff()
    net = candles["close"].diff(int(period)).abs()
    path = moves.abs().rolling(int(period)).sum()
    ratio = net / path
    return ratio.where(path > 0, 0.0).where(path.notna())
