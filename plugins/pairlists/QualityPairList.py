"""Keep the pairs whose candles are complete and alive."""

import logging
from datetime import timedelta
from typing import Any

import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.data.history import load_pair_history
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.exchange import timeframe_to_minutes
from freqtrade.exchange.exchange_types import Tickers
from freqtrade.plugins.pairlist.IPairList import IPairList, PairlistParameter, SupportsBacktesting

from plimsoll.bridge.plugins.pairlist_options import QualityLimits, quality_fault
from plimsoll.core import PlimsollError

logger = logging.getLogger(__name__)


class QualityPairList(IPairList):
    """Filter: drop pairs with missing, frozen, empty or impossible candles, and say why.

    Live and in dry-run it judges the last closed candles of the bot's timeframe. A backtest
    judges the candles on disk before the timerange begins, which is what was known then; a
    pair without candles before it is kept, with a warning.
    """

    supports_backtesting = SupportsBacktesting.YES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        try:
            self._limits = QualityLimits.read(self.name, self._pairlistconfig)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        self._timeframe: str = self._config.get("timeframe") or "5m"

    def short_desc(self) -> str:
        limits = self._limits
        return (
            f"{self.name} - pairs with at least {limits.min_present_fraction:.0%} of their last "
            f"{limits.lookback_candles} {self._timeframe} candles, at most "
            f"{limits.max_frozen_fraction:.0%} of them frozen."
        )

    @staticmethod
    def description() -> str:
        return "Filter pairs by the completeness and liveliness of their candles."

    @staticmethod
    def available_parameters() -> dict[str, PairlistParameter]:
        return {**QualityLimits.parameters(), **IPairList.refresh_period_parameter()}

    def filter_pairlist(self, pairlist: list[str], tickers: Tickers) -> list[str]:
        kept = []
        for pair, candles in self._candles(pairlist).items():
            if candles is None:
                self.log_once(
                    f"{pair}: no candles before the timerange, so {self.name} cannot judge it "
                    "and keeps it.",
                    logger.warning,
                )
                kept.append(pair)
                continue
            fault = quality_fault(candles, self._limits)
            if fault is None:
                kept.append(pair)
            else:
                self.log_once(f"Removed {pair} from whitelist: {fault}.", logger.info)
        return kept

    def _candles(self, pairlist: list[str]) -> dict[str, pd.DataFrame | None]:
        if self._config["runmode"] in (RunMode.BACKTEST, RunMode.HYPEROPT):
            return {pair: self._candles_before_timerange(pair) for pair in pairlist}
        candle_type = self._config["candle_type_def"]
        wanted = [(pair, self._timeframe, candle_type) for pair in pairlist]
        found = self._exchange.refresh_ohlcv_with_cache(
            wanted, lookback_period=self._limits.lookback_candles
        )
        empty = pd.DataFrame(columns=["date", "open", "high", "low", "close", "volume"])
        return {key[0]: found.get(key, empty) for key in wanted}

    def _candles_before_timerange(self, pair: str) -> pd.DataFrame | None:
        timerange = TimeRange.parse_timerange(self._config.get("timerange"))
        if timerange.startdt is None:
            return None
        candles = load_pair_history(
            pair,
            self._timeframe,
            self._config["datadir"],
            fill_up_missing=False,
            drop_incomplete=False,
            data_format=self._config.get("dataformat_ohlcv", "feather"),
            candle_type=self._config["candle_type_def"],
        )
        if candles.empty:
            return None
        before = candles[candles["date"] < timerange.startdt]
        if before.empty:
            return None
        minutes = self._limits.lookback_candles * timeframe_to_minutes(self._timeframe)
        return before[before["date"] >= timerange.startdt - timedelta(minutes=minutes)]
