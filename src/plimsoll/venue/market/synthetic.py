"""The synthetic market: seeded, the same to the byte whatever is requested, in any order."""

from collections import OrderedDict
from collections.abc import Mapping

import numpy as np

from plimsoll.core.errors import UsageError
from plimsoll.venue.clock import format_utc
from plimsoll.venue.market.base import (
    CANDLE,
    FUNDING,
    LAST,
    OPEN_INTEREST,
    RATIO,
    Floats,
    Ints,
    Rows,
    Snapshot,
    Window,
    aggregate,
    grid_between,
    round_sums,
)
from plimsoll.venue.market.factors import (
    LIFE_END_MS,
    LIFE_START_MS,
    Factors,
    day_index,
    hour_index,
    stream,
)
from plimsoll.venue.market.funding import FUNDING_INTERVAL_MS, funding_rate
from plimsoll.venue.market.intervals import DAY_MS, HOUR_MS, INTERVALS, MINUTE_MS, Interval
from plimsoll.venue.market.minutes import (
    MARK_DECIMALS,
    MarketMinutes,
    MinuteBlock,
    build_block,
    current_minute,
    market_minutes,
    minute_rows,
    premium_minutes,
)
from plimsoll.venue.market.scenario import Overlay
from plimsoll.venue.market.symbols import SymbolSpec

_BLOCKS_KEPT = 768  # days; about 80 KB each
_DAYS_KEPT = 6000
_MARKET_DAYS_KEPT = 1500  # 23 KB each
_MINUTE = INTERVALS["1m"]
_DAY = INTERVALS["1d"]
_INTEREST_DAYS_OF_VOLUME = 0.30  # BTC, ETH, SOL 2024-06 → 2024-08: 0.25 to 0.35


class SyntheticMarket:
    """A seeded market of correlated contracts with minute candles on demand.

    Nothing is generated before it is asked for: an hourly skeleton of a contract's whole life
    on first touch, then single days of minutes.
    """

    kind = "synthetic"

    def __init__(self, specs: Mapping[str, SymbolSpec], seed: int) -> None:
        self.specs = specs
        self.seed = seed
        self.overlay = Overlay()
        self._factors = Factors(seed)
        self._blocks: OrderedDict[tuple[str, int], MinuteBlock] = OrderedDict()
        self._market_minutes: OrderedDict[int, MarketMinutes] = OrderedDict()
        self._days: OrderedDict[tuple[str, str, str, int], Rows] = OrderedDict()

    def first_candle_ms(self, symbol: str) -> int:
        """Return the contract's listing time."""
        return self.specs[symbol].listed_ms

    def finest(self, symbol: str) -> Interval:
        """Return one minute: the finest candles this market draws."""
        del symbol
        return _MINUTE

    def check_now(self, now_ms: int) -> None:
        """Raise `UsageError` when the instant lies outside the market's life."""
        first = max(spec.listed_ms for spec in self.specs.values()) + DAY_MS
        if not first <= now_ms < LIFE_END_MS - 2 * DAY_MS:
            raise UsageError(
                f"the synthetic market lives from {format_utc(first)} (a day after its last "
                f"listing) to {format_utc(LIFE_END_MS)}; found {format_utc(now_ms)}; choose "
                "another --start, or older symbols"
            )

    def candles(
        self, symbol: str, series: str, interval: Interval, window: Window, now_ms: int
    ) -> Rows:
        """Return closed candles and the forming one, dtype `CANDLE`, ascending."""
        opens = grid_between(interval, window, self.first_candle_ms(symbol), now_ms)
        if len(opens) == 0:
            return np.empty(0, dtype=CANDLE)
        forming_open = interval.open_ms(now_ms)
        closed = opens[opens < forming_open]
        parts: list[Rows] = []
        if len(closed):
            parts.append(self._closed(symbol, series, interval, int(closed[0]), int(closed[-1])))
        if opens[-1] == forming_open:
            parts.append(self._forming(symbol, series, interval, now_ms))
        return np.concatenate(parts)

    def _closed(
        self, symbol: str, series: str, interval: Interval, first_ms: int, last_ms: int
    ) -> Rows:
        unit = interval if interval.ms <= DAY_MS else _DAY
        end_ms = interval.close_ms(last_ms)
        first_day = day_index(max(first_ms, self.first_candle_ms(symbol)))
        days = range(first_day, day_index(end_ms - 1) + 1)
        rows = np.concatenate([self._day_rows(symbol, series, unit, day) for day in days])
        rows = rows[(rows["open_ms"] >= first_ms) & (rows["open_ms"] < end_ms)]
        return rows if unit is interval else self._merge(symbol, series, interval, rows)

    def _merge(self, symbol: str, series: str, interval: Interval, rows: Rows) -> Rows:
        merged = aggregate(rows, interval.floor(rows["open_ms"]))
        return round_sums(merged, self.specs[symbol].size_decimals) if series == LAST else merged

    def _forming(self, symbol: str, series: str, interval: Interval, now_ms: int) -> Rows:
        """Return the candle that holds `now_ms` as it stands then, shape (1,)."""
        open_ms = max(interval.open_ms(now_ms), self.first_candle_ms(symbol))
        today_ms = now_ms // DAY_MS * DAY_MS
        parts = [
            self._day_rows(symbol, series, _DAY, day)
            for day in range(day_index(open_ms), day_index(now_ms))
        ]
        block = self._block(symbol, day_index(now_ms))
        minutes = self._day_rows(symbol, series, _MINUTE, day_index(now_ms))
        minute = (now_ms - today_ms) // MINUTE_MS
        parts.append(minutes[max(open_ms - today_ms, 0) // MINUTE_MS : minute])
        row = minutes[minute : minute + 1]
        parts.append(current_minute(block, self.specs[symbol], series, self.overlay, row, now_ms))
        rows = np.concatenate(parts)
        return self._merge(symbol, series, interval, rows)

    def _block(self, symbol: str, day: int) -> MinuteBlock:
        key = (symbol, day)
        block = self._blocks.get(key)
        if block is None:
            spec = self.specs[symbol]
            hours, market = self._factors.skeleton(spec), self._market(day)
            block = build_block(self.seed, spec, hours, day, market)
            self._blocks[key] = block
            if len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        else:
            self._blocks.move_to_end(key)
        return block

    def _market(self, day: int) -> MarketMinutes:
        market = self._market_minutes.get(day)
        if market is None:
            market = self._market_minutes[day] = market_minutes(self.seed, day)
            if len(self._market_minutes) > _MARKET_DAYS_KEPT:
                self._market_minutes.popitem(last=False)
        return market

    def _day_rows(self, symbol: str, series: str, interval: Interval, day: int) -> Rows:
        key = (symbol, series, interval.code, day)
        rows = self._days.get(key)
        if rows is None:
            spec = self.specs[symbol]
            rows = minute_rows(self._block(symbol, day), spec, series, self.overlay)
            if interval is not _MINUTE:
                rows = self._merge(symbol, series, interval, rows)
            self._days[key] = rows
            if len(self._days) > _DAYS_KEPT:
                self._days.popitem(last=False)
        return rows

    def forget_from(self, start_ms: int) -> None:
        """Drop derived days that a scenario from `start_ms` on changes."""
        first_day = day_index(start_ms)
        for key in [key for key in self._days if key[3] >= first_day]:
            del self._days[key]

    def log_path(self, symbol: str, times_ms: Ints) -> Floats:
        """Return the log price before scenarios at each instant, shape (n,)."""
        logs = np.empty(len(times_ms))
        for index, time_ms in enumerate(times_ms.tolist()):
            block = self._block(symbol, day_index(time_ms))
            minute = (time_ms - block.start_ms) // MINUTE_MS
            logs[index] = np.interp(
                time_ms, block.minute_vertices_ms(minute), block.vertices[minute]
            )
        return logs

    def log_marks(self, symbol: str, times_ms: Ints, logs: Floats) -> Floats:
        """Return the log mark price at each instant, shape (n,)."""
        marks = np.array(logs, dtype=np.float64)
        for index, time_ms in enumerate(times_ms.tolist()):
            block = self._block(symbol, day_index(time_ms))
            position = (time_ms - block.start_ms) / MINUTE_MS
            minute = min(int(position), len(block.mark_noise) - 2)
            share = position - minute
            before, after = block.mark_noise[minute], block.mark_noise[minute + 1]
            marks[index] -= before + share * (after - before)
        return marks

    def snapshot(self, symbol: str, now_ms: int) -> Snapshot:
        """Return prices and liquidity at the instant."""
        spec = self.specs[symbol]
        block = self._block(symbol, day_index(now_ms))
        at = np.array([now_ms], dtype=np.int64)
        log = float(self.overlay.price(symbol, at, self.log_path(symbol, at))[0])
        position = (now_ms - block.start_ms) / MINUTE_MS
        ticks = np.arange(len(block.premium))
        extra = float(self.overlay.premium(symbol, at)[0])
        premium = float(np.interp(position, ticks, block.premium)) + extra
        noise = float(np.interp(position, ticks, block.mark_noise))
        minute = int(position)
        skeleton = self._factors.skeleton(spec)
        relative = skeleton.deviation[hour_index(now_ms)] / (
            spec.annual_volatility_fraction / np.sqrt(8760.0)
        )
        calm = 2e-5 * np.sqrt(6e8 / spec.hourly_volume_usd)
        spread = calm * float(relative) ** 0.8 * self.overlay.spread_factor(symbol, now_ms)
        return Snapshot(
            time_ms=now_ms,
            last=round(float(np.exp(log)), spec.price_decimals),
            mark=round(float(np.exp(log - noise)), MARK_DECIMALS),
            index=round(float(np.exp(log - premium)), MARK_DECIMALS),
            predicted_funding_rate=self._predicted_rate(symbol, now_ms),
            spread_fraction=float(spread),
            minute_volume=float(block.volume[minute]),
        )

    def _premiums(self, symbol: str, day: int) -> tuple[Floats, Floats]:
        spec = self.specs[symbol]
        premium, noise = premium_minutes(self.seed, spec, self._factors.skeleton(spec), day)
        times = LIFE_START_MS + day * DAY_MS + np.arange(1441, dtype=np.int64) * MINUTE_MS
        return np.expm1(premium + self.overlay.premium(symbol, times)), noise

    def _predicted_rate(self, symbol: str, now_ms: int) -> float:
        since_ms = now_ms // FUNDING_INTERVAL_MS * FUNDING_INTERVAL_MS
        premiums, _ = self._premiums(symbol, day_index(since_ms))
        first = (since_ms % DAY_MS) // MINUTE_MS
        passed = (now_ms - since_ms) // MINUTE_MS
        cap = self.specs[symbol].funding_cap_fraction
        return funding_rate(premiums[first + 1 : first + 1 + max(passed, 1)], cap)

    def funding(self, symbol: str, window: Window, now_ms: int) -> Rows:
        """Return past funding payments, dtype `FUNDING`, ascending."""
        times = grid_between(INTERVALS["8h"], window, self.first_candle_ms(symbol), now_ms)
        times = times[times > self.first_candle_ms(symbol)]
        rows = np.zeros(len(times), dtype=FUNDING)
        rows["time_ms"] = times
        skeleton = self._factors.skeleton(self.specs[symbol])
        logs = skeleton.log_price[(times - LIFE_START_MS) // HOUR_MS]
        logs = self.overlay.price(symbol, times, logs)
        cap = self.specs[symbol].funding_cap_fraction
        known: tuple[int, Floats, Floats] | None = None
        for row, log in zip(rows, logs.tolist(), strict=True):
            since_ms = int(row["time_ms"]) - FUNDING_INTERVAL_MS
            day = day_index(since_ms)
            if known is None or known[0] != day:
                known = (day, *self._premiums(symbol, day))
            first = (since_ms % DAY_MS) // MINUTE_MS
            row["rate"] = funding_rate(known[1][first + 1 : first + 481], cap)
            row["mark"] = round(float(np.exp(log - known[2][first + 480])), MARK_DECIMALS)
        return rows

    def open_interest(self, symbol: str, interval: Interval, window: Window, now_ms: int) -> Rows:
        """Return open interest at the start of each period, dtype `OPEN_INTEREST`."""
        candles = self.candles(symbol, LAST, interval, window, now_ms)
        spec = self.specs[symbol]
        times = candles["open_ms"]
        rows = np.zeros(len(times), dtype=OPEN_INTEREST)
        position = (times - LIFE_START_MS) / HOUR_MS
        logs = self._factors.skeleton(spec).log_interest
        state = np.interp(position, np.arange(len(logs)), logs)
        state = state + self.overlay.log_interest(symbol, times)
        mean = _INTEREST_DAYS_OF_VOLUME * 24 * spec.hourly_volume_usd / spec.typical_price_usd
        rows["time_ms"] = times
        rows["amount"] = np.round(mean * np.exp(state), spec.size_decimals)
        rows["value_usd"] = np.round(rows["amount"] * candles["open"], 4)
        return rows

    def ratios(self, symbol: str, interval: Interval, window: Window, now_ms: int) -> Rows:
        """Return long/short ratios, dtype `RATIO`: the crowd leans with sentiment."""
        times = grid_between(interval, window, self.first_candle_ms(symbol), now_ms)
        rows = np.zeros(len(times), dtype=RATIO)
        sentiment = self._factors.skeleton(self.specs[symbol]).sentiment
        hours = (times - LIFE_START_MS) / HOUR_MS
        lean = np.interp(hours, np.arange(len(sentiment)), sentiment)
        wobble = np.array(
            [
                stream(self.seed, "ratio", symbol, int(time) // MINUTE_MS).standard_normal(3)
                for time in times
            ]
        ).reshape(-1, 3)
        rows["time_ms"] = times
        rows["accounts"] = np.exp(0.35 + 0.25 * lean + 0.02 * wobble[:, 0])
        rows["top_accounts"] = np.exp(0.30 + 0.20 * lean + 0.02 * wobble[:, 1])
        rows["top_positions"] = np.exp(0.10 + 0.08 * lean + 0.02 * wobble[:, 2])
        return rows
