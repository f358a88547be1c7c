"""Order flow by candle, out of recorded trades and books: one function for research and live.

A candle has values only where its recording is whole: from before it opened until an event after
it closed, without a gap in between. Anywhere else there is NaN, never a smaller sum.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from plimsoll.archive.recording import (
    CLOSED,
    Covered,
    Gap,
    Stream,
    pair_folder,
    read_covered,
    read_gaps,
    read_segment,
    segments,
)
from plimsoll.candles.timeframe import timeframe_seconds
from plimsoll.core import UsageError

QUOTE_COLUMNS = ("bid_price", "ask_price", "bid_amount", "ask_amount")
TRADE_COLUMNS = ("taker_buy_volume", "trades")
DEPTH_COLUMNS = ("bid_depth", "ask_depth")
COLUMNS = (*TRADE_COLUMNS, *QUOTE_COLUMNS, *DEPTH_COLUMNS)
MINUTE_MS = 60_000
DAY_SECONDS = 86_400


def recorded_flow(
    datadir: Path, pair: str, timeframe: str, *, since: pd.Timestamp | None = None
) -> pd.DataFrame:
    """Return a row a candle from the first to the last that was recorded.

    ``timeframe`` is of whole minutes and a day at most; ``since`` is the first candle wanted, all
    when left out.

    Returns
    -------
    pandas.DataFrame
        ``date`` (opening time, UTC, ms), ``taker_buy_volume`` (coins that takers bought) and
        ``trades`` (how many, as the exchange streams them: Binance puts fills of one order at one
        price together) of the candle; ``bid_price``, ``ask_price``, ``bid_amount`` and
        ``ask_amount`` as they stood when it closed, and ``bid_depth`` and ``ask_depth``, the coins
        on all levels of the side that were recorded. NaN where the recording is not whole.

    Raises
    ------
    UsageError
        For another timeframe.
    """
    length_ms = 1000 * timeframe_seconds(timeframe)
    if length_ms % MINUTE_MS or length_ms > 1000 * DAY_SECONDS:
        raise UsageError(f"expected a timeframe from 1m to 1d, found {timeframe}")
    folder = pair_folder(datadir, pair)
    since_ms = 0 if since is None else int(since.timestamp() * 1000)
    spans = [one for stream in Stream if (one := read_covered(folder, stream)) is not None]
    if not spans:
        return _frame(np.empty(0, dtype=np.int64), {})
    first = max(min(one.since_ms for one in spans), since_ms) // length_ms * length_ms
    last = max(one.until_ms for one in spans) // length_ms * length_ms
    opens = np.arange(first, last, length_ms, dtype=np.int64)
    values = {
        **_of_trades(folder, opens, length_ms),
        **_of_book(folder, Stream.BOOK, QUOTE_COLUMNS, opens, length_ms),
        **_of_book(folder, Stream.DEPTH, DEPTH_COLUMNS, opens, length_ms),
    }
    return _frame(opens, values)


def with_flow(candles: pd.DataFrame, datadir: Path, pair: str, timeframe: str) -> pd.DataFrame:
    """Return candles with the columns of `recorded_flow` that they lack; NaN where none is known.

    Raises
    ------
    UsageError
        For a timeframe that is not from 1m to 1d.
    """
    wanted = [name for name in COLUMNS if name not in candles.columns]
    if candles.empty or not wanted:
        return candles
    flow = recorded_flow(datadir, pair, timeframe, since=candles["date"].iloc[0])
    by_date = flow.set_index(flow["date"].dt.as_unit("ms"))[wanted]
    found = by_date.reindex(pd.DatetimeIndex(candles["date"]).as_unit("ms"))
    return candles.assign(**{name: found[name].to_numpy() for name in wanted})


def with_what_was_recorded(
    candles: pd.DataFrame, datadir: Path, pair: str, timeframe: str
) -> pd.DataFrame:
    """Return the same as `with_flow` where the pair was recorded, else the candles as they are."""
    was_recorded = pair_folder(datadir, pair).is_dir()
    fits = MINUTE_MS <= 1000 * timeframe_seconds(timeframe) <= 1000 * DAY_SECONDS
    return with_flow(candles, datadir, pair, timeframe) if was_recorded and fits else candles


def _frame(opens: "np.ndarray", values: dict[str, "np.ndarray"]) -> pd.DataFrame:
    dates = pd.to_datetime(opens, unit="ms", utc=True).as_unit("ms")
    columns = {name: values.get(name, np.full(len(opens), np.nan)) for name in COLUMNS}
    return pd.DataFrame({"date": dates, **columns})


def _of_trades(folder: Path, opens: "np.ndarray", length_ms: int) -> dict[str, "np.ndarray"]:
    covered = read_covered(folder, Stream.TRADES)
    if covered is None or not opens.size:
        return {}
    files = _since(folder, Stream.TRADES, opens[0])
    if not files:
        return {}
    minutes = pd.concat([_by_minute(file) for file in files])
    on_file = _on_file(covered, minutes["last_ms"].max())
    sums = minutes.groupby(minutes.index // length_ms * length_ms, sort=True).sum()
    sums = sums.reindex(opens, fill_value=0.0)
    whole = _whole(opens, opens + length_ms, on_file, read_gaps(folder, Stream.TRADES))
    return {name: np.where(whole, sums[name].to_numpy(), np.nan) for name in TRADE_COLUMNS}


def _of_book(
    folder: Path, stream: Stream, columns: tuple[str, ...], opens: "np.ndarray", length_ms: int
) -> dict[str, "np.ndarray"]:
    covered = read_covered(folder, stream)
    if covered is None or not opens.size:
        return {}
    files = _since(folder, stream, opens[0])
    if not files:
        return {}
    quotes = pd.concat([_last_of_minutes(file, stream) for file in files])
    if quotes.empty:
        return {}
    quotes = quotes.sort_values("timestamp", kind="stable")
    covered = _on_file(covered, quotes["timestamp"].iloc[-1])
    times, closes = quotes["timestamp"].to_numpy(), opens + length_ms
    places = np.searchsorted(times, closes, side="left") - 1
    known, places = places >= 0, places.clip(min=0)
    since = np.where(known, times[places], closes)
    known &= _whole(since, closes, covered, read_gaps(folder, stream))
    return {name: np.where(known, quotes[name].to_numpy()[places], np.nan) for name in columns}


def _whole(
    begins: "np.ndarray", ends: "np.ndarray", covered: Covered, gaps: list[Gap]
) -> "np.ndarray":
    """Return which spans were recorded whole; their ends are exclusive, in epoch ms."""
    whole = (begins > covered.since_ms) & (ends <= covered.until_ms)
    for gap in gaps:
        whole &= (gap.to_ms < begins) | (gap.from_ms >= ends)
    return np.asarray(whole)


def _on_file(covered: Covered, last_ms: float) -> Covered:
    """Return what is covered up to the last event on file: a power cut may have taken the end."""
    until_ms = min(covered.until_ms, int(last_ms)) if np.isfinite(last_ms) else covered.since_ms
    return replace(covered, until_ms=until_ms)


def _since(folder: Path, stream: Stream, first_ms: int) -> list[Path]:
    """Return the files that may hold an event of this time or later, and the one before them."""
    files = segments(folder, stream)
    starts = [int(file.stem.rpartition("-")[2]) for file in files]
    place = max(int(np.searchsorted(starts, first_ms, side="right")) - 2, 0)
    return files[place:]


def _by_minute(file: Path) -> pd.DataFrame:
    return _closed_by_minute(file) if file.suffix == CLOSED else _sums(file)


def _last_of_minutes(file: Path, stream: Stream) -> pd.DataFrame:
    is_closed = file.suffix == CLOSED
    return _closed_last_of_minutes(file, stream) if is_closed else _quotes(file, stream)


@lru_cache(maxsize=2048)
def _closed_by_minute(file: Path) -> pd.DataFrame:
    return _sums(file)


@lru_cache(maxsize=2048)
def _closed_last_of_minutes(file: Path, stream: Stream) -> pd.DataFrame:
    return _quotes(file, stream)


def _sums(file: Path) -> pd.DataFrame:
    """Return the flow of each minute of a file, indexed by its opening time in epoch ms."""
    trades = read_segment(file, Stream.TRADES)
    bought = trades["amount"].where(trades["side"] == "buy", 0.0)
    rows = pd.DataFrame({"taker_buy_volume": bought.astype("float64"), "trades": 1.0})
    minutes = (trades["timestamp"] // MINUTE_MS * MINUTE_MS).astype("int64")
    sums = rows.groupby(minutes, sort=True).sum()
    return sums.assign(last_ms=trades["timestamp"].groupby(minutes, sort=True).max())


def _quotes(file: Path, stream: Stream) -> pd.DataFrame:
    """Return the last book of each minute of a file: best prices, or the sums of its levels."""
    quotes = read_segment(file, stream)
    last = quotes.groupby(quotes["timestamp"] // MINUTE_MS, sort=True).last()
    if stream is Stream.DEPTH:
        sums = {f"{side}_depth": last[f"{side}_amounts"].map(sum) for side in ("bid", "ask")}
        last = last[["timestamp"]].assign(**sums).astype(dict.fromkeys(sums, "float64"))
    return last.reset_index(drop=True)
