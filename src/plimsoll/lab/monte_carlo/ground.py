"""One prepared backtest that is run again and again: with moved signals, or on redrawn days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.data.converter import trim_dataframes
from freqtrade.data.history import get_timerange
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.strategy import IStrategy
from freqtrade.util.dry_run_wallet import get_dry_run_wallet

from plimsoll.bridge.strategies.rules import RuleStrategy
from plimsoll.core import UsageError
from plimsoll.lab.fast_lane.engine import FastLane
from plimsoll.lab.monte_carlo.outcomes import Outcome, outcome_of
from plimsoll.lab.monte_carlo.redraw import DAY_S, Days, Integers, redrawn
from plimsoll.lab.monte_carlo.shuffle import MovedSignals
from plimsoll.lab.search.configuration import Config, one_line, quiet
from plimsoll.performance.epoch import epoch_equity
from plimsoll.performance.windows import DAY

DAILY = "24h"
LEAST_DAYS = 30
"""Whole days at least: a Sharpe ratio of fewer says nothing."""

Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Run:
    """What one backtest came to, and by which way: ``slower`` says why not in the compiled loop."""

    outcome: Outcome
    slower: str | None


class Ground:
    """A backtest with its data, as ``freqtrade backtesting`` prepares one.

    Parameters
    ----------
    config
        As `backtest_config` returns it; it is written to, as Freqtrade does.
    exchange
        One that is loaded already; by default the config's own is loaded.

    Raises
    ------
    UsageError
        For several strategies, pairs whose candles do not cover the same span, or too few days.
    PlimsollError
        In one line, for whatever Freqtrade refuses.
    """

    def __init__(self, config: Config, exchange: Any = None) -> None:
        config["plimsoll"] = {**config.get("plimsoll", {}), "log_backtests": False}
        with quiet(), one_line():
            self.backtesting = Backtesting(config, exchange)
            if len(self.backtesting.strategylist) != 1:
                raise UsageError(
                    "expected one --strategy, found "
                    f"{len(self.backtesting.strategylist)} in --strategy-list"
                )
            self.backtesting._set_strategy(self.backtesting.strategylist[0])  # noqa: SLF001
            self.candles, self._timerange = self.backtesting.load_bt_data()
        # As in a search, whose trades are the same: nobody reads what a wallet held at each candle.
        self.backtesting.config["runmode"] = RunMode.HYPEROPT
        self._funding = dict(self.backtesting.futures_data)
        self.step_s = int(self.backtesting.timeframe_secs)
        self.start, self.end = self._span(self.candles)
        self.days = whole_days(self.start, self.end, self.step_s)
        self._require_all()
        own = partial(type(self.strategy).ft_advise_signals, self.strategy)
        self._moved = MovedSignals(own, self.start)
        self._analysed: Frames | None = None
        self._is_checked = False

    @property
    def strategy(self) -> Any:
        """The strategy, started."""
        return self.backtesting.strategy

    @property
    def traded_candles(self) -> int:
        """How many candles of each pair are traded on."""
        return round((self.end - self.start).total_seconds()) // self.step_s + 1

    def shuffled(self, by: int) -> Run:
        """Return what the strategy makes with its signals moved by so many candles."""
        with quiet(), one_line():
            if self._analysed is None:
                self._analysed = self._analyse(self.candles)
            self._moved.by = by
            # As an attribute of the object, the guards take it as the strategy's own answer.
            self.strategy.ft_advise_signals = self._moved
            try:
                return self._traded(dict(self._analysed))
            finally:
                del self.strategy.ft_advise_signals

    def whole(self) -> Frames:
        """Return the candles of whole days only, their warm-up before them."""
        first_s, last_s = self.days.start_s, self.days.start_s + self.days.count * DAY_S
        made = {}
        for pair, frame in self.candles.items():
            at_s = pd.DatetimeIndex(frame["date"]).as_unit("s").asi8
            begin = int(np.searchsorted(at_s, int(self.start.timestamp())))
            cut = int(np.searchsorted(at_s, first_s)) - begin
            made[pair] = frame.iloc[cut : int(np.searchsorted(at_s, last_s))].reset_index(drop=True)
        return made

    def redrawn(self, whole: Frames, drawn: Integers) -> Run:
        """Return what the strategy makes of its days in another order."""
        candles, funding = redrawn(whole, self._funding, self.days, drawn)
        with quiet(), one_line():
            self.backtesting.futures_data = {
                pair: self.backtesting.exchange._add_funding_columns(frame)  # noqa: SLF001
                for pair, frame in funding.items()
            }
            try:
                return self._traded(self._analyse(candles))
            finally:
                self.backtesting.futures_data = self._funding

    def _analyse(self, candles: Frames) -> Frames:
        """Return analysed candles; funding and warm-up are checked the first time, of real days."""
        strategy, is_first = self.strategy, not self._is_checked
        self._is_checked = True
        own = type(strategy).advise_all_indicators
        if is_first or own is not RuleStrategy.advise_all_indicators:
            made: Frames = strategy.advise_all_indicators(candles)
            return made
        return IStrategy.advise_all_indicators(strategy, candles)

    def _traded(self, processed: Frames) -> Run:
        start, end = self._span(processed)
        lane = FastLane(self.backtesting)
        content = lane.backtest(processed, start.to_pydatetime(), end.to_pydatetime())
        trades = content["results"]
        balance = get_dry_run_wallet(self.backtesting.config)
        equity = epoch_equity(
            trades,
            processed,
            pd.Timedelta(seconds=self.step_s),
            start=start,
            end=end,
            starting_balance_usd=balance,
            every=DAILY,
        )
        first = pd.Series([balance], index=pd.DatetimeIndex([start]))
        whole = pd.concat([first, equity[equity.index > start]])
        return Run(outcome_of(whole, len(trades)), lane.slower)

    def _span(self, frames: Mapping[str, pd.DataFrame]) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return the first and the last candle that is traded on."""
        startup = self.backtesting.required_startup
        trimmed = trim_dataframes(dict(frames), self._timerange, startup)
        if not trimmed:
            raise UsageError(
                f"no candle is left to trade on: {self.strategy.get_strategy_name()} needs "
                f"{startup} candles of {self.backtesting.timeframe} to warm up; get more data, or "
                "take a longer --timerange"
            )
        start, end = get_timerange(trimmed)
        return pd.Timestamp(start), pd.Timestamp(end)

    def _require_all(self) -> None:
        if self.days.count < LEAST_DAYS:
            raise UsageError(
                f"expected {LEAST_DAYS} whole days to trade on at least, found {self.days.count} "
                f"from {self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC; take a "
                "longer --timerange"
            )
        wanted = list(self.backtesting.pairlists.whitelist)
        require_whole(self.candles, wanted, self.start, self.end, self.traded_candles)


def whole_days(start: pd.Timestamp, end: pd.Timestamp, step_s: int) -> Days:
    """Return the whole UTC days of candles that open from ``start`` to ``end``, both included.

    Raises
    ------
    UsageError
        When a day is no multiple of the candles' length.
    """
    if DAY_S % step_s:
        raise UsageError(
            f"expected candles that fill a day, found some of {step_s // 3600} h; take a shorter "
            "timeframe"
        )
    first = start.ceil(DAY)
    last = (end + pd.Timedelta(seconds=step_s)).floor(DAY)
    return Days(int(first.timestamp()), max(0, (last - first).days), DAY_S // step_s)


def require_whole(
    candles: Mapping[str, pd.DataFrame],
    pairs: Sequence[str],
    start: pd.Timestamp,
    end: pd.Timestamp,
    count: int,
) -> None:
    """Refuse pairs that lack candles from ``start`` to ``end``, both included.

    Raises
    ------
    UsageError
        In one line, with each such pair and its candles.
    """
    lacking = []
    for pair in pairs:
        dates = candles[pair]["date"] if pair in candles else pd.Series(dtype="datetime64[s, UTC]")
        inside = dates[(dates >= start) & (dates <= end)]
        if inside.empty:
            lacking.append(f"{pair} without any")
        elif len(inside) != count:
            lacking.append(f"{pair} {inside.iloc[0]:%Y-%m-%d} to {inside.iloc[-1]:%Y-%m-%d}")
    if lacking:
        raise UsageError(
            f"expected candles of every pair from {start:%Y-%m-%d} to {end:%Y-%m-%d}, so that "
            f"days can be taken from all of them at once, found {', '.join(lacking)}; leave them "
            "out, or take a --timerange that all of them have"
        )
