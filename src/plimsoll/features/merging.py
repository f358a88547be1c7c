"""Join slower data onto candles: a value is used only once it was knowable.

Three kinds of data. A **bar** (mark, index, premium, another pair's candle) is stamped at its open
and known at its close. A **statistic** (open interest, a ratio) is stamped when it was taken and
known `PUBLICATION_DELAY` later: on candles of 5 minutes and more, by the close of the candle that
contains it. A **settlement** (funding) is known at its time; one at the very close of a candle
belongs to the next candle, for a bot that looks at that moment has not been served it yet.

A candle takes the newest value known at its close if it is not older than a stated maximum age;
otherwise it has NaN, never a zero and never a stale number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plimsoll.core import PlimsollError

FUNDING_MAX_AGE = pd.Timedelta(hours=9)
"""A rate holds until the next settlement, 8 hours at most on Binance, and one hour of delay."""

PUBLICATION_DELAY = pd.Timedelta(minutes=5)
"""How long after its instant the exchange publishes a statistic, at the most."""

ORIGIN_OF_COLUMN = {
    "open_interest": "open interest in coins: a pair's open_interest data",
    "open_interest_usd": "open interest in USD: a pair's open_interest data",
    "funding_rate": "last settled rate: a pair's funding_rate data",
    "funding_paid": "rates settled within the candle: a pair's funding_rate data",
    "mark_close": "a pair's mark candles",
    "index_close": "a pair's index candles",
    "premium": "a pair's premiumIndex candles",
    "spot_close": "the same coin's spot candles",
    "reference_close": "another pair's candles, usually BTC",
    "universe_return": "mean log return of all pairs' candles",
    "universe_up_fraction": "share of all pairs whose candle rose",
    "universe_dispersion": "deviation of the log returns of all pairs' candles",
    "account_ratio": "accounts long over short: the archive's ratios",
    "top_trader_position_ratio": "top traders' positions long over short: the archive's ratios",
    "taker_volume_ratio": "taker buy over sell volume: the archive's ratios",
    "bid_price": "best bid at the candle's close: a recorded order book",
    "ask_price": "best ask at the candle's close: a recorded order book",
    "bid_amount": "coins bid near the best price: a recorded order book",
    "ask_amount": "coins offered near the best price: a recorded order book",
    "taker_buy_volume": "coins bought by takers: the exchange's klines or recorded trades",
    "trades": "number of trades: the exchange's klines or recorded trades",
}
"""Columns that Freqtrade's candles do not have, and what they come from."""


@dataclass(frozen=True, eq=False)
class Source:
    """Data to join.

    Attributes
    ----------
    frame
        ``date`` (UTC, ascending) and the columns to take.
    columns
        Names in the frame → names on the candles.
    known_after
        How long after its stamp a row is known: a bar's timeframe; zero for a settlement.
    max_age
        How long after it became known a row may still be used.
    """

    frame: pd.DataFrame
    columns: Mapping[str, str]
    known_after: pd.Timedelta
    max_age: pd.Timedelta


def bars(frame: pd.DataFrame, column: str, timeframe: str, *, field: str = "close") -> Source:
    """Return candles of another kind or pair as a source: their ``field`` as ``column``.

    A bar is used for its own length after its close, so that one missing bar is bridged by none.
    """
    length = timeframe_span(timeframe)
    return Source(frame, {field: column}, known_after=length, max_age=length - _TICK)


def open_interest(frame: pd.DataFrame, timeframe: str) -> Source:
    """Return Freqtrade's open-interest data of a timeframe as a source: coins and USD."""
    names = {"open_interest_amount": "open_interest", "open_interest_value": "open_interest_usd"}
    return statistics(frame, names, timeframe)


def ratios(frame: pd.DataFrame, timeframe: str) -> Source:
    """Return the archive's long/short and taker ratios of a timeframe as a source."""
    names = ("account_ratio", "top_trader_position_ratio", "taker_volume_ratio")
    return statistics(frame, {name: name for name in names}, timeframe)


def statistics(frame: pd.DataFrame, columns: Mapping[str, str], timeframe: str) -> Source:
    """Return values that the exchange takes every ``timeframe`` and publishes a little later.

    Used until the second value after it is due: one missing value is bridged, two are not.
    """
    age = 2 * timeframe_span(timeframe) - _TICK
    return Source(frame, columns, known_after=PUBLICATION_DELAY, max_age=age)


def timeframe_span(timeframe: str) -> pd.Timedelta:
    """Return the length of a candle such as ``5m``, ``1h`` or ``1d``.

    Raises
    ------
    PlimsollError
        For a text that is no such timeframe.
    """
    lengths = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
    if not timeframe[:-1].isdigit() or timeframe[-1] not in lengths:
        raise PlimsollError(f"expected a timeframe such as 5m, 1h or 1d; found {timeframe!r}")
    return pd.Timedelta(seconds=int(timeframe[:-1]) * lengths[timeframe[-1]])


def join(candles: pd.DataFrame, timeframe: str, sources: Iterable[Source]) -> pd.DataFrame:
    """Return the candles with the sources' columns beside their own.

    Parameters
    ----------
    candles
        ``date`` is each candle's open, UTC, ascending; not written.
    timeframe
        Of the candles, such as ``5m``.
    sources
        What to join; a source without rows gives columns of NaN.

    Raises
    ------
    PlimsollError
        When a source lacks a column or its dates do not ascend.
    """
    closes = _instants(candles, "candles") + _ticks(timeframe_span(timeframe))
    joined = {}
    for source in sources:
        for name in source.columns:
            _require(source.frame, name)
        known = _instants(source.frame, f"source of {', '.join(source.columns.values())}")
        known += _ticks(source.known_after)
        at_the_close = source.known_after > pd.Timedelta(0)
        rows = np.searchsorted(known, closes, side="right" if at_the_close else "left") - 1
        usable = rows >= 0
        usable[usable] = closes[usable] - known[rows[usable]] <= _ticks(source.max_age)
        for name, column in source.columns.items():
            values = source.frame[name].to_numpy("float64", na_value=np.nan)
            taken = np.full(len(candles), np.nan)
            taken[usable] = values[rows[usable]]
            joined[column] = taken
    return candles.assign(**joined)


def join_funding(candles: pd.DataFrame, timeframe: str, funding: pd.DataFrame) -> pd.DataFrame:
    """Return the candles with ``funding_rate`` and ``funding_paid`` (both fractions).

    ``funding_rate`` is the last settled rate, NaN when it is older than `FUNDING_MAX_AGE`.
    ``funding_paid`` is the sum of the rates settled within the candle: 0 in a candle without a
    settlement, NaN where ``funding_rate`` is NaN, for then a settlement may be missing.

    Raises
    ------
    PlimsollError
        When the funding lacks its column or its dates do not ascend.
    """
    columns = {"funding_rate": "funding_rate"}
    source = Source(funding, columns, known_after=pd.Timedelta(0), max_age=FUNDING_MAX_AGE)
    joined = join(candles, timeframe, [source])
    settled = np.concatenate([[0.0], np.cumsum(funding["funding_rate"].to_numpy("float64"))])
    opens, stamps = _instants(candles, "candles"), _instants(funding, "funding")
    closes = opens + _ticks(timeframe_span(timeframe))
    first, last = np.searchsorted(stamps, opens), np.searchsorted(stamps, closes)
    paid = np.where(first == last, 0.0, settled[last] - settled[first])
    paid[joined["funding_rate"].isna()] = np.nan
    return joined.assign(funding_paid=paid)


def universe(candles_by_pair: Mapping[str, pd.DataFrame], timeframe: str) -> pd.DataFrame:
    """Return what all pairs' candles did, a row a date: breadth, mean and spread of returns.

    Columns ``date``, ``universe_return`` (mean log return of the candles), ``universe_up_fraction``
    (share that closed above the candle before) and ``universe_dispersion`` (sample deviation of
    the log returns). Pairs without a candle, or without the one before it, are left out of that
    row; NaN with fewer than two pairs. Stamped at the open: join it with `universe_source`.
    """
    returns = pd.DataFrame(
        {
            pair: _log_returns(frame.set_index("date")["close"], timeframe)
            for pair, frame in candles_by_pair.items()
        }
    ).sort_index()
    enough = returns.count(axis=1) >= 2
    known = returns.notna()
    columns = pd.DataFrame(
        {
            "universe_return": returns.mean(axis=1),
            "universe_up_fraction": (returns > 0).sum(axis=1) / known.sum(axis=1),
            "universe_dispersion": returns.std(axis=1),
        }
    ).where(enough)
    return columns.rename_axis("date").reset_index()


def universe_source(frame: pd.DataFrame, timeframe: str) -> Source:
    """Return `universe` data of candles of a timeframe as a source."""
    length = timeframe_span(timeframe)
    names = ("universe_return", "universe_up_fraction", "universe_dispersion")
    return Source(frame, {name: name for name in names}, length, length - _TICK)


_TICK = pd.Timedelta(1, "ms")


def _log_returns(close: pd.Series, timeframe: str) -> pd.Series:
    """Log returns between neighbouring candles; NaN behind a hole in the dates."""
    steps = np.diff(pd.DatetimeIndex(close.index).as_unit("ms").asi8)
    moves = np.full(len(close), np.nan)
    with np.errstate(all="ignore"):
        values = np.diff(np.log(close.to_numpy("float64")))
    moves[1:] = np.where(steps == _ticks(timeframe_span(timeframe)), values, np.nan)
    return pd.Series(moves, index=close.index).replace([np.inf, -np.inf], np.nan)


def _instants(frame: pd.DataFrame, what: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    _require(frame, "date")
    stamps = pd.DatetimeIndex(frame["date"]).as_unit("ms").asi8.copy()
    late = np.flatnonzero(np.diff(stamps) <= 0)
    if len(late):
        row = int(late[0]) + 1
        raise PlimsollError(
            f"{what}: expected dates that ascend without repeating, found "
            f'{frame["date"].iloc[row]} in row {row}; run "plimsoll data check"'
        )
    return stamps


def _ticks(span: pd.Timedelta) -> int:
    return int(span / _TICK)


def _require(frame: pd.DataFrame, name: str) -> None:
    if name not in frame.columns:
        columns = ", ".join(map(str, frame.columns))
        raise PlimsollError(f"expected a column {name}, found {columns}")
