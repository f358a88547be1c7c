"""The strategies of the ensemble as weights on one grid of candles."""

from collections.abc import Callable, Mapping

import pandas as pd

from plimsoll.core import Side
from plimsoll.features import oscillators, trend, volatility
from plimsoll.signals.crossing import momentum_aligned
from plimsoll.signals.holding import held_side
from plimsoll.signals.trend import trend_aligned, trend_ended

COMPONENT_VOLATILITY = 0.10
ONE_DAY = pd.Timedelta(days=1)

Rule = Callable[[pd.DataFrame, Side], tuple[pd.Series, pd.Series]]
"""From candles and a side to where that side is entered, and where it is left."""


def on_candles(daily: pd.DataFrame, opens: pd.DatetimeIndex) -> pd.DataFrame:
    """Return daily rows on shorter candles: each from the candle that closes with its day on."""
    span = opens[1] - opens[0] if len(opens) > 1 else ONE_DAY
    moved = daily.set_axis(pd.DatetimeIndex(daily.index) + ONE_DAY - span)
    return moved.reindex(opens, method="ffill")


def at_day_end(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the candles that close with a day, on the index of the days."""
    opens = pd.DatetimeIndex(frame.index)
    span = opens[1] - opens[0] if len(opens) > 1 else ONE_DAY
    last = opens + span == opens.floor("D") + ONE_DAY
    return frame[last].set_axis(opens[last].floor("D"))


def held_sides(
    candles: Mapping[str, pd.DataFrame], opens: pd.DatetimeIndex, rule: Rule
) -> pd.DataFrame:
    """Return +1, −1 or 0: what a rule holds of each pair after each candle, stops ignored.

    Each pair's own candles are looked at; through a hole its side is kept.
    """
    sides = {}
    for pair, frame in candles.items():
        (long_entry, long_exit), (short_entry, short_exit) = (rule(frame, side) for side in Side)
        held = held_side(
            long_entry=long_entry,
            short_entry=short_entry,
            long_exit=long_exit,
            short_exit=short_exit,
        )
        sides[pair] = held.reindex(opens, method="ffill").fillna(0.0)
    return pd.DataFrame(sides, index=opens, dtype="float64")


def crossing_rule(candles: pd.DataFrame, side: Side) -> tuple[pd.Series, pd.Series]:
    """Return entries and exits of `MomentumCross` with its defaults.

    While averages and RSI agree the position is held, whenever it was that they began to: a bot
    that was just started knows it without having seen the beginning.
    """
    gap = trend.ema_gap.use(fast=20, slow=100)(candles)
    rsi = oscillators.rsi.use(period=14)(candles)
    entry = momentum_aligned(side=side, gap=gap, strength=rsi, level=50)
    return entry, trend_ended(side=side, gap=gap)


def following_rule(candles: pd.DataFrame, side: Side) -> tuple[pd.Series, pd.Series]:
    """Return entries and exits of `SlowTrend` with its defaults, in the same way."""
    gap = trend.ema_gap.use(fast=20, slow=80)(candles)
    entry = trend_aligned(
        side=side,
        gap=gap,
        slope=trend.ema_slope.use(period=80, over=12)(candles),
        strength=trend.adx.use(period=14)(candles),
        min_strength=25,
    )
    large = volatility.atr_fraction.use(period=14)(candles) >= 0.0015
    return entry & large, trend_ended(side=side, gap=gap)
