"""Which pairs a portfolio may hold, month by month, by what was known before each month began.

Pairs that are chosen today are those that survived. A rule that looks only back leaves a pair out
while it is new, thin or full of holes, and lets it go when it becomes so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from plimsoll.signals.panels import ONE_DAY, Targets


@dataclass(frozen=True, slots=True, kw_only=True)
class UniverseRule:
    """What a pair must have shown before a month begins; plain numbers, none of them tuned.

    Attributes
    ----------
    days
        Days that are looked at, and the fewest since a pair's first candle.
    least_present_fraction
        Of those days, with a candle; and with funding where the panel has any. With 90 days one
        may be missing.
    least_daily_usd
        Median of what was traded in a day, volume times close. Positions of a million take a tenth
        of it.
    """

    days: int = 90
    least_present_fraction: float = 0.98
    least_daily_usd: float = 10_000_000.0


@dataclass(frozen=True, eq=False, slots=True)
class Membership:
    """Which pairs take part; a row is known when its day closes, as in all panels.

    The row of a month's last day is the first of the next month's: it decides at 00:00 UTC.

    Attributes
    ----------
    members
        Days × pairs: what may be held after the day.
    judged
        Days × pairs: whether the pair had been listed long enough to be judged at all.
    """

    members: pd.DataFrame
    judged: pd.DataFrame

    def months(self) -> dict[str, tuple[str, ...]]:
        """Return the members of each month that was judged, by months such as ``2024-03``."""
        opens = pd.DatetimeIndex(self.members.index) + ONE_DAY
        pairs = [str(pair) for pair in self.members.columns]
        return {
            f"{moment:%Y-%m}": tuple(
                pair for pair, is_member in zip(pairs, row, strict=True) if is_member
            )
            for moment, row in zip(opens, self.members.to_numpy(), strict=True)
            if moment.day == 1
        }


def membership(
    candles: Mapping[str, pd.DataFrame], settlements: pd.DataFrame, rule: UniverseRule
) -> Membership:
    """Judge each pair at each month's end; the verdict holds for the month that follows.

    A member's first candle is `UniverseRule.days` old or older, and of the latest so many days
    enough have a candle, enough have funding, and the median was traded in well enough. Funding is
    judged from a pair's first on, since a bot fetches fewer days of it from a pair that settles
    more often; before anybody's first it tells none from another. Before the first month's end
    nobody is a member.

    Parameters
    ----------
    candles
        Daily candles by pair, on the index of their opens; a missing day is a hole.
    settlements
        Funding rates by the time they were settled, times × pairs; empty for none.
    rule
        What is asked of a pair.
    """
    closes = _by_day({pair: frame["close"] for pair, frame in candles.items()})
    volumes = _by_day({pair: frame["volume"] for pair, frame in candles.items()})
    if closes.empty:
        nobody = closes.astype(bool)
        return Membership(nobody, nobody)
    present = closes.notna()
    listed = present.cummax().shift(rule.days - 1, fill_value=False).astype(bool)
    traded = (closes * volumes).rolling(rule.days, min_periods=1).median()
    is_sound = listed & _mostly(present, rule) & (traded >= rule.least_daily_usd)
    is_sound &= _funded(settlements, present, rule)
    return Membership(_monthly(is_sound), _monthly(listed))


def within(targets: Targets, known: Membership) -> Targets:
    """Return targets of members only: zero for a pair that was judged and is none, else NaN.

    So is a full size, of which NaN would keep what is held. A position in a pair that leaves is
    thereby closed at the start of the month; one that is too new to be judged has no opinion.
    """
    opens = pd.DatetimeIndex(targets.weights.index)
    days = (opens + targets.span).floor("D") - ONE_DAY
    members, judged = (
        frame.reindex(index=days, columns=targets.weights.columns, fill_value=False).set_axis(opens)
        for frame in (known.members, known.judged)
    )
    weights, full_sizes = (
        frame.where(members).mask(~members & judged, 0.0)
        for frame in (targets.weights, targets.full_sizes)
    )
    return replace(targets, weights=weights, full_sizes=full_sizes)


def _by_day(columns: Mapping[str, "pd.Series[float]"]) -> pd.DataFrame:
    """Return a frame without holes in its index, days × pairs; NaN for what is missing."""
    frame = pd.DataFrame(columns, dtype="float64")
    if frame.empty:
        return frame
    return frame.reindex(pd.date_range(frame.index.min(), frame.index.max(), freq="D"))


def _mostly(present: pd.DataFrame, rule: UniverseRule) -> pd.DataFrame:
    share = present.astype("float64").rolling(rule.days).mean()
    return share >= rule.least_present_fraction


def _funded(settlements: pd.DataFrame, present: pd.DataFrame, rule: UniverseRule) -> pd.DataFrame:
    """Return where funding is there on enough days since a pair's first, or before anybody's."""
    if settlements.empty:
        return pd.DataFrame(data=True, index=present.index, columns=present.columns)
    paid = settlements.notna().groupby(pd.DatetimeIndex(settlements.index).floor("D")).any()
    there = paid.reindex(index=present.index, columns=present.columns, fill_value=False)
    begun = there.cummax()
    days, since = (
        one.astype("float64").rolling(rule.days, min_periods=1).sum() for one in (there, begun)
    )
    enough = begun & (days >= rule.least_present_fraction * since)
    enough.loc[present.index < paid.index[0]] = True
    return enough


def _monthly(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return each day's verdict as it was at the last month's end."""
    ends = (pd.DatetimeIndex(verdicts.index) + ONE_DAY).day == 1
    held = verdicts.astype("float64").where(pd.Series(ends, verdicts.index), axis=0).ffill()
    return held.fillna(0.0).astype(bool)
