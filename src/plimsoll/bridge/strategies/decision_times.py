"""When a portfolio's book is decided, and what is not entered then."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
import pandas as pd

from plimsoll.bridge.strategies.breaker import StopOut, stop_outs
from plimsoll.signals.breaker import is_barred
from plimsoll.signals.panels import ONE_DAY, Targets
from plimsoll.signals.rows import floored

ONE_MINUTE = pd.Timedelta(minutes=1)


class Decided(Protocol):
    """What is asked of a strategy."""

    barred_decisions: int
    carrying_candles: int

    def current_targets(self) -> Targets:
        """Return the targets."""

    def candle_span(self) -> pd.Timedelta:
        """Return the length of its own candles."""


class DecisionTimes:
    """The moments at which one strategy decides: as its targets do, and after a stop.

    The targets decide with each day, and where a row of theirs is not as the one before
    (`Targets.decided`). After a stop the rest of the book is decided again at the next candle.
    """

    def __init__(self, strategy: Decided) -> None:
        self._strategy = strategy
        self._decided: tuple[Targets, pd.DatetimeIndex] | None = None
        self._nanoseconds: list[int] = []
        self._stopped: tuple[datetime, list[StopOut]] | None = None

    def last(self, now: datetime) -> pd.Timestamp:
        """Return the last moment at which the book was decided."""
        at, span = pd.Timestamp(now), self._strategy.candle_span()
        begun = self._by_targets(at)
        stopped = [one.at for one in self._stopped_lately(now) if one.at >= begun]
        again = [floored(one, span) + span for one in stopped]
        return max([begun, *(one for one in again if one <= at)])

    def are_carried(self, moments: "pd.Series[pd.Timestamp]") -> "pd.Series[bool]":
        """Return at which of many moments what the targets decided last is still carried out."""
        strategy = self._strategy
        decided = self._moments().as_unit("ns").asi8
        at = pd.DatetimeIndex(moments).as_unit("ns").asi8
        begun = at - at % ONE_DAY.value
        if len(decided):
            rows = decided.searchsorted(at, side="right") - 1
            begun = np.where(rows >= 0, np.maximum(decided[rows.clip(min=0)], begun), begun)
        span = strategy.carrying_candles * strategy.candle_span().value
        return pd.Series(at - begun < span, moments.index)

    def shut(
        self, moment: pd.Timestamp, held: Mapping[str, float], goals: Mapping[str, float]
    ) -> set[str]:
        """Return the pairs that are not entered: stopped out, and after a stop all flat ones."""
        shut = self.barred(moment)
        if moment != self._by_targets(moment):
            shut |= {pair for pair in goals if not held.get(pair)}
        return {pair for pair in shut if not held.get(pair)}

    def barred(self, now: datetime) -> set[str]:
        """Return the pairs whose leg was stopped out and may not be entered again yet.

        A day has as many decisions here as it has rows of targets.
        """
        barred: set[str] = set()
        outs = stop_outs(now - self._span_looked_at())
        if not outs:
            return barred
        targets, at = self._strategy.current_targets(), pd.Timestamp(now)
        most, weights = self._most(), targets.weights
        for one in outs:
            since = weights.loc[floored(one.at, targets.span) : targets.known_at(at)]
            if one.pair in weights and is_barred(one.side, since[one.pair], decisions=most):
                barred.add(one.pair)
        return barred

    def _most(self) -> int:
        return self._strategy.barred_decisions * (ONE_DAY // self._strategy.current_targets().span)

    def _by_targets(self, at: pd.Timestamp) -> pd.Timestamp:
        """Return when the targets last decided; with the day while its row is not there yet."""
        self._moments()
        midnight = at.value - at.value % ONE_DAY.value
        row = bisect_right(self._nanoseconds, at.value) - 1
        decided = midnight if row < 0 else max(midnight, self._nanoseconds[row])
        return pd.Timestamp(decided, tz="UTC")

    def _moments(self) -> pd.DatetimeIndex:
        targets = self._strategy.current_targets()
        if self._decided is None or self._decided[0] is not targets:
            self._decided = targets, targets.decided()
            self._nanoseconds = self._decided[1].as_unit("ns").asi8.tolist()
        return self._decided[1]

    def _stopped_lately(self, now: datetime) -> list[StopOut]:
        """Return the legs that were stopped out, asked for once a minute."""
        if self._stopped is None or abs(now - self._stopped[0]) >= ONE_MINUTE:
            self._stopped = now, stop_outs(now - self._span_looked_at())
        return self._stopped[1]

    def _span_looked_at(self) -> timedelta:
        return timedelta(days=self._strategy.barred_decisions + 1)
