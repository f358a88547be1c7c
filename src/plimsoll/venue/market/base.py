"""What every market offers, and the arithmetic of candles that all markets share.

Inside a candle the price moves on straight lines of log price through four vertices, one at
the start, one at each third and one at the end: open, first extreme, second extreme, close.
A rising candle visits its low first, a falling one its high. The forming candle, the book,
the tickers and the trades all derive from that path.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from plimsoll.venue.market.intervals import Interval
from plimsoll.venue.market.scenario import Overlay
from plimsoll.venue.market.symbols import SymbolSpec

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.void]

CANDLE = np.dtype(
    [
        ("open_ms", "i8"),
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("quote_volume", "f8"),
        ("trades", "i8"),
        ("taker_volume", "f8"),
        ("taker_quote", "f8"),
    ]
)
FUNDING = np.dtype([("time_ms", "i8"), ("rate", "f8"), ("mark", "f8")])
OPEN_INTEREST = np.dtype([("time_ms", "i8"), ("amount", "f8"), ("value_usd", "f8")])
RATIO = np.dtype(
    [("time_ms", "i8"), ("accounts", "f8"), ("top_accounts", "f8"), ("top_positions", "f8")]
)

LAST, MARK, INDEX, PREMIUM = "last", "mark", "index", "premium"
SERIES = (LAST, MARK, INDEX, PREMIUM)
USD_A_TRADE = 900.0
VERTEX_SHARES = np.array([0.0, 1 / 3, 2 / 3, 1.0])


@dataclass(frozen=True)
class Window:
    """Which candles a request asks for: opening times in [start, end], at most `limit`.

    Without a start the last ones up to the end count, with one the first ones from it.
    """

    start_ms: int | None
    end_ms: int | None
    limit: int


@dataclass(frozen=True)
class Snapshot:
    """The state of one contract at an instant. Prices in USDT."""

    time_ms: int
    last: float
    mark: float
    index: float
    predicted_funding_rate: float
    spread_fraction: float
    minute_volume: float


class Market(Protocol):
    """A price history whose future stays hidden until its time has come.

    No method returns anything that happens after `now_ms`.
    """

    kind: str
    seed: int
    specs: Mapping[str, SymbolSpec]
    overlay: Overlay

    def first_candle_ms(self, symbol: str) -> int:
        """Return the opening time of the contract's first candle."""

    def finest(self, symbol: str) -> Interval:
        """Return the shortest interval that the market holds for the contract."""

    def candles(
        self, symbol: str, series: str, interval: Interval, window: Window, now_ms: int
    ) -> Rows:
        """Return closed candles and the forming one, dtype `CANDLE`, ascending."""

    def snapshot(self, symbol: str, now_ms: int) -> Snapshot:
        """Return prices and liquidity at the instant."""

    def log_path(self, symbol: str, times_ms: Ints) -> Floats:
        """Return the log price before scenarios at each instant."""

    def log_marks(self, symbol: str, times_ms: Ints, logs: Floats) -> Floats:
        """Return the log mark price at each instant; `logs` are the last prices with scenarios."""

    def funding(self, symbol: str, window: Window, now_ms: int) -> Rows:
        """Return past funding payments, dtype `FUNDING`, ascending."""

    def open_interest(self, symbol: str, interval: Interval, window: Window, now_ms: int) -> Rows:
        """Return open interest at the start of each period, dtype `OPEN_INTEREST`."""

    def ratios(self, symbol: str, interval: Interval, window: Window, now_ms: int) -> Rows:
        """Return long/short ratios, dtype `RATIO`; empty where the market has none."""

    def forget_from(self, start_ms: int) -> None:
        """Drop what was derived for instants after `start_ms`, which a scenario has changed."""


def path_vertices(rows: Rows) -> Floats:
    """Return the log prices of each candle's four path vertices, shape (n, 4)."""
    rising = rows["close"] >= rows["open"]
    first = np.where(rising, rows["low"], rows["high"])
    second = np.where(rising, rows["high"], rows["low"])
    vertices: Floats = np.log(np.stack([rows["open"], first, second, rows["close"]], axis=1))
    return vertices


def grid_between(interval: Interval, window: Window, first_ms: int, now_ms: int) -> Ints:
    """Return the opening times that a gapless market has for the window, up to `now_ms`."""
    last = now_ms if window.end_ms is None else min(window.end_ms, now_ms)
    floor_first = interval.open_ms(first_ms)
    if window.start_ms is None:
        reach = interval.open_ms(last) - (window.limit - 1) * max(interval.ms, 1)
        if interval.is_month:
            reach -= window.limit * interval.ms // 20
        return interval.opens_between(max(floor_first, reach), last)[-window.limit :]
    start = max(window.start_ms, floor_first)
    if not interval.is_month:
        last = min(last, start + window.limit * interval.ms)
    return interval.opens_between(start, last)[: window.limit]


def aggregate(rows: Rows, opens_ms: Ints) -> Rows:
    """Merge fine candles into coarse ones.

    `opens_ms` gives, for each fine row, the opening time of the coarse candle that holds it;
    rows ascend. Returns dtype `CANDLE`, one row a distinct opening time.
    """
    if len(rows) == 0:
        return rows[:0].copy()
    heads = np.flatnonzero(np.concatenate([[True], opens_ms[1:] != opens_ms[:-1]]))
    tails = np.append(heads[1:], len(rows)) - 1
    merged = np.empty(len(heads), dtype=CANDLE)
    merged["open_ms"] = opens_ms[heads]
    merged["open"] = rows["open"][heads]
    merged["close"] = rows["close"][tails]
    merged["high"] = np.maximum.reduceat(rows["high"], heads)
    merged["low"] = np.minimum.reduceat(rows["low"], heads)
    for name in ("volume", "quote_volume", "trades", "taker_volume", "taker_quote"):
        merged[name] = np.add.reduceat(rows[name], heads)
    return merged


def fill_quote_volume(rows: Rows) -> Rows:
    """Derive quote volume and trade count from volume and typical price. In place."""
    typical = (rows["open"] + rows["high"] + rows["low"] + rows["close"]) / 4.0
    rows["quote_volume"] = np.round(rows["volume"] * typical, 4)
    rows["taker_quote"] = np.round(rows["taker_volume"] * typical, 4)
    rows["trades"] = np.ceil(np.nan_to_num(rows["quote_volume"]) / USD_A_TRADE)
    return rows


def round_sums(rows: Rows, size_decimals: int) -> Rows:
    """Round sums of volumes to the contract's decimals, so that they add up exactly. In place."""
    for name in ("volume", "taker_volume"):
        rows[name] = np.round(rows[name], size_decimals)
    for name in ("quote_volume", "taker_quote"):
        rows[name] = np.round(rows[name], 4)
    return rows
