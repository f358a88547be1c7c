"""Minute paths of the synthetic market: one UTC day at a time, bridged between hourly anchors."""

from dataclasses import dataclass

import numpy as np

from plimsoll.venue.market.base import (
    CANDLE,
    INDEX,
    LAST,
    MARK,
    PREMIUM,
    VERTEX_SHARES,
    Floats,
    Ints,
    Rows,
    fill_quote_volume,
)
from plimsoll.venue.market.factors import LIFE_START_MS, Skeleton, autoregress, stream, student
from plimsoll.venue.market.intervals import DAY_MS, MINUTE_MS
from plimsoll.venue.market.scenario import Overlay
from plimsoll.venue.market.symbols import SymbolSpec

MINUTES = 1440
MARK_DECIMALS = 8
_MARK_NOISE = 1.2e-4  # standard deviation of log(last / mark), 2024 → 2025-06 BTC
_SHARED_CLUSTERING = 0.6  # the market's part in the clustering of minute variances
VERTEX_OFFSETS_MS = VERTEX_SHARES * MINUTE_MS


@dataclass(frozen=True)
class MarketMinutes:
    """What all contracts of a seed share within one day: unit-variance white noise, shape (1440,).

    `shock` drives the minutes' returns, `volatility_shock` the clustering of their variances.
    """

    shock: Floats
    volatility_shock: Floats


@dataclass(frozen=True)
class MinuteBlock:
    """One day of one contract before scenarios.

    `vertices` has shape (1440, 4), log price in path order; `volume` and `taker_share` have
    shape (1440,); `premium` and `mark_noise` have shape (1441,), at minute boundaries.
    """

    start_ms: int
    vertices: Floats
    volume: Floats
    taker_share: Floats
    premium: Floats
    mark_noise: Floats

    @property
    def boundaries_ms(self) -> Ints:
        """The 1441 minute boundaries."""
        return self.start_ms + np.arange(MINUTES + 1, dtype=np.int64) * MINUTE_MS

    @property
    def vertex_times_ms(self) -> Floats:
        """The instants of the vertices, shape (1440, 4)."""
        times: Floats = self.boundaries_ms[:-1, None] + VERTEX_OFFSETS_MS[None, :]
        return times

    def minute_vertices_ms(self, minute: int) -> Floats:
        """Return the instants of one minute's vertices, shape (4,)."""
        times: Floats = self.start_ms + minute * MINUTE_MS + VERTEX_OFFSETS_MS
        return times


def market_minutes(seed: int, day: int) -> MarketMinutes:
    """Return what all contracts share within the day; it belongs to no contract."""
    rng = stream(seed, "market", block=day)
    return MarketMinutes(shock=student(rng, MINUTES), volatility_shock=rng.standard_normal(MINUTES))


def build_block(
    seed: int, spec: SymbolSpec, hours: Skeleton, day: int, market: MarketMinutes
) -> MinuteBlock:
    """Return the day's minutes: the same for the same arguments, whatever was requested before."""
    rng = stream(seed, "minutes", spec.symbol, day)
    span = slice(day * 24, day * 24 + 25)
    anchors = hours.log_price[span]
    deviation = hours.deviation[day * 24 : day * 24 + 24]
    loading = hours.market_loading[day * 24 : day * 24 + 24]
    boundaries, variance = _bridge(rng, anchors, deviation, loading, market)
    start, end = boundaries[:-1], boundaries[1:]
    high, low = _extremes(rng, start, end, variance)
    rising = end >= start
    vertices = np.stack(
        [start, np.where(rising, low, high), np.where(rising, high, low), end], axis=1
    )
    volume, taker_share = _volumes(rng, spec, hours, day, variance, vertices)
    premium, noise = premium_minutes(seed, spec, hours, day)
    return MinuteBlock(LIFE_START_MS + day * DAY_MS, vertices, volume, taker_share, premium, noise)


def premium_minutes(
    seed: int, spec: SymbolSpec, hours: Skeleton, day: int
) -> tuple[Floats, Floats]:
    """Return log(last / index) and its fast part log(last / mark) at the 1441 boundaries."""
    rng = stream(seed, "premium", spec.symbol, day)
    noise = rng.standard_normal(MINUTES + 1) * _MARK_NOISE
    noise[0] = noise[-1] = 0.0
    slow = np.interp(
        np.arange(MINUTES + 1) / 60.0, np.arange(25), hours.premium[day * 24 : day * 24 + 25]
    )
    return slow + noise, noise


def _bridge(
    rng: np.random.Generator,
    anchors: Floats,
    deviation: Floats,
    loading: Floats,
    market: MarketMinutes,
) -> tuple[Floats, Floats]:
    """Return log prices at the 1441 boundaries and each minute's variance.

    A bridge on a random clock: minute variances cluster, the hour's move is spread in
    proportion to them, so that a jump happens within minutes. Clock and steps are partly the
    market's: the steps as much as the hours are, so that contracts correlate alike on every
    timeframe.
    """
    moves = np.diff(anchors)
    surprise = np.minimum(np.abs(moves) / deviation, 6.0)
    level = deviation**2 / 60.0 * (0.72 + 0.28 * np.minimum(surprise**2, 12.0))
    noise = np.sqrt(_SHARED_CLUSTERING) * market.volatility_shock
    noise += np.sqrt(1.0 - _SHARED_CLUSTERING) * rng.standard_normal(MINUTES)
    cluster = autoregress(noise, 0.9) * np.sqrt(1.0 - 0.81)
    spread = (0.45 + 0.12 * surprise).repeat(60)
    variance = level.repeat(60) * np.exp(2.0 * spread * cluster - 2.0 * spread**2)
    shock = loading[:, None] * market.shock.reshape(24, 60)
    shock += np.sqrt(1.0 - loading**2)[:, None] * student(rng, MINUTES).reshape(24, 60)
    steps = np.sqrt(variance).reshape(24, 60) * shock
    walk = np.cumsum(steps, axis=1)
    share = np.cumsum(variance.reshape(24, 60), axis=1)
    share /= share[:, -1:]
    inside = anchors[:-1, None] + walk + (moves - walk[:, -1])[:, None] * share
    inside[:, -1] = anchors[1:]
    return np.concatenate([anchors[:1], inside.ravel()]), variance


def _extremes(
    rng: np.random.Generator, start: Floats, end: Floats, variance: Floats
) -> tuple[Floats, Floats]:
    """Return high and low of each minute as the extremes of a Brownian bridge.

    P(max > m) = exp(−2 (m − a)(m − b) / v), inverted (Karatzas and Shreve 1991, eq. 4.3.40).
    """
    draws = -2.0 * np.log(1.0 - rng.random((2, MINUTES)))
    reach = np.sqrt((end - start) ** 2 + draws * variance * 0.85)
    middle = start + end
    return (middle + reach[0]) / 2.0, (middle - reach[1]) / 2.0


def _volumes(
    rng: np.random.Generator,
    spec: SymbolSpec,
    hours: Skeleton,
    day: int,
    variance: Floats,
    vertices: Floats,
) -> tuple[Floats, Floats]:
    """Return volume in the base coin and the takers' buying share of each minute."""
    moves = vertices[:, 3] - vertices[:, 0]
    standard = moves / np.sqrt(variance)
    weight = np.sqrt(variance) * np.exp(0.5 * rng.standard_normal(MINUTES))
    weight *= 0.6 + 0.4 * np.abs(standard)
    by_hour = weight.reshape(24, 60)
    by_hour /= by_hour.sum(axis=1, keepdims=True)
    quote_volume = hours.volume_usd[day * 24 : day * 24 + 24, None] * by_hour
    volume = quote_volume.ravel() / np.exp(vertices[:, 0])
    share = 0.5 + 0.13 * np.tanh(standard) + 0.05 * rng.standard_normal(MINUTES)
    return np.maximum(volume, 2.0 * spec.step_size), np.clip(share, 0.05, 0.95)


def minute_rows(block: MinuteBlock, spec: SymbolSpec, series: str, overlay: Overlay) -> Rows:
    """Return the day's 1440 candles of one series, scenarios applied, rounded to the filters."""
    rows = np.zeros(MINUTES, dtype=CANDLE)
    rows["open_ms"] = block.boundaries_ms[:-1]
    if series == PREMIUM:
        level = np.expm1(block.premium + overlay.premium(spec.symbol, block.boundaries_ms))
        level = np.round(level, MARK_DECIMALS)
        rows["open"], rows["close"] = level[:-1], level[1:]
        rows["high"], rows["low"] = (
            np.maximum(level[:-1], level[1:]),
            np.minimum(level[:-1], level[1:]),
        )
        return rows
    paths = series_vertices(block, spec, series, overlay)
    decimals = spec.price_decimals if series == LAST else MARK_DECIMALS
    prices = np.round(np.exp(paths), decimals)
    rows["open"], rows["close"] = prices[:, 0], prices[:, 3]
    rows["high"], rows["low"] = prices.max(axis=1), prices.min(axis=1)
    for knot in overlay.knots_between(spec.symbol, block.start_ms, block.start_ms + DAY_MS):
        minute = (knot - block.start_ms) // MINUTE_MS
        bent = np.round(np.exp(_bent_path(block, spec, series, overlay, minute)[1]), decimals)
        rows["high"][minute], rows["low"][minute] = bent.max(), bent.min()
    if series == LAST:
        _fill_volume(rows, block, spec, overlay)
    return rows


def series_vertices(block: MinuteBlock, spec: SymbolSpec, series: str, overlay: Overlay) -> Floats:
    """Return log prices of the vertices of one price series, shape (1440, 4)."""
    paths = block.vertices
    if overlay.touches(spec.symbol, block.start_ms + DAY_MS):
        paths = overlay.price(spec.symbol, block.vertex_times_ms, paths)
    if series == LAST:
        return paths
    gap = _gap(block, spec, series, overlay)
    offsets: Floats = gap[:-1, None] + np.diff(gap)[:, None] * VERTEX_SHARES[None, :]
    return np.subtract(paths, offsets)


def _gap(block: MinuteBlock, spec: SymbolSpec, series: str, overlay: Overlay) -> Floats:
    """Return how far last stands above the series in log price, at the 1441 boundaries."""
    if series == INDEX:
        return block.premium + overlay.premium(spec.symbol, block.boundaries_ms)
    return block.mark_noise if series == MARK else np.zeros(MINUTES + 1)


def _bent_path(
    block: MinuteBlock, spec: SymbolSpec, series: str, overlay: Overlay, minute: int
) -> tuple[Floats, Floats]:
    """Return instants and log prices of all points where the minute's path bends."""
    start_ms = block.start_ms + minute * MINUTE_MS
    knots = overlay.knots_between(spec.symbol, start_ms, start_ms + MINUTE_MS)
    times = np.unique(np.concatenate([block.vertex_times_ms[minute], np.array(knots)]))
    base = np.interp(times, block.vertex_times_ms[minute], block.vertices[minute])
    logs = overlay.price(spec.symbol, times, base)
    gap = _gap(block, spec, series, overlay)[minute : minute + 2]
    return times, logs - np.interp(times, [start_ms, start_ms + MINUTE_MS], gap)


def current_minute(
    block: MinuteBlock,
    spec: SymbolSpec,
    series: str,
    overlay: Overlay,
    row: Rows,
    now_ms: int,
) -> Rows:
    """Return the minute candle that holds `now_ms` as it stands then, shape (1,).

    Only the path up to then counts and volume grows in proportion to time, so that nothing of
    the rest of the minute shows. `row` is the whole candle, shape (1,).
    """
    seen = row.copy()
    minute = int(row["open_ms"][0] - block.start_ms) // MINUTE_MS
    share = (now_ms - int(row["open_ms"][0])) / MINUTE_MS
    if series == PREMIUM:
        opened, closed = float(row["open"][0]), float(row["close"][0])
        points = np.array([opened, round(opened + (closed - opened) * share, MARK_DECIMALS)])
    else:
        times, logs = _bent_path(block, spec, series, overlay, minute)
        logs = np.append(logs[times <= now_ms], np.interp(now_ms, times, logs))
        decimals = spec.price_decimals if series == LAST else MARK_DECIMALS
        points = np.round(np.exp(logs), decimals)
    seen["close"], seen["high"], seen["low"] = points[-1], points.max(), points.min()
    seen["volume"] = np.round(row["volume"] * share, spec.size_decimals)
    seen["taker_volume"] = np.round(row["taker_volume"] * share, spec.size_decimals)
    return fill_quote_volume(seen)


def _fill_volume(rows: Rows, block: MinuteBlock, spec: SymbolSpec, overlay: Overlay) -> None:
    factor = overlay.volume_factor(spec.symbol, rows["open_ms"])
    volume = np.round(block.volume * factor, spec.size_decimals)
    taker = np.round(volume * block.taker_share, spec.size_decimals)
    rows["volume"], rows["taker_volume"] = volume, taker
    fill_quote_volume(rows)
