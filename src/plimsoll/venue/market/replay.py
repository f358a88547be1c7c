"""The replay market: any freqtrade data folder served as the exchange, candle for candle.

A closed candle appears only once its end has come; the forming one follows the path of the
finest candle that holds the instant. What the folder lacks is merged from finer candles where
those exist, and is empty where they do not.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from plimsoll.core.errors import UsageError
from plimsoll.venue.clock import format_utc
from plimsoll.venue.market.base import (
    CANDLE,
    FUNDING,
    INDEX,
    LAST,
    MARK,
    OPEN_INTEREST,
    PREMIUM,
    RATIO,
    Floats,
    Ints,
    Rows,
    Snapshot,
    Window,
    aggregate,
    round_sums,
)
from plimsoll.venue.market.datafolder import (
    FUNDING_FILE,
    INTEREST_FILE,
    DataFile,
    list_files,
    read_candles,
    read_funding,
    read_interest,
    series_of,
)
from plimsoll.venue.market.funding import FUNDING_INTERVAL_MS, INTEREST_RATE, average_premium
from plimsoll.venue.market.intervals import INTERVALS, MINUTE_MS, Interval
from plimsoll.venue.market.pathwise import bend_rows, forming_candle, log_at
from plimsoll.venue.market.scenario import Overlay
from plimsoll.venue.market.symbols import LISTED, SymbolSpec, choose_symbols, unknown_spec

_RECENT_CANDLES = 12
_DECIMALS_SAMPLE = 5000
_SUM_DECIMALS = 8


class ReplayMarket:
    """The history of a data folder. The files of the chosen contracts are read at the start."""

    kind = "replay"
    seed = 0

    def __init__(self, files: list[DataFile], symbols: str | None) -> None:
        self.overlay = Overlay()
        self._files: dict[tuple[str, str], dict[str, DataFile]] = defaultdict(dict)
        for file in files:
            self._files[file.symbol, series_of(file) or file.kind][file.interval.code] = file
        self._rows: dict[tuple[str, str, str], Rows] = {}
        offered = {
            symbol: LISTED.get(symbol, unknown_spec(symbol))
            for symbol, kind in self._files
            if kind == LAST
        }
        chosen = choose_symbols(symbols, offered)
        self.specs: Mapping[str, SymbolSpec] = {
            symbol: self._with_data(spec) for symbol, spec in chosen.items()
        }
        for symbol in self.specs:
            self._read_rest(symbol)
        self.last_ms = max(self._end_ms(symbol) for symbol in self.specs)

    @classmethod
    def open(cls, datadir: Path, symbols: str | None) -> "ReplayMarket":
        """Open a data folder.

        Raises `UsageError` for a missing folder, an unreadable or broken file, no pairs, and
        a symbol that the folder does not hold.
        """
        return cls(list_files(datadir), symbols)

    def _with_data(self, spec: SymbolSpec) -> SymbolSpec:
        """Return the contract with the tick and the listing time that its data show."""
        for interval in self._intervals(spec.symbol, LAST):
            if len(self._native(spec.symbol, LAST, interval)) == 0:
                path = self._files[spec.symbol, LAST][interval.code].path
                raise UsageError(f"{path} holds no candles; take it out of the folder")
        rows = self._native(spec.symbol, LAST, self.finest(spec.symbol))
        decimals = _decimals(rows["close"][-_DECIMALS_SAMPLE:])
        tick = spec.tick_size if decimals <= spec.price_decimals else 10.0**-decimals
        first_ms = min(
            int(self._native(spec.symbol, LAST, interval)["open_ms"][0])
            for interval in self._intervals(spec.symbol, LAST)
        )
        return replace(spec, tick_size=tick, listed_ms=first_ms)

    def _read_rest(self, symbol: str) -> None:
        """Read what is not candles of the last price, so that no request meets a broken file."""
        for series in (MARK, INDEX, PREMIUM):
            for interval in self._intervals(symbol, series):
                self._native(symbol, series, interval)
        self._payments(symbol)
        self._other(symbol, INTEREST_FILE, read_interest)

    def _end_ms(self, symbol: str) -> int:
        return max(
            interval.close_ms(int(self._native(symbol, LAST, interval)["open_ms"][-1]))
            for interval in self._intervals(symbol, LAST)
        )

    def check_now(self, now_ms: int) -> None:
        """Raise `UsageError` when the instant lies outside the data."""
        first_ms = min(spec.listed_ms for spec in self.specs.values())
        if not first_ms < now_ms <= self.last_ms:
            raise UsageError(
                f"the data span {format_utc(first_ms)} to {format_utc(self.last_ms)}; --start "
                f"{format_utc(now_ms)} lies outside; choose an instant inside"
            )

    def _intervals(self, symbol: str, series: str) -> list[Interval]:
        """Return the native intervals of a series, finest first."""
        files = self._files.get((symbol, series), {})
        return sorted((INTERVALS[code] for code in files), key=lambda interval: interval.ms)

    def _native(self, symbol: str, series: str, interval: Interval) -> Rows:
        key = (symbol, series, interval.code)
        rows = self._rows.get(key)
        if rows is None:
            rows = self._rows[key] = read_candles(self._files[symbol, series][interval.code])
        return rows

    def first_candle_ms(self, symbol: str) -> int:
        """Return the opening time of the contract's first candle."""
        return self.specs[symbol].listed_ms

    def finest(self, symbol: str) -> Interval:
        """Return the shortest interval with a file."""
        return self._intervals(symbol, LAST)[0]

    def candles(
        self, symbol: str, series: str, interval: Interval, window: Window, now_ms: int
    ) -> Rows:
        """Return closed candles and the forming one, dtype `CANDLE`, ascending."""
        rows = self._select(symbol, series, interval, window, now_ms)
        if len(rows) and interval.close_ms(int(rows["open_ms"][-1])) > now_ms:
            forming = self._forming(symbol, series, interval, now_ms)
            rows = np.concatenate([rows[:-1], forming])
        return rows

    def _select(
        self, symbol: str, series: str, interval: Interval, window: Window, now_ms: int
    ) -> Rows:
        """Return whole candles of the window that have opened: the last may still be forming."""
        last_ms = now_ms if window.end_ms is None else min(window.end_ms, now_ms)
        source = self._source(symbol, series, interval)
        if source is None:
            return np.empty(0, dtype=CANDLE)
        rows = self._native(symbol, series, source)
        if source is interval and not self._is_bent(symbol, last_ms):
            return rows[_slice(rows["open_ms"], replace(window, end_ms=last_ms))]
        first_ms = None if window.start_ms is None else interval.open_ms(window.start_ms)
        if first_ms is not None and first_ms < (window.start_ms or 0):
            first_ms = interval.close_ms(first_ms)
        span = Window(first_ms, interval.close_ms(interval.open_ms(last_ms)) - 1, 0)
        span = replace(span, limit=(window.limit + 1) * max(interval.ms // source.ms, 1))
        fine = rows[_slice(rows["open_ms"], span)]
        merged = self._merged(symbol, series, source, interval, fine)
        return merged[_slice(merged["open_ms"], replace(window, end_ms=last_ms))]

    def _source(self, symbol: str, series: str, interval: Interval) -> Interval | None:
        """Return the native interval to serve from: the same, else the coarsest that divides."""
        native = self._intervals(symbol, series)
        if interval in native:
            return interval
        finer = [unit for unit in native if unit.ms < interval.ms and interval.ms % unit.ms == 0]
        return finer[-1] if finer else None

    def _is_bent(self, symbol: str, end_ms: int) -> bool:
        return self.overlay.touches(symbol, end_ms)

    def _merged(
        self, symbol: str, series: str, source: Interval, interval: Interval, fine: Rows
    ) -> Rows:
        """Return candles of the interval from whole source rows, scenarios applied."""
        if not len(fine):
            return fine
        bent = self._is_bent(symbol, int(source.ends(fine["open_ms"][-1:])[0]))
        if bent and series == LAST and source is interval:
            return self._from_finest(symbol, interval, fine)
        if bent and series != PREMIUM:
            fine = bend_rows(fine, source, symbol, self.overlay, self._decimals(symbol, series))
        return fine if source is interval else _merge(fine, interval.floor(fine["open_ms"]))

    def _from_finest(self, symbol: str, interval: Interval, rows: Rows) -> Rows:
        """Return native candles, those after a scenario began merged from the finest ones."""
        finest, decimals = self.finest(symbol), self._decimals(symbol, LAST)
        if finest is interval:
            return bend_rows(rows, interval, symbol, self.overlay, decimals)
        begun = min(event.start_ms for event in self.overlay.events if event.covers(symbol))
        ends = interval.ends(rows["open_ms"])
        before, after = rows[ends <= begun], rows[ends > begun]
        fine = self._native(symbol, LAST, finest)
        low, high = np.searchsorted(fine["open_ms"], [after["open_ms"][0], ends[-1]])
        bent = bend_rows(fine[low:high], finest, symbol, self.overlay, decimals)
        merged = _merge(bent, interval.floor(bent["open_ms"]))
        missing = after[~np.isin(after["open_ms"], merged["open_ms"])]
        missing = bend_rows(missing, interval, symbol, self.overlay, decimals)
        return np.sort(np.concatenate([before, merged, missing]), order="open_ms")

    def _decimals(self, symbol: str, series: str) -> int:
        return self.specs[symbol].price_decimals if series == LAST else 8

    def _holder(self, symbol: str, series: str, time_ms: int) -> tuple[Interval, Rows, int] | None:
        """Return interval, rows and position of the finest candle that holds the instant."""
        for interval in self._intervals(symbol, series):
            rows = self._native(symbol, series, interval)
            position = int(np.searchsorted(rows["open_ms"], time_ms, side="right")) - 1
            if position >= 0 and time_ms < interval.close_ms(int(rows["open_ms"][position])):
                return interval, rows, position
        return None

    def _forming(self, symbol: str, series: str, interval: Interval, now_ms: int) -> Rows:
        """Return the candle that holds `now_ms` as it stands then; empty in a hole."""
        held = self._holder(symbol, series, now_ms)
        if held is None:
            return np.empty(0, dtype=CANDLE)
        unit, rows, position = held
        open_ms = interval.open_ms(now_ms)
        if unit.ms > interval.ms:
            return np.empty(0, dtype=CANDLE)
        first = int(np.searchsorted(rows["open_ms"], open_ms))
        past = rows[first:position]
        if self._is_bent(symbol, now_ms) and series != PREMIUM:
            past = bend_rows(past, unit, symbol, self.overlay, self._decimals(symbol, series))
        now = forming_candle(
            rows[position : position + 1],
            unit,
            symbol,
            self.overlay if series != PREMIUM else Overlay(),
            self._decimals(symbol, series),
            now_ms,
            is_price=series != PREMIUM,
        )
        parts = np.concatenate([past, now])
        return _merge(parts, np.full(len(parts), open_ms))

    def log_path(self, symbol: str, times_ms: Ints) -> Floats:
        """Return the log price before scenarios; in a hole, the last close before it."""
        return np.array([self._log_at(symbol, LAST, time) for time in times_ms.tolist()])

    def log_marks(self, symbol: str, times_ms: Ints, logs: Floats) -> Floats:
        """Return the log mark price at each instant: the last price without fine mark candles."""
        if self._marked_by(symbol) == LAST:
            return logs
        marks = np.array([self._log_at(symbol, MARK, time) for time in times_ms.tolist()])
        return self.overlay.price(symbol, times_ms, np.where(np.isfinite(marks), marks, logs))

    def _marked_by(self, symbol: str) -> str:
        """Mark candles coarser than the price's own would mark a path that never was."""
        finest = self.finest(symbol).ms
        return MARK if any(one.ms <= finest for one in self._intervals(symbol, MARK)) else LAST

    def _log_at(self, symbol: str, series: str, time_ms: int) -> float:
        held = self._holder(symbol, series, time_ms)
        if held is not None:
            unit, rows, position = held
            return log_at(rows[position : position + 1], unit, time_ms)
        latest_ms, close = -1, float("nan")
        for interval in self._intervals(symbol, series):
            rows = self._native(symbol, series, interval)
            position = int(np.searchsorted(interval.ends(rows["open_ms"]), time_ms, "right")) - 1
            if position >= 0 and int(rows["open_ms"][position]) > latest_ms:
                latest_ms, close = int(rows["open_ms"][position]), float(rows["close"][position])
        return float(np.log(close))

    def _price(self, symbol: str, series: str, now_ms: int) -> float | None:
        if not self._intervals(symbol, series):
            return None
        log = np.array([self._log_at(symbol, series, now_ms)])
        bent = self.overlay.price(symbol, np.array([now_ms], dtype=np.int64), log)
        price = round(float(np.exp(bent[0])), self._decimals(symbol, series))
        return price if np.isfinite(price) else None

    def snapshot(self, symbol: str, now_ms: int) -> Snapshot:
        """Return prices and liquidity at the instant; without fine mark candles mark is last."""
        last = self._price(symbol, LAST, now_ms)
        if last is None:
            last = float(self._native(symbol, LAST, self.finest(symbol))["open"][0])
        mark = self._price(symbol, self._marked_by(symbol), now_ms) or last
        finest = self.finest(symbol)
        rows = self._native(symbol, LAST, finest)
        known = int(np.searchsorted(finest.ends(rows["open_ms"]), now_ms, side="right"))
        recent = rows[max(known - _RECENT_CANDLES, 0) : known]
        ranges = (recent["high"] - recent["low"]) / recent["close"] if len(recent) else [0.001]
        minutes = finest.ms / MINUTE_MS
        spread = 0.01 * float(np.mean(ranges)) * float(np.sqrt(5.0 / minutes))
        rates = self._payments(symbol)
        paid = int(np.searchsorted(rates["time_ms"], now_ms, side="right"))
        predicted = float(rates["rate"][paid - 1]) if paid else INTEREST_RATE
        return Snapshot(
            time_ms=now_ms,
            last=last,
            mark=mark,
            index=self._price(symbol, INDEX, now_ms) or mark,
            predicted_funding_rate=predicted + self._added_premium(symbol, now_ms),
            spread_fraction=spread * self.overlay.spread_factor(symbol, now_ms),
            minute_volume=float(np.mean(recent["volume"])) / minutes if len(recent) else 1.0,
        )

    def _other(self, symbol: str, kind: str, read: Callable[[DataFile], Rows]) -> dict[str, Rows]:
        by_interval = {}
        for code, file in self._files.get((symbol, kind), {}).items():
            key = (symbol, kind, code)
            if key not in self._rows:
                self._rows[key] = read(file)
            by_interval[code] = self._rows[key]
        return by_interval

    def _payments(self, symbol: str) -> Rows:
        by_interval = self._other(symbol, FUNDING_FILE, read_funding)
        return max(by_interval.values(), key=len, default=np.empty(0, dtype=FUNDING))

    def _added_premium(self, symbol: str, end_ms: int) -> float:
        """Return what scenarios add to the average premium of the eight hours before."""
        if not self._is_bent(symbol, end_ms):
            return 0.0
        minutes = np.arange(end_ms - FUNDING_INTERVAL_MS, end_ms, MINUTE_MS) + MINUTE_MS
        return average_premium(self.overlay.premium(symbol, minutes))

    def funding(self, symbol: str, window: Window, now_ms: int) -> Rows:
        """Return past funding payments, dtype `FUNDING`, ascending."""
        rows = self._payments(symbol)
        end_ms = now_ms if window.end_ms is None else min(window.end_ms, now_ms)
        rows = rows[_slice(rows["time_ms"], replace(window, end_ms=end_ms))].copy()
        series = MARK if self._intervals(symbol, MARK) else LAST
        for row in rows:
            row["rate"] += self._added_premium(symbol, int(row["time_ms"]))
            row["mark"] = self._price(symbol, series, int(row["time_ms"])) or 0.0
        return rows

    def open_interest(self, symbol: str, interval: Interval, window: Window, now_ms: int) -> Rows:
        """Return open interest at the start of each period, dtype `OPEN_INTEREST`."""
        by_interval = self._other(symbol, INTEREST_FILE, read_interest)
        rows = by_interval.get(interval.code)
        if rows is None:
            finer = [code for code in by_interval if INTERVALS[code].ms < interval.ms]
            if not finer:
                return np.empty(0, dtype=OPEN_INTEREST)
            rows = by_interval[max(finer, key=lambda code: INTERVALS[code].ms)]
            rows = rows[interval.floor(rows["time_ms"]) == rows["time_ms"]]
        end_ms = now_ms if window.end_ms is None else min(window.end_ms, now_ms)
        rows = rows[_slice(rows["time_ms"], replace(window, end_ms=end_ms))]
        if self._is_bent(symbol, now_ms):
            rows = rows.copy()
            factor = np.exp(self.overlay.log_interest(symbol, rows["time_ms"]))
            rows["amount"] *= factor
            rows["value_usd"] *= factor
        return rows

    def ratios(self, symbol: str, interval: Interval, window: Window, now_ms: int) -> Rows:
        """Return nothing: freqtrade keeps no long/short ratios."""
        del symbol, interval, window, now_ms
        return np.empty(0, dtype=RATIO)

    def forget_from(self, start_ms: int) -> None:
        """Keep everything: scenarios are applied to the rows as they are asked for."""
        del start_ms


def _slice(times_ms: Ints, window: Window) -> slice:
    """Return where the rows of a window lie among ascending times."""
    low, high = 0, len(times_ms)
    if window.start_ms is not None:
        low = int(np.searchsorted(times_ms, window.start_ms, side="left"))
    if window.end_ms is not None:
        high = int(np.searchsorted(times_ms, window.end_ms, side="right"))
    if window.start_ms is None:
        low = max(low, high - window.limit)
    return slice(low, min(high, low + window.limit))


def _merge(rows: Rows, opens_ms: Ints) -> Rows:
    """Return `aggregate` without the rounding noise of summed floats."""
    return round_sums(aggregate(rows, opens_ms), _SUM_DECIMALS)


def _decimals(prices: Floats) -> int:
    """Return how many decimals the prices have, at most 8."""
    for decimals in range(9):
        if np.array_equal(np.round(prices, decimals), prices):
            return decimals
    return 8
