"""Keep the pairs whose candles are complete and alive."""

import logging
from typing import Any

import pandas as pd
from freqtrade.exchange.exchange_types import Tickers
from freqtrade.plugins.pairlist.IPairList import SupportsBacktesting

from plimsoll.bridge.plugins.pairlist import SelectingPairList
from plimsoll.bridge.plugins.pairlist_options import QualityLimits, quality_fault
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.signals.ranking import Drop, Selection

logger = logging.getLogger(__name__)


class QualityPairList(SelectingPairList):
    """Filter: drop pairs with missing, frozen, empty or impossible candles, and say why.

    Live and in dry-run it judges the last closed candles of the bot's timeframe. A backtest
    judges the stored candles before the timerange begins, which is what was known then, once. A
    pair without any is dropped. A backtest without a start has no such moment: every pair is
    kept, with a warning.
    """

    supports_backtesting = SupportsBacktesting.YES
    options_type = QualityLimits
    judges_every_loop = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timeframe: str = self._config.get("timeframe") or "5m"

    def short_desc(self) -> str:
        limits = self.options
        return (
            f"{self.name} - pairs with at least {limits.min_present_fraction:.0%} of their last "
            f"{limits.lookback_candles} {self._timeframe} candles, at most "
            f"{limits.max_frozen_fraction:.0%} of them frozen."
        )

    @staticmethod
    def description() -> str:
        return "Filter pairs by the completeness and liveliness of their candles."

    def filter_pairlist(self, pairlist: list[str], tickers: Tickers) -> list[str]:
        if self.in_backtest and self.backtest_start is None:
            self.log_once(
                f"{self.name} keeps every pair: it judges by the candles before a backtest; pass "
                "--timerange with a start.",
                logger.warning,
            )
            return list(pairlist)
        return super().filter_pairlist(pairlist, tickers)

    def select(self, pairs: list[str]) -> Selection:
        kept, dropped = [], {}
        lookback = self.options.lookback_candles * timeframe_span(self._timeframe)
        frames = self.history(
            pairs,
            self._timeframe,
            self._config["candle_type_def"],
            lookback.to_pytimedelta(),
            spare_candles=0,
        )
        for pair in pairs:
            candles = self._known(frames.get(pair), lookback)
            if candles is None:
                fault: Drop | None = Drop(
                    "missing", f"it has no {self._timeframe} candles to judge"
                )
            else:
                fault = quality_fault(candles, self.options)
            if fault is None:
                kept.append(pair)
            else:
                dropped[pair] = fault
        return Selection(tuple(kept), dropped)

    def _known(self, candles: pd.DataFrame | None, lookback: pd.Timedelta) -> pd.DataFrame | None:
        """Return those of a lookback before a backtest; live, all that were fetched."""
        if candles is None or not self.in_backtest:
            return candles
        start = self.known_at()
        before = candles[candles["date"] < start]
        return None if before.empty else before[before["date"] >= start - lookback]
