"""A strategy that looks at all pairs at once.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from freqtrade.enums import CandleType
from freqtrade.persistence import Trade
from freqtrade.strategy import timeframe_to_minutes
from freqtrade.strategy.parameters import BaseParameter

from plimsoll.archive.recorded_flow import COLUMNS as FLOW_COLUMNS
from plimsoll.bridge.account.freqtrade_trades import last_fill, open_profit_usd
from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.bridge.strategies.panel import RUNNING, SOURCES, Panel, PanelReader, settled
from plimsoll.bridge.strategies.recorded import with_recorded_flow
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.features import FeatureUse, missing_columns
from plimsoll.features.merging import bars, join, join_funding, open_interest
from plimsoll.signals.rows import floored


class PanelStrategy(GuardedStrategy):
    """Sees the panel of all whitelisted pairs and the equity of the account.

    ``panel_timeframes`` names what the panel holds; ``panel_funding`` adds funding rates. The
    panel has a past of its own, `startup_candle_count` is of the strategy's own candles only. A
    running bot has some 500 candles of each of its lengths: ``panel_days`` says, by length and for
    ``funding``, how many days it is to have where that is less than the strategy looks back on.
    """

    panel_timeframes: ClassVar[tuple[str, ...]] = ("1d",)
    panel_funding: ClassVar[bool] = False
    panel_days: ClassVar[dict[str, int]] = {}
    least_startup_candles: ClassVar[int] = 0
    told_missing_fraction: ClassVar[float] = 0.02

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.startup_candle_count = max(self.startup_candle_count, self.least_startup_candles)
        self._reader = PanelReader(config, timeframe=self.timeframe, past_days=self.panel_days)
        self._panel_held: Panel | None = None
        self._told: set[tuple[str, str]] = set()
        # Freqtrade lists its parameters only once the bot has started.
        self._parameter_names = [
            name
            for name in dir(type(self))
            if isinstance(getattr(type(self), name, None), BaseParameter)
        ]

    def informative_pairs(self) -> list[tuple[str, str, str]]:
        """Let a running bot fetch the panel's candles."""
        return self._reader.wanted(self.dp, self.panel_timeframes, with_funding=self.panel_funding)

    def panel(self) -> Panel:
        """Return the panel as it is known now; within `one_panel` the one that was then."""
        if self._panel_held is not None:
            return self._panel_held
        return self._reader.read(self.dp, self.panel_timeframes, with_funding=self.panel_funding)

    @contextmanager
    def one_panel(self) -> Iterator[None]:
        """Read the panel once for all that is worked out of it meanwhile."""
        if self._panel_held is not None:
            yield
            return
        self._panel_held = self.panel()
        try:
            yield
        finally:
            self._panel_held = None

    def days_known(self, candles: Mapping[str, pd.DataFrame]) -> int:
        """Return the days of the panel's candles, the past before the backtest included."""
        return len(self.panel().closes("1d"))

    def candle_span(self) -> pd.Timedelta:
        """Return the length of the strategy's own candles."""
        return _span(self.timeframe)

    def other_pairs(self, timeframe: str, kind: str) -> list[tuple[str, str, str]]:
        """Return another kind of candles of every pair, for `informative_pairs`."""
        return [(pair, timeframe, kind) for pair in self._reader.pairs(self.dp)]

    def with_open_interest(self, candles: pd.DataFrame, pair: str) -> pd.DataFrame:
        """Return the candles with open interest as it was known at each close; NaN if stale."""
        found = self._reader.frame(self.dp, pair, "1h", str(CandleType.OPEN_INTEREST))
        if found.empty:
            joined = candles.assign(open_interest=np.nan, open_interest_usd=np.nan)
        else:
            joined = join(candles, self.timeframe, [open_interest(found, "1h")])
        return self._telling(joined, "open_interest", pair)

    def with_sources(
        self, candles: pd.DataFrame, pair: str, uses: Iterable[FeatureUse]
    ) -> pd.DataFrame:
        """Return the candles with the columns that features need and candles do not hold.

        Open interest, premium, funding and recorded order flow are joined; any other column is the
        author's to add, and a feature that misses it says so.
        """
        uses = list(uses)
        if any(name in FLOW_COLUMNS for use in uses for name in missing_columns(use, candles)):
            candles = with_recorded_flow(self, candles, pair)
        needs = self.source_kinds(use for use in uses if missing_columns(use, candles))
        if str(CandleType.OPEN_INTEREST) in needs:
            candles = self.with_open_interest(candles, pair)
        if str(CandleType.PREMIUMINDEX) in needs:
            candles = self.with_premium(candles, pair)
        if str(CandleType.FUNDING_RATE) in needs:
            candles = self.with_funding(candles, pair)
        return candles

    def source_kinds(self, uses: Iterable[FeatureUse]) -> list[str]:
        """Return which kinds of candles `with_sources` makes the features' columns of."""
        needed = {name for use in uses for name in use.feature.inputs}
        return sorted({str(kind) for name, kind in SOURCES.items() if name in needed})

    def with_funding(self, candles: pd.DataFrame, pair: str) -> pd.DataFrame:
        """Return the candles with the last settled ``funding_rate`` and the ``funding_paid``."""
        rates = settled(self._reader.frame(self.dp, pair, "1h", str(CandleType.FUNDING_RATE)))
        frame = rates.rename("funding_rate").rename_axis("date").reset_index()
        return self._telling(join_funding(candles, self.timeframe, frame), "funding_rate", pair)

    def with_premium(self, candles: pd.DataFrame, pair: str) -> pd.DataFrame:
        """Return the candles with the perpetual's ``premium`` over spot; NaN where it is missing.

        The exchange's premium index where there is any; in a backtest without it, the ratio of
        both closes.
        """
        return self._telling(self._with_premium(candles, pair), "premium", pair)

    def _with_premium(self, candles: pd.DataFrame, pair: str) -> pd.DataFrame:
        index = self._reader.frame(self.dp, pair, "1h", str(CandleType.PREMIUMINDEX))
        if not index.empty:
            return join(candles, self.timeframe, [bars(index, "premium", "1h")])
        spot = pd.DataFrame()
        if self.dp.runmode not in RUNNING:
            spot = self._reader.frame(self.dp, pair.split(":")[0], "1h", str(CandleType.SPOT))
        if spot.empty:
            return candles.assign(premium=np.nan)
        joined = join(candles, self.timeframe, [bars(spot, "spot_close", "1h")])
        return joined.assign(premium=joined["close"] / joined["spot_close"] - 1)

    def _telling(self, candles: pd.DataFrame, column: str, pair: str) -> pd.DataFrame:
        """Say, once a pair, how much is missing of what the strategy decides by."""
        missing = float(candles[column].isna().mean()) if len(candles) else 0.0
        if missing > self.told_missing_fraction and (pair, column) not in self._told:
            self._told.add((pair, column))
            logging.getLogger(__name__).warning(
                "plimsoll: %s of %s is missing on %.1f %% of %s candles: %s enters nothing there",
                *(column, pair, missing * 100, f"{len(candles):,}", type(self).__name__),
            )
        return candles

    def parameter_values(self) -> tuple[tuple[str, Any], ...]:
        """Return every parameter with its present value."""
        return tuple((name, getattr(self, name).value) for name in self._parameter_names)

    def equity_usd(self, now: datetime, timeframe: str = "1d") -> float:
        """Return the account's worth: the balance, and open positions at the last daily close.

        A position that was traded since is worth what its last fill was made at. ``timeframe`` is
        one of the panel's.
        """
        balance = float(self.wallets.get_total(self.config["stake_currency"]))
        if "available_capital" in self.config:
            balance = float(self.wallets.get_total_stake_amount())
        trades = Trade.get_trades_proxy(is_open=True)
        closes = self.panel().last_closes({one.pair for one in trades}, now, timeframe)
        closed = floored(now, timeframe_span(timeframe)).to_pydatetime()
        for trade in trades:
            price, filled_at = last_fill(trade)
            mark = price if filled_at > closed else closes.get(trade.pair)
            balance += 0.0 if mark is None else open_profit_usd(trade, mark)
        return balance


@cache
def _span(timeframe: str) -> pd.Timedelta:
    return pd.Timedelta(minutes=timeframe_to_minutes(timeframe))
