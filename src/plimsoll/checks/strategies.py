"""The contracts of every strategy: what it marks and stakes rests on the past that it declares.

They are functions of a `StrategyTrial`, which runs a loaded strategy on made-up candles; Freqtrade
itself is not needed here. `plimsoll check` builds the trial, and holds a strategy to what shows in
its class alone: the sealed callbacks, one class a file, and that Freqtrade loads it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from plimsoll.checks.comparing import EXACT, difference
from plimsoll.checks.finding import Contract, Finding, broken

CANDLE_COLUMNS = frozenset({"date", "open", "high", "low", "close", "volume"})
SIGNALS = ("enter_long", "enter_short", "exit_long", "exit_short")
WARM_UP_TOLERANCE = 0.01
ROWS_APART = 97
CLOSE_MOMENTS, FARTHEST_MOMENT, MOMENTS_APART = 30, 520, 13

Analyse = Callable[[str, pd.DataFrame], pd.DataFrame]
Stakes = Callable[[pd.Timestamp], Mapping[str, float]]


@dataclass(frozen=True)
class Market:
    """A strategy on one data folder.

    Attributes
    ----------
    candles
        By pair, the strategy's own candles from the first to the last.
    analyse
        ``(pair, candles) -> candles`` with the strategy's columns and signals.
    stakes
        What it would stake at a moment, by pair and side.
    """

    candles: Mapping[str, pd.DataFrame]
    analyse: Analyse
    stakes: Stakes


@dataclass(frozen=True)
class StrategyTrial:
    """A strategy on two markets that are the same up to a moment.

    Attributes
    ----------
    known
        The market that answers are taken from.
    other
        The market with another future from ``cut`` on.
    until
        The market as it was known at ``cut``: nothing follows.
    cut
        The moment from which the two differ.
    candle_span
        Length of the strategy's candles.
    startup_candle_count
        How many candles the strategy says it needs before a row.
    """

    known: Market
    other: Market
    until: Market
    cut: pd.Timestamp
    candle_span: pd.Timedelta
    startup_candle_count: int
    whole: dict[str, pd.DataFrame] = field(default_factory=dict)

    def analysed(self, pair: str) -> pd.DataFrame:
        """Return a pair of the known market with the strategy's columns; computed once."""
        if pair not in self.whole:
            self.whole[pair] = self.known.analyse(pair, self.known.candles[pair].copy())
        return self.whole[pair]

    def before_the_cut(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of candles that had closed at the cut."""
        return frame[frame["date"] + self.candle_span <= self.cut]


StrategyContract = Contract[StrategyTrial]


def check_strategy(name: str, trial: StrategyTrial) -> list[Finding]:
    """Hold a strategy to every contract; return what fell short, nothing when all are kept.

    Without the first contract the others are not tried.
    """
    subject = f"strategy {name}"
    first = broken(subject, CONTRACTS[:1], trial)
    return first or broken(subject, CONTRACTS[1:], trial)


def it_analyses_candles(trial: StrategyTrial) -> str | None:
    """Columns and signals for every candle, in order; a mask that reads an unlisted column fails.

    A feature that `features` does not list has no column to read.
    """
    for pair, candles in trial.known.candles.items():
        analysed = trial.analysed(pair)
        if not analysed["date"].equals(candles["date"]):
            return f"expected the {len(candles)} candles of {pair} back; found {len(analysed)} rows"
    return None


def another_future_changes_nothing_before_it(trial: StrategyTrial) -> str | None:
    """Every column and signal of a closed candle is the same whatever follows."""
    for pair in trial.known.candles:
        known = trial.before_the_cut(trial.analysed(pair))
        other = trial.other.analyse(pair, trial.other.candles[pair].copy())
        if text := _columns_apart(trial.before_the_cut(other), known):
            return f"in {pair} with another future, {text}: it looks ahead"
    return None


def the_newest_candle_says_what_it_says_in_a_longer_past(trial: StrategyTrial) -> str | None:
    """With nothing after it, as a bot sees it, a candle is marked as in a backtest."""
    for pair in trial.known.candles:
        known = trial.before_the_cut(trial.analysed(pair))
        newest = trial.until.analyse(pair, trial.before_the_cut(trial.until.candles[pair]).copy())
        if text := _columns_apart(newest, known):
            return f"in {pair} with nothing after it, {text}: it needs candles that come after it"
    return None


def another_future_changes_no_stake_before_it(trial: StrategyTrial) -> str | None:
    """What it would stake at a moment is the same whatever follows."""
    for number in (*range(CLOSE_MOMENTS), *range(CLOSE_MOMENTS, FARTHEST_MOMENT, MOMENTS_APART)):
        moment = trial.cut - number * trial.candle_span
        known, other = trial.known.stakes(moment), trial.other.stakes(moment)
        for name, stake in known.items():
            if not np.isclose(other[name], stake, rtol=EXACT, equal_nan=True):
                return (
                    f"at {moment:%Y-%m-%d %H:%M}, expected a stake of {stake:.9g} on {name} with "
                    f"another future from {trial.cut:%Y-%m-%d %H:%M}; found {other[name]:.9g}: "
                    "it looks ahead"
                )
    return None


def the_declared_warm_up_is_enough(trial: StrategyTrial) -> str | None:
    """With ``startup_candle_count`` candles before it a row has the values of the whole past.

    To 1 % of a column's largest value: an exponential average never forgets wholly.
    """
    startup = trial.startup_candle_count
    for pair, candles in trial.known.candles.items():
        whole = trial.analysed(pair)
        if startup + 3 * ROWS_APART >= len(candles):
            return f"expected less than {len(candles)} candles of warm-up; found {startup}"
        for row in range(len(candles) - 1, len(candles) - 3 * ROWS_APART, -ROWS_APART):
            part = candles.iloc[row - startup : row + 1].reset_index(drop=True)
            last = trial.known.analyse(pair, part).iloc[[-1]]
            text = _columns_apart(last, whole.iloc[[row]], whole=whole, without=SIGNALS)
            if text:
                return f"in {pair} with {startup} candles before row {row}, its warm-up, {text}"
    return None


CONTRACTS: tuple[StrategyContract, ...] = (
    it_analyses_candles,
    another_future_changes_nothing_before_it,
    the_newest_candle_says_what_it_says_in_a_longer_past,
    another_future_changes_no_stake_before_it,
    the_declared_warm_up_is_enough,
)
"""Every contract of a strategy that is tried on candles."""


def _columns_apart(
    found: pd.DataFrame,
    expected: pd.DataFrame,
    *,
    whole: pd.DataFrame | None = None,
    without: tuple[str, ...] = (),
) -> str | None:
    """Return the first column that differs, and where; ``None`` where none does.

    With the ``whole`` frame, numbers may differ by `WARM_UP_TOLERANCE` of their column's largest,
    and text is not compared.
    """
    columns = [
        name
        for name in dict.fromkeys((*expected.columns, *found.columns))
        if name not in CANDLE_COLUMNS and name not in without
    ]
    for name in columns:
        ours, theirs = found.get(name), expected.get(name)
        if ours is None or theirs is None:
            # A signal that never comes has no column.
            present = theirs if ours is None else ours
            if present is not None and present.notna().any() and present.ne(0).any():
                return f"expected the column {name} {'' if ours is None else 'not '}to be there"
            continue
        text = _column_apart(ours, theirs, None if whole is None else whole[name])
        if text:
            return f"in the column {name}, {text}"
    return None


def _column_apart(ours: pd.Series, theirs: pd.Series, whole: pd.Series | None) -> str | None:
    if pd.api.types.is_numeric_dtype(theirs) and pd.api.types.is_numeric_dtype(ours):
        if whole is None:
            return difference(ours, theirs)
        size = WARM_UP_TOLERANCE * float(np.abs(whole).max())
        return difference(ours, theirs, relative=WARM_UP_TOLERANCE, absolute=size)
    if whole is not None:
        return None
    same = [
        one == other or (pd.isna(one) and pd.isna(other))
        for one, other in zip(ours, theirs, strict=False)
    ]
    if len(ours) == len(theirs) and all(same):
        return None
    row = same.index(False) if False in same else len(same)
    return f"expected row {row} to be {theirs.iloc[row]!r}; found {ours.iloc[row]!r}"
