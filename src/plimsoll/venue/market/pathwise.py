"""Candles as paths: what one looks like at an instant, and how scenarios bend it."""

import numpy as np

from plimsoll.venue.market.base import VERTEX_SHARES, Floats, Rows, fill_quote_volume, path_vertices
from plimsoll.venue.market.intervals import Interval
from plimsoll.venue.market.scenario import Overlay

_VOLUMES = ("volume", "taker_volume")


def log_at(row: Rows, interval: Interval, time_ms: int) -> float:
    """Return the log price of one candle, shape (1,), at an instant inside it."""
    open_ms = int(row["open_ms"][0])
    length = interval.close_ms(open_ms) - open_ms
    share = (time_ms - open_ms) / length
    return float(np.interp(share, VERTEX_SHARES, path_vertices(row)[0]))


def _bent_path(
    row: Rows, interval: Interval, symbol: str, overlay: Overlay
) -> tuple[Floats, Floats]:
    """Return instants and log prices of all points where the candle's path bends."""
    open_ms = int(row["open_ms"][0])
    end_ms = interval.close_ms(open_ms)
    vertex_times = open_ms + VERTEX_SHARES * (end_ms - open_ms)
    knots = overlay.knots_between(symbol, open_ms, end_ms)
    times = np.unique(np.concatenate([vertex_times, np.array(knots)]))
    base = np.interp(times, vertex_times, path_vertices(row)[0])
    return times, overlay.price(symbol, times, base)


def bend_rows(rows: Rows, interval: Interval, symbol: str, overlay: Overlay, decimals: int) -> Rows:
    """Return whole candles with the scenarios applied; rows that none touches stay as given."""
    begun = [event.start_ms for event in overlay.events if event.covers(symbol)]
    ends = interval.ends(rows["open_ms"])
    touched = np.flatnonzero(ends > min(begun, default=np.iinfo(np.int64).max))
    if len(touched) == 0:
        return rows
    bent = rows.copy()
    for position in touched.tolist():
        row = rows[position : position + 1]
        points = np.round(np.exp(_bent_path(row, interval, symbol, overlay)[1]), decimals)
        bent["open"][position], bent["close"][position] = points[0], points[-1]
        bent["high"][position], bent["low"][position] = points.max(), points.min()
    factor = overlay.volume_factor(symbol, rows["open_ms"])
    for name in _VOLUMES:
        bent[name] = np.where(factor == 1.0, rows[name], np.round(rows[name] * factor, 4))
    bent[touched] = fill_quote_volume(bent[touched])
    return bent


def forming_candle(
    row: Rows,
    interval: Interval,
    symbol: str,
    overlay: Overlay,
    decimals: int,
    now_ms: int,
    *,
    is_price: bool,
) -> Rows:
    """Return one candle, shape (1,), as it looks at `now_ms`: nothing later shows.

    A series that is no price (the premium) moves straight from open to close.
    """
    open_ms = int(row["open_ms"][0])
    share = (now_ms - open_ms) / (interval.close_ms(open_ms) - open_ms)
    seen = row.copy()
    if is_price:
        times, logs = _bent_path(row, interval, symbol, overlay)
        logs = np.append(logs[times <= now_ms], np.interp(now_ms, times, logs))
        points = np.round(np.exp(logs), decimals)
    else:
        ends = np.array([row["open"][0], row["close"][0]])
        points = np.array([ends[0], np.interp(share, [0.0, 1.0], ends)])
    bent = overlay.touches(symbol, open_ms + 1)
    opened = float(points[0] if bent else row["open"][0])
    seen["open"], seen["close"] = opened, points[-1]
    seen["high"], seen["low"] = max(points.max(), opened), min(points.min(), opened)
    factor = overlay.volume_factor(symbol, row["open_ms"]) * share
    for name in _VOLUMES:
        seen[name] = np.round(row[name] * factor, 4)
    return fill_quote_volume(seen)
