"""Candles of all pairs side by side, in a backtest as in a running bot.

A backtest reads the candle files themselves: all of their past, and nothing beyond the end of its
timerange. A running bot takes what Freqtrade has fetched: some 500 candles of each timeframe
(the pairs' `informative_pairs`), the newest made of its own shorter ones, and before them the past
that its strategy asks for (`PanelPast`). A candle without volume is one that Freqtrade filled a
hole with: it counts as missing in both.
"""

import logging
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.constants import Config
from freqtrade.data.dataprovider import DataProvider
from freqtrade.data.history import load_pair_history
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import ExchangeError, OperationalException

from plimsoll.bridge.strategies.panel_past import PanelPast
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.signals.rows import floored

logger = logging.getLogger(__name__)

OHLC = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
FUNDING_TIMEFRAME = "1h"
RUNNING = (RunMode.DRY_RUN, RunMode.LIVE)
SOURCES = {
    "open_interest": CandleType.OPEN_INTEREST,
    "open_interest_usd": CandleType.OPEN_INTEREST,
    "premium": CandleType.PREMIUMINDEX,
    "funding_rate": CandleType.FUNDING_RATE,
    "funding_paid": CandleType.FUNDING_RATE,
}
"""Columns that candles do not hold, and the kind of candles that they come from."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What is known of all pairs.

    Attributes
    ----------
    candles
        By timeframe and pair: real candles on the index of their opens, holes left out.
    settlements
        Funding rates by the time of their settlement, times × pairs; NaN where none was.
    members
        Where a pair may be held, days × pairs; ``None`` where all may.
    """

    candles: Mapping[str, Mapping[str, pd.DataFrame]]
    settlements: pd.DataFrame
    members: pd.DataFrame | None = None
    _grids: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    _last: dict[tuple[str, str], tuple[Any, Any]] = field(default_factory=dict, repr=False)

    def closes(self, timeframe: str = "1d") -> pd.DataFrame:
        """Return the closes on a grid without holes, candles × pairs; NaN where there is none."""
        if timeframe not in self._grids:
            self._grids[timeframe] = _grid(self.candles[timeframe], timeframe)
        return self._grids[timeframe]

    def last_close(self, pair: str, moment: datetime, timeframe: str = "1d") -> float | None:
        """Return the last close of a pair that was known at a moment; ``None`` without."""
        return self._close_before(pair, floored(moment, timeframe_span(timeframe)).value, timeframe)

    def last_closes(
        self, pairs: Iterable[str], moment: datetime, timeframe: str = "1d"
    ) -> dict[str, float]:
        """Return the last closes that were known at a moment, of the pairs that have one."""
        closed = floored(moment, timeframe_span(timeframe)).value
        known = {pair: self._close_before(pair, closed, timeframe) for pair in pairs}
        return {pair: close for pair, close in known.items() if close is not None}

    def _close_before(self, pair: str, closed: int, timeframe: str) -> float | None:
        known = self._last.get((timeframe, pair))
        if known is None:
            frame = self.candles[timeframe].get(pair)
            if frame is None:
                return None
            opens = pd.DatetimeIndex(frame.index).as_unit("ns").asi8.tolist()
            known = self._last[timeframe, pair] = opens, frame["close"].to_numpy("float64")
        opens, closes = known
        before = bisect_left(opens, closed)
        return float(closes[before - 1]) if before > 0 else None


class PanelReader:
    """Reads panels for a strategy, each only once."""

    def __init__(
        self, config: Config, *, timeframe: str, past_days: Mapping[str, int] | None = None
    ) -> None:
        self._config, self._timeframe = config, timeframe
        self._past = PanelPast(past_days or {})
        self._known: tuple[Any, Panel] | None = None

    def pairs(self, data: DataProvider) -> list[str]:
        """Return the whitelist; empty while there is none.

        Freqtrade's look-ahead analysis repeats a backtest with one pair at a time. The others
        are still part of the panel then, or every cross-section would seem to look ahead.
        """
        if data.runmode == RunMode.UTIL_NO_EXCHANGE and self._config.get("pairs"):
            return list(self._config["pairs"])
        try:
            return list(data.current_whitelist())
        except OperationalException:
            return []

    def wanted(
        self, data: DataProvider, timeframes: Sequence[str], *, with_funding: bool
    ) -> list[tuple[str, str, str]]:
        """Return what a running bot has to fetch beside its own candles."""
        kinds = [(frame, str(self._config["candle_type_def"])) for frame in timeframes]
        if with_funding:
            kinds.append((FUNDING_TIMEFRAME, str(CandleType.FUNDING_RATE)))
        return [(pair, frame, kind) for pair in self.pairs(data) for frame, kind in kinds]

    def read(self, data: DataProvider, timeframes: Sequence[str], *, with_funding: bool) -> Panel:
        """Return the panel of the whitelist as it is known now."""
        pairs = self.pairs(data)
        newest = self._newest(data, pairs)
        if self._known is None or self._known[0] != newest:
            try:
                panel = self._read(data, pairs, timeframes, with_funding=with_funding)
            except ExchangeError as error:
                logger.warning(
                    "plimsoll: the panel's past cannot be fetched, so nothing is decided before "
                    "the next candle: %s",
                    error,
                )
                panel = _nothing_known(pairs, timeframes)
            self._known = newest, panel
        return self._known[1]

    def frame(self, data: DataProvider, pair: str, timeframe: str, kind: str) -> pd.DataFrame:
        """Return the candles of one kind, with Freqtrade's columns; empty when there are none."""
        if data.runmode in RUNNING:
            fetched: pd.DataFrame = data.get_pair_dataframe(pair, timeframe, kind)
            return fetched
        if "datadir" not in self._config:
            return pd.DataFrame()
        until = TimeRange.parse_timerange(self._config.get("timerange")).stopdt
        stored: pd.DataFrame = load_pair_history(
            pair,
            timeframe,
            self._config["datadir"],
            fill_up_missing=False,
            data_format=self._config["dataformat_ohlcv"],
            candle_type=CandleType.from_string(kind),
        )
        # As Freqtrade cuts its own candles: the one that opens at the end is the last.
        return stored if until is None or stored.empty else stored[stored["date"] <= until]

    def _newest(self, data: DataProvider, pairs: list[str]) -> Any:
        """Return what tells one panel from the next."""
        if data.runmode not in RUNNING:
            return tuple(pairs), self._config.get("timerange")
        own = {pair: data.ohlcv(pair, self._timeframe, copy=False) for pair in pairs}
        return tuple(
            (pair, None if frame.empty else frame["date"].iloc[-1]) for pair, frame in own.items()
        )

    def _read(
        self,
        data: DataProvider,
        pairs: list[str],
        timeframes: Sequence[str],
        *,
        with_funding: bool,
    ) -> Panel:
        kind = str(self._config["candle_type_def"])
        own = {pair: real(self.frame(data, pair, self._timeframe, kind)) for pair in pairs}
        candles: dict[str, dict[str, pd.DataFrame]] = {}
        for timeframe in timeframes:
            made = {pair: resampled(own[pair], self._timeframe, timeframe) for pair in pairs}
            if data.runmode in RUNNING:
                fetched = {pair: self._long(data, pair, timeframe, kind) for pair in pairs}
                made = {
                    pair: _whole(made[pair], own[pair], timeframe).combine_first(fetched[pair])
                    for pair in pairs
                }
            candles[timeframe] = made
        rates = {}
        if with_funding:
            for pair in pairs:
                wanted = pair, FUNDING_TIMEFRAME, str(CandleType.FUNDING_RATE)
                funding = self.frame(data, *wanted)
                if data.runmode in RUNNING:
                    funding = self._past.joined(data, wanted, funding)
                rates[pair] = settled(funding)
        settlements = pd.DataFrame(rates, columns=pairs, dtype="float64")
        return Panel(candles, settlements.sort_index())

    def _long(self, data: DataProvider, pair: str, timeframe: str, kind: str) -> pd.DataFrame:
        fetched = self.frame(data, pair, timeframe, kind)
        return real(self._past.joined(data, (pair, timeframe, kind), fetched))


def real(candles: pd.DataFrame) -> pd.DataFrame:
    """Return the candles that were traded in, on the index of their opens."""
    if candles.empty:
        return pd.DataFrame(columns=list(OHLC), index=_no_dates(), dtype="float64")
    traded = candles.set_index("date")[list(OHLC)]
    return traded[traded["volume"] > 0]


def resampled(candles: pd.DataFrame, timeframe: str, longer: str) -> pd.DataFrame:
    """Return longer candles made of shorter ones; none whose last part is missing.

    Raises
    ------
    OperationalException
        When the longer timeframe is no multiple of the shorter one.
    """
    span, whole = timeframe_span(timeframe), timeframe_span(longer)
    if whole % span:
        raise OperationalException(
            f"plimsoll: expected a timeframe that divides {longer}, found {timeframe}; "
            "run the strategy on its own timeframe"
        )
    if whole == span or candles.empty:
        return candles
    opens = pd.DatetimeIndex(candles.index)
    grouped = candles.groupby(opens.floor(whole))
    complete = (opens + span == opens.floor(whole) + whole).astype(bool)
    longer_candles = grouped.agg(OHLC)
    return longer_candles[longer_candles.index.isin(opens[complete].floor(whole))]


def _whole(made: pd.DataFrame, shorter: pd.DataFrame, longer: str) -> pd.DataFrame:
    """Return longer candles without the first, of which a bot may lack the beginning."""
    if made.empty:
        return made
    return made[made.index >= shorter.index[0].ceil(timeframe_span(longer))]


def _nothing_known(pairs: Sequence[str], timeframes: Sequence[str]) -> Panel:
    nothing = {pair: real(pd.DataFrame()) for pair in pairs}
    return Panel(
        dict.fromkeys(timeframes, nothing),
        pd.DataFrame(columns=list(pairs), index=_no_dates(), dtype="float64"),
    )


def settled(funding: pd.DataFrame) -> pd.Series:
    """Return the rates by the hour of their settlement; Freqtrade's column has two names."""
    if funding.empty:
        return pd.Series(index=_no_dates(), dtype="float64")
    column = "funding_rate" if "funding_rate" in funding.columns else "open"
    hours = pd.DatetimeIndex(funding["date"]).round("h")
    rates = pd.Series(funding[column].to_numpy("float64"), index=hours)
    return rates[~rates.index.duplicated(keep="last")]


def funding_rates(funding: pd.DataFrame) -> pd.DataFrame:
    """Return ``date`` and ``funding_rate`` of Freqtrade's funding, as `join_funding` takes them."""
    rates = settled(funding).dropna().sort_index()
    return rates.rename_axis("date").rename("funding_rate").reset_index()


def _grid(candles: Mapping[str, pd.DataFrame], timeframe: str) -> pd.DataFrame:
    closes = pd.DataFrame({pair: frame["close"] for pair, frame in candles.items()})
    if closes.empty:
        return pd.DataFrame(columns=list(candles), index=_no_dates(), dtype="float64")
    span = timeframe_span(timeframe)
    return closes.reindex(pd.date_range(closes.index.min(), closes.index.max(), freq=span))


def _no_dates() -> pd.DatetimeIndex:
    return pd.DatetimeIndex([], tz="UTC", name="date")
