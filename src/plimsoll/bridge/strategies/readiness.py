"""Whether a backtest's strategy has enough candles to decide anything at all.

``startup_candle_count`` covers a strategy's features. What a portfolio looks back on is longer
than Freqtrade loads for a start (5 calls of 499 candles for Binance, 103 days of 1h), so its panel
reads the past from the candle files itself; without enough of it there is no opinion, no trade and
no word. How much it needs is measured, whatever its parameters are: its targets are worked out of
made-up candles until the first one appears.
"""

import logging
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.enums import RunMode
from freqtrade.strategy import timeframe_to_seconds

from plimsoll.bridge.strategies.panel import OHLC, Panel
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.core import PlimsollError

logger = logging.getLogger(__name__)

LONGEST_DAYS = 1_500
"""No strategy is asked to look back on more days than these."""
ENOUGH_FRACTION = 0.9
"""With a smaller share of rows that are ready a backtest says so."""
FUNDING_HOURS = 8

_ONE_DAY = pd.Timedelta(days=1)


class Ready(Protocol):
    """What is asked of a strategy."""

    config: Any
    timeframe: str
    startup_candle_count: int

    def ready(self, candles: pd.DataFrame, pair: str) -> "pd.Series[bool]":
        """Return the rows on which everything is known that it decides by."""

    def days_needed(self) -> int | None:
        """Return how many days of candles make the first row ready; ``None`` when none do."""

    def days_known(self, candles: Mapping[str, pd.DataFrame]) -> int:
        """Return how many days of candles there are."""


def require_ready(strategy: Ready, candles: Mapping[str, pd.DataFrame]) -> None:
    """Refuse a backtest in which nothing can be decided on any row; say where few rows are ready.

    A row is ready when that of any pair is. Of several strategies in one run (``--strategy-list``)
    none ends the others' run: an error is logged. Hyperopt only warns: other parameters may be
    ready.

    Parameters
    ----------
    strategy
        The one that is backtested.
    candles
        The analysed candles of each pair, warm-up included.

    Raises
    ------
    PlimsollError
        One line with the rows, the days needed and the days there are.
    """
    runmode = strategy.config.get("runmode")
    if runmode not in (RunMode.BACKTEST, RunMode.HYPEROPT) or not candles:
        return
    rows = _ready_rows(strategy, candles)
    ready, count = int(rows.sum()), len(rows)
    if count == 0 or ready >= count * ENOUGH_FRACTION:
        return
    line = _words(strategy, candles, ready, count)
    if ready:
        logger.warning("plimsoll: %s", line)
    elif runmode == RunMode.HYPEROPT or strategy.config.get("strategy_list"):
        logger.error("plimsoll: %s", line)
    else:
        raise PlimsollError(line)


def days_until(known: "pd.Series[bool]") -> int | None:
    """Return how many rows of a frame with a row a day there are up to the first that is known."""
    places = np.flatnonzero(known.to_numpy(dtype=bool))
    return int(places[0]) + 1 if places.size else None


def made_up_panel(
    pairs: list[str], timeframes: tuple[str, ...], *, days: int = LONGEST_DAYS
) -> Panel:
    """Return a panel of random walks, with funding every eight hours; the same each time."""
    random = np.random.default_rng(7)
    start = pd.Timestamp("2020-01-01", tz="UTC")
    candles: dict[str, dict[str, pd.DataFrame]] = {}
    for timeframe in timeframes:
        opens = pd.date_range(
            start, start + days * _ONE_DAY, freq=timeframe_span(timeframe), inclusive="left"
        )
        step = 0.03 * np.sqrt(timeframe_span(timeframe) / _ONE_DAY)
        candles[timeframe] = {pair: _walk(random, opens, step) for pair in pairs}
    hours = pd.date_range(start, start + days * _ONE_DAY, freq=f"{FUNDING_HOURS}h")
    rates = random.normal(0.0001, 0.0003, (len(hours), len(pairs)))
    return Panel(candles, pd.DataFrame(rates, hours, pairs))


def _walk(random: np.random.Generator, opens: pd.DatetimeIndex, step: float) -> pd.DataFrame:
    close = 100.0 * np.exp(np.cumsum(random.normal(0, step, len(opens))))
    frame = pd.DataFrame(dict.fromkeys(OHLC, close), index=opens)
    return frame.assign(
        open=np.concatenate([[100.0], close[:-1]]),
        high=lambda one: one[["open", "close"]].max(axis=1) * (1 + step / 2),
        low=lambda one: one[["open", "close"]].min(axis=1) * (1 - step / 2),
        volume=random.uniform(5e6, 15e6, len(opens)),
    )


def _ready_rows(strategy: Ready, candles: Mapping[str, pd.DataFrame]) -> "pd.Series[bool]":
    """Return by candle of the traded range whether any pair is ready."""
    every = []
    for pair, frame in candles.items():
        if frame.empty:
            continue
        traded = frame["date"] >= _first_traded(strategy, frame)
        every.append(
            pd.Series(strategy.ready(frame, pair).to_numpy(), frame["date"])[traded.to_numpy()]
        )
    if not every:
        return pd.Series(dtype=bool)
    joined = pd.concat(every)
    return joined.groupby(joined.index).any()


def _first_traded(strategy: Ready, frame: pd.DataFrame) -> pd.Timestamp:
    span = pd.Timedelta(seconds=timeframe_to_seconds(strategy.timeframe))
    first: pd.Timestamp = frame["date"].iloc[0] + span * strategy.startup_candle_count
    timerange = strategy.config.get("timerange")
    begins = TimeRange.parse_timerange(timerange).startdt if timerange else None
    return first if begins is None else max(first, pd.Timestamp(begins))


def _words(strategy: Ready, candles: Mapping[str, pd.DataFrame], ready: int, count: int) -> str:
    begun = f"{type(strategy).__name__}: {ready:,} of {count:,} rows are ready"
    needed, known = strategy.days_needed(), strategy.days_known(candles)
    if needed is None:
        return (
            f"{begun}: no number of days would do with {len(candles)} "
            f"{'pair' if len(candles) == 1 else 'pairs'}; name more pairs"
        )
    if needed <= known:
        return f"{begun}: needs {needed:,} days, has {known:,}, so what it looks at has holes"
    remedy = (
        "download more before the timerange's start"
        if strategy.config.get("timerange")
        else "download more"
    )
    return f"{begun}: needs {needed:,} days, has {known:,}; {remedy} (freqtrade download-data)"
