"""The base of the shipped pairlists that select: what is known of each pair, and when."""

import logging
from abc import abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.data.history import load_pair_history
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.exchange.exchange_types import Tickers
from freqtrade.plugins.pairlist.IPairList import IPairList, PairlistParameter
from freqtrade.util import FtTTLCache, dt_now

from plimsoll.bridge.plugins.pairlist_options import PairListOptions
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.core import PlimsollError
from plimsoll.signals.ranking import Drop, Selection

logger = logging.getLogger(__name__)

IN_BACKTEST = (RunMode.BACKTEST, RunMode.HYPEROPT)
SPARE_CANDLES = 4
"""Fetched beyond a lookback: the latest may come late, and one may be missing."""


class SelectingPairList(IPairList):
    """Keep what its rule keeps, in the rule's order, and log once why other pairs were dropped.

    A running bot asks in every loop; the answer is renewed after ``refresh_period`` seconds, or for
    other pairs. A backtest judges once, by what was known at the start of the timerange: Freqtrade
    does not tell a pairlist the time of a backtest, not even with a dynamic pairlist.
    """

    options_type: ClassVar[type[PairListOptions]]
    judges_every_loop: ClassVar[bool] = False
    """Whether a running bot's answer is never kept: a broken feed must not wait for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        try:
            self.options = self.options_type.read(self.name, self._pairlistconfig)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        self._answers: FtTTLCache = FtTTLCache(maxsize=1, ttl=self.refresh_period)
        self._told: dict[str, str] = {}

    @abstractmethod
    def select(self, pairs: list[str]) -> Selection:
        """Return which pairs to keep."""

    @classmethod
    def available_parameters(cls) -> dict[str, PairlistParameter]:  # type: ignore[override]
        """Describe the options for Freqtrade's web interface."""
        return {**cls.options_type.parameters(), **IPairList.refresh_period_parameter()}

    def filter_pairlist(self, pairlist: list[str], tickers: Tickers) -> list[str]:
        """Keep what the rule keeps."""
        asked = tuple(pairlist)
        kept = self.in_backtest or not self.judges_every_loop
        selection: Selection | None = self._answers.get(asked) if kept else None
        if selection is None:
            try:
                selection = self.select(list(asked))
            except PlimsollError as error:
                raise OperationalException(f"plimsoll: pairlist {self.name}: {error}") from None
            self._answers[asked] = selection
            self._tell(selection.dropped)
        return list(selection.kept)

    @property
    def in_backtest(self) -> bool:
        """Whether candles come from the disk, and the time from the timerange."""
        return self._config["runmode"] in IN_BACKTEST

    def known_at(self) -> pd.Timestamp:
        """Return the moment of the judgement: now, or the start of a backtest's timerange.

        Raises
        ------
        PlimsollError
            When a backtest has no start, so that nothing would be known before it.
        """
        if not self.in_backtest:
            return pd.Timestamp(dt_now())
        if self.backtest_start is None:
            raise PlimsollError(
                "a backtest judges by what was known before it; pass --timerange with a start"
            )
        return self.backtest_start

    @property
    def backtest_start(self) -> pd.Timestamp | None:
        """The start of the timerange; ``None`` when it has none."""
        start = TimeRange.parse_timerange(self._config.get("timerange")).startdt
        return None if start is None else pd.Timestamp(start)

    def history(
        self,
        pairs: list[str],
        timeframe: str,
        kind: CandleType,
        lookback: timedelta,
        *,
        spare_candles: int = SPARE_CANDLES,
    ) -> dict[str, pd.DataFrame]:
        """Return each pair's latest candles of a kind, those of a lookback and a few more.

        A pair that has none is left out. In a backtest they may reach beyond the moment of the
        judgement: a rule takes what was known.
        """
        candles = int(lookback / timeframe_span(timeframe)) + spare_candles
        if self.in_backtest:
            read = {pair: self._stored(pair, timeframe, kind) for pair in pairs}
        else:
            wanted = [(pair, timeframe, kind) for pair in pairs]
            fetched = self._exchange.refresh_ohlcv_with_cache(wanted, lookback_period=candles)
            read = {key[0]: fetched[key] for key in wanted if key in fetched}
        return {pair: frame for pair, frame in read.items() if not frame.empty}

    def _stored(self, pair: str, timeframe: str, kind: CandleType) -> pd.DataFrame:
        return load_pair_history(
            pair,
            timeframe,
            self._config["datadir"],
            fill_up_missing=False,
            drop_incomplete=False,
            data_format=self._config.get("dataformat_ohlcv", "feather"),
            candle_type=kind,
        )

    def _tell(self, dropped: Mapping[str, Drop]) -> None:
        """Log why a pair was dropped, once until the reason is of another kind."""
        for pair, why in dropped.items():
            if self._told.get(pair) != why.rule:
                logger.info("%s removed %s from the whitelist: %s.", self.name, pair, why.reason)
        self._told = {pair: why.rule for pair, why in dropped.items()}
