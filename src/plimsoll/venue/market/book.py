"""The order book and the public trades around the price path."""

import math
from dataclasses import dataclass

import numpy as np

from plimsoll.venue.market.base import LAST, Floats, Ints, Market, Snapshot, Window
from plimsoll.venue.market.factors import LIFE_START_MS, stream
from plimsoll.venue.market.intervals import SECOND_MS
from plimsoll.venue.market.symbols import SymbolSpec

DEPTH_LIMITS = (5, 10, 20, 50, 100, 500, 1000)


@dataclass(frozen=True)
class Book:
    """Price levels, best first, shape (levels,); `update_id` rises with time."""

    update_id: int
    time_ms: int
    bid_prices: Floats
    bid_sizes: Floats
    ask_prices: Floats
    ask_sizes: Floats


def best_prices(spec: SymbolSpec, snapshot: Snapshot, spread_scale: float) -> tuple[float, float]:
    """Return bid and ask around the last price, on the tick.

    A `spread_scale` of 0 gives bid = ask = last: no cost of crossing, for parity runs.
    """
    if spread_scale == 0.0:
        return snapshot.last, snapshot.last
    half = snapshot.last * snapshot.spread_fraction * spread_scale / 2.0
    bid_ticks = math.floor((snapshot.last - half) / spec.tick_size + 1e-6)
    ask_ticks = max(math.ceil((snapshot.last + half) / spec.tick_size - 1e-6), bid_ticks + 1)
    bid_ticks = max(bid_ticks, 1)
    decimals = spec.price_decimals
    return round(bid_ticks * spec.tick_size, decimals), round(ask_ticks * spec.tick_size, decimals)


def order_book(
    spec: SymbolSpec, snapshot: Snapshot, *, levels: int, seed: int, spread_scale: float
) -> Book:
    """Return the book at the snapshot's instant; sizes grow away from the touch."""
    bid, ask = best_prices(spec, snapshot, spread_scale)
    rng = stream(seed, "book", spec.symbol, snapshot.time_ms // SECOND_MS)
    noise = rng.standard_normal((2, max(DEPTH_LIMITS)))[:, :levels]
    away = np.arange(levels, dtype=np.float64)
    step_ticks = max(round(snapshot.last * 5e-6 / spec.tick_size), 1)
    step = step_ticks * spec.tick_size
    sizes = snapshot.minute_volume * 0.02 * np.exp(0.8 * noise) * (1.0 + 0.15 * away)
    sizes = np.maximum(np.round(sizes, spec.size_decimals), spec.step_size)
    bids = np.round(bid - away * step, spec.price_decimals)
    asks = np.round(ask + away * step, spec.price_decimals)
    kept = bids > 0
    return Book(snapshot.time_ms, snapshot.time_ms, bids[kept], sizes[0][kept], asks, sizes[1])


@dataclass(frozen=True)
class Trades:
    """One public trade a second, on the path. Arrays of shape (n,), ascending."""

    ids: Ints
    times_ms: Ints
    prices: Floats
    sizes: Floats
    buyer_is_maker: list[bool]


def trade_id_at(time_ms: int) -> int:
    """Return the id of the trade in the second that holds the instant."""
    return (time_ms - LIFE_START_MS) // SECOND_MS


def trades_between(market: Market, symbol: str, first_id: int, last_id: int, now_ms: int) -> Trades:
    """Return the trades whose ids lie in [first, last] and whose time has come."""
    spec = market.specs[symbol]
    listed_id = trade_id_at(market.first_candle_ms(symbol))
    first_id = max(first_id, listed_id)
    last_id = min(last_id, trade_id_at(now_ms))
    ids = np.arange(first_id, last_id + 1, dtype=np.int64)
    times = LIFE_START_MS + ids * SECOND_MS
    if len(ids) == 0:
        return Trades(ids, times, np.empty(0), np.empty(0), [])
    # The trade before it decides the side of the first one, wherever the page begins.
    seen = times if first_id == listed_id else np.append(times[0] - SECOND_MS, times)
    logs = market.overlay.price(symbol, seen, market.log_path(symbol, seen))
    path: Floats = np.round(np.exp(logs), spec.price_decimals).astype(np.float64)
    moves = np.diff(path, prepend=path[:1])[-len(ids) :]
    prices = path[-len(ids) :]
    finest = market.finest(symbol)
    span = Window(int(times[0]) - finest.ms, int(times[-1]), len(ids) + 2)
    # A trade's size is a share of its whole candle's volume: one that grew with the candle would be
    # another one each time it is asked for, and the stream's not that of HTTP.
    whole_ms = finest.close_ms(finest.open_ms(int(times[-1])))
    candles = market.candles(symbol, LAST, finest, span, max(now_ms, whole_ms))
    holder = np.maximum(np.searchsorted(candles["open_ms"], times, side="right") - 1, 0)
    volume: Floats = candles["volume"][holder] if len(candles) else np.zeros(len(ids))
    sizes = np.round(volume * SECOND_MS / finest.ms, spec.size_decimals)
    sizes = np.clip(sizes, spec.step_size, None)
    return Trades(ids, times, prices, sizes, (moves < 0).tolist())
