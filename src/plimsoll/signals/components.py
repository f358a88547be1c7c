"""The strategies of the ensemble as sleeves: what each would hold, on one grid of candles."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from plimsoll.signals.carry import CarryRule, carry_targets
from plimsoll.signals.crossing import CrossRule
from plimsoll.signals.panels import ONE_DAY, SizeRule
from plimsoll.signals.sleeve import EventRule, sleeve_weights, without_holes
from plimsoll.signals.trend import SlowTrendRule
from plimsoll.signals.trend_following import TrendRule, trend_targets


@dataclass(frozen=True, eq=False, slots=True)
class Sleeve:
    """What one strategy would hold, as if it had an account of its own.

    Attributes
    ----------
    weights
        Fraction of its account's equity, candles × pairs; NaN before it has an opinion.
    changed
        Where a position was opened or closed on the candle, beside the decision of the day.
    """

    weights: pd.DataFrame
    changed: pd.DataFrame


def sleeves(
    days: pd.DataFrame,
    candles: Mapping[str, pd.DataFrame],
    opens: pd.DatetimeIndex,
    settlements: pd.DataFrame,
    *,
    members: pd.DataFrame | None = None,
) -> dict[str, Sleeve]:
    """Return `TrendPortfolio`, `FundingCarry`, `MomentumCross` and `SlowTrend`, by short names.

    Each follows its own rule with its own defaults: those that the strategy itself has.

    Parameters
    ----------
    days
        Daily closes, days × pairs.
    candles
        By pair, real candles shorter than a day, holes left out.
    opens
        The grid of those candles.
    settlements
        Funding rates by the time they were settled, times × pairs.
    members
        Where a pair may be held, days × pairs; everywhere by default. A sleeve leaves a pair that
        is no longer one.
    """
    sizing = SizeRule()
    sizes = on_candles(sizing.sizes(days, members=members), opens)
    trend = trend_targets(days, TrendRule(), members=members)
    carry = carry_targets(days, settlements, CarryRule(), members=members)
    allowed = None if members is None else on_candles(members, opens).eq(other=True)
    return {
        "trend": daily_sleeve(on_candles(trend.weights, opens)),
        "carry": daily_sleeve(on_candles(carry.weights, opens)),
        "cross": event_sleeve(candles, sizes, CrossRule(), sizing, allowed),
        "follow": event_sleeve(candles, sizes, SlowTrendRule(), sizing, allowed),
    }


def daily_sleeve(weights: pd.DataFrame) -> Sleeve:
    """Return a portfolio that decides once a day, of its weights on shorter candles."""
    return Sleeve(weights, pd.DataFrame(data=False, index=weights.index, columns=weights.columns))


def event_sleeve(
    candles: Mapping[str, pd.DataFrame],
    sizes: pd.DataFrame,
    rule: EventRule,
    sizing: SizeRule,
    allowed: pd.DataFrame | None = None,
) -> Sleeve:
    """Return what a rule of single trades holds of each pair, on the rows of ``sizes``.

    Before a pair's candles, and where its size is not known, there is no opinion. Where a pair is
    not ``allowed`` (as ``sizes``; everywhere by default) nothing is held.
    """
    opens = pd.DatetimeIndex(sizes.index)
    span = span_of(opens)
    weights, changed = {}, {}
    for pair, real in candles.items():
        frame = without_holes(real, span, last=opens[-1])
        held = sleeve_weights(
            frame,
            sizes[pair].reindex(frame.index),
            rule,
            widest_fraction=sizing.widest_stop_fraction,
            allowed=None if allowed is None else allowed[pair].reindex(frame.index),
        ).reindex(opens)
        weights[pair] = held["weight"].where(sizes[pair].notna().cummax())
        changed[pair] = held["side"].ne(held["side"].shift(1)) & held["side"].notna()
    whole = pd.DataFrame(weights, index=opens, dtype="float64")
    return Sleeve(whole, pd.DataFrame(changed, index=opens, dtype=bool))


def span_of(opens: pd.DatetimeIndex) -> pd.Timedelta:
    """Return the length of the candles of a grid without holes; a day for one candle."""
    return opens[1] - opens[0] if len(opens) > 1 else ONE_DAY


def on_candles(daily: pd.DataFrame, opens: pd.DatetimeIndex) -> pd.DataFrame:
    """Return daily rows on shorter candles: each from the candle that closes with its day on."""
    moved = daily.set_axis(pd.DatetimeIndex(daily.index) + ONE_DAY - span_of(opens))
    return moved.reindex(opens, method="ffill")


def ends_day(opens: pd.DatetimeIndex) -> pd.Series:
    """Return which candles close with a day."""
    last = opens + span_of(opens) == opens.floor("D") + ONE_DAY
    return pd.Series(last, index=opens)


def at_day_end(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the candles that close with a day, on the index of the days."""
    opens = pd.DatetimeIndex(frame.index)
    last = ends_day(opens).to_numpy()
    return frame[last].set_axis(opens[last].floor("D"))
