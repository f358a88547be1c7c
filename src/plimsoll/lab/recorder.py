"""Record trades, best prices and depth of an exchange's streams, by ccxt.pro, into the archive."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.archive.recording import (
    Covered,
    Recording,
    Stream,
    pair_folder,
    sole_recorder,
)
from plimsoll.archive.streamed import TRADES_KEPT, Depth, Quotes, Trades
from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.depth_stream import DEPTH_OF, is_linear, with_depth

NUMBERED = frozenset({"binance", "binanceus", "binanceusdm"})
"""Exchanges that number the trades of a pair without a hole: what is missing can be counted."""
LONGEST_WAIT_SECONDS = 30.0
TRADES_PATIENCE = 10
"""Trades may be silent this many times as long as best prices."""
MOST_PATIENCE = 64
"""A stream that stays silent when it was opened anew is given twice as long, up to this factor."""
SYNC_SECONDS = 5.0
NO_DEPTH = "depth is recorded from Binance USD-M alone, not from spot; leave it out"
NO_TIME = "Binance's spot stream of best prices tells no time; leave book out: --kinds trades"
NOT_RUNNING = "the recorder was not running"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is recorded, where to, and how often it is written."""

    exchange: str
    config: Mapping[str, Any]
    pairs: Sequence[str]
    streams: Sequence[Stream]
    datadir: Path
    flush_seconds: float = 1.0
    rotate_seconds: float = 3600.0
    silence_seconds: float = 30.0
    seconds: float | None = None
    levels: int = 10
    """Of each side of the book, where depth is recorded."""


class Track:
    """One stream of one pair: what was heard of it, and its files."""

    def __init__(
        self, pair: str, stream: Stream, folder: Path, *, is_numbered: bool, levels: int = 10
    ) -> None:
        self.pair, self.stream = pair, stream
        is_depth = stream is Stream.DEPTH
        self.recording = Recording(folder, stream, levels if is_depth else None)
        before = self.recording.covered
        broken = None if before is None else NOT_RUNNING
        last_ms = 0 if before is None else before.until_ms
        last_id = None if before is None else before.last_id
        self.trades = Trades(is_numbered, last_id, last_ms, broken)
        self.quotes = Depth(last_ms, broken, levels=levels) if is_depth else Quotes(last_ms, broken)
        self.heard_at = self.message_at = time.monotonic()
        self.messages = self.gaps = 0
        self.patience = 1
        """Times as long as usual that it may be silent."""
        self.lag_seconds = math.nan
        """From the exchange's time of the last message until it was here, by this machine."""
        self._quote: Mapping[str, Any] | None = None

    def hear(self, message: Mapping[str, Any]) -> None:
        """Note that a message came; of trades `flush` knows how many, of all pairs."""
        self.messages += self.stream is not Stream.TRADES
        self._heard()
        at_ms = message.get("timestamp")
        self.lag_seconds = math.nan if at_ms is None else time.time() - at_ms / 1000

    def _heard(self) -> None:
        self.heard_at = self.message_at = time.monotonic()
        self.patience = 1

    def hear_quote(self, ticker: Mapping[str, Any]) -> None:
        """Take best prices, unless they are those of before."""
        if ticker is not self._quote:
            self._quote = ticker
            self.hear(ticker)
            self.quotes.hear(ticker)

    def hear_depth(self, book: Mapping[str, Any]) -> None:
        """Take the best levels of a book."""
        self.hear(book)
        self.quotes.hear(book)

    def broke(self, why: str) -> None:
        """Note that messages may have been missed from now on."""
        self.trades.broken = self.trades.broken or why
        self.quotes.broken = self.quotes.broken or why

    def flush(self, trades: Sequence[Mapping[str, Any]]) -> None:
        """Append what has come since the last flush; trades are those that came since.

        Raises
        ------
        PlimsollError
            When it cannot be written.
        """
        if self.stream is Stream.TRADES:
            if len(trades) >= TRADES_KEPT and not self.trades.is_numbered:
                self.broke("more trades came than ccxt keeps")
            rows, gaps = self.trades.take(trades)
            self.messages += len(trades)
            if trades:
                self._heard()
        else:
            rows, gaps = self.quotes.take()
        for gap in gaps:
            self.recording.miss(gap)
        self.gaps += len(gaps)
        self.recording.append(rows)

    @property
    def refused(self) -> int:
        """How many messages were left out, for what they said cannot be."""
        return self.trades.refused + self.quotes.refused

    def record(self) -> dict[str, Any]:
        """Return what was recorded so far, as JSON."""
        covered: Covered | None = self.recording.covered
        return {
            "pair": self.pair,
            "kind": self.stream.value,
            "rows": self.recording.rows,
            "messages": self.messages,
            "gaps": self.gaps,
            "refused": self.refused,
            "until": None if covered is None else _iso(covered.until_ms),
        }


class Recorder:
    """Records what a plan names until it is stopped."""

    def __init__(self, plan: Plan, tell: Callable[[str], None]) -> None:
        self._plan, self._tell = plan, tell
        self._stop = asyncio.Event()
        self._synced_at = self._rotated_at = time.monotonic()
        self.tracks: list[Track] = []
        self.began_at = time.monotonic()

    def stop(self) -> None:
        """End after a last flush."""
        self._stop.set()

    async def run(self, each_flush: Callable[[], None]) -> None:
        """Record; ``each_flush`` is called after each flush.

        Raises
        ------
        UsageError
            For a pair or a stream that the exchange does not have.
        PlimsollError
            When it cannot be reached at the start, or nothing more can be written.
        """
        plan = self._plan
        exchange = exchange_of(plan.exchange, plan.config)
        try:
            await require_streams(exchange, plan.pairs, plan.streams)
            with ExitStack() as held:
                for pair in plan.pairs:
                    folder = pair_folder(plan.datadir, pair)
                    held.enter_context(sole_recorder(folder))
                    numbered = plan.exchange in NUMBERED
                    self.tracks += [
                        Track(pair, stream, folder, is_numbered=numbered, levels=plan.levels)
                        for stream in plan.streams
                    ]
                await self._record(exchange, each_flush)
        finally:
            await exchange.close()

    async def _record(self, exchange: Any, each_flush: Callable[[], None]) -> None:
        streams = self._plan.streams
        watchers = [asyncio.create_task(self._watch(exchange, one)) for one in streams]
        end = math.inf if self._plan.seconds is None else time.monotonic() + self._plan.seconds
        try:
            while not self._stop.is_set() and time.monotonic() < end:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), self._plan.flush_seconds)
                self._flush(exchange)
                each_flush()
                await self._mind_silence(exchange)
        finally:
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)
            for track in self.tracks:
                track.recording.close()

    def _flush(self, exchange: Any) -> None:
        now = time.monotonic()
        for track in self.tracks:
            track.flush(self._taken(exchange, track))
        if now - self._synced_at >= SYNC_SECONDS:
            self._synced_at = now
            for track in self.tracks:
                track.recording.sync()
        if now - self._rotated_at >= self._plan.rotate_seconds:
            self._rotated_at = now
            for track in self.tracks:
                track.recording.rotate()

    @staticmethod
    def _taken(exchange: Any, track: Track) -> list[Mapping[str, Any]]:
        """Return the trades that ccxt has kept since the last flush, and let it forget them."""
        kept = exchange.trades.get(track.pair) if track.stream is Stream.TRADES else None
        if not kept:
            return []
        trades = list(kept)
        kept.clear()
        return trades

    async def _watch(self, exchange: Any, stream: Stream) -> None:
        """Keep all pairs' streams of a kind subscribed; after a failure wait 1 s, 2 s, 4 s …"""
        tracks = {one.pair: one for one in self.tracks if one.stream is stream}
        wait = 1.0
        while True:
            try:
                if stream is Stream.TRADES:
                    # What came is read from ccxt's own list at each flush, so that none is missed.
                    for trade in await exchange.watch_trades_for_symbols(list(tracks)):
                        tracks[trade["symbol"]].hear(trade)
                elif stream is Stream.DEPTH:
                    for book in await exchange.watch_depth(list(tracks), self._plan.levels):
                        tracks[book["symbol"]].hear_depth(book)
                else:
                    found = await exchange.watch_bids_asks(list(tracks))
                    for pair, ticker in {**exchange.bidsasks, **found}.items():
                        tracks[pair].hear_quote(ticker)
                wait = 1.0
            except Exception as error:  # noqa: BLE001 - also of a message that ccxt cannot parse
                said = (str(error).splitlines() or [""])[0][:120]
                why = f"{type(error).__name__}: {said}"
                for track in tracks.values():
                    track.broke(why)
                self._tell(f"{stream}: {why}; again in {wait:g} s")
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    async def _mind_silence(self, exchange: Any) -> None:
        """Connect anew where nothing was heard for too long: a dead stream is no error of ccxt."""
        now, limit = time.monotonic(), self._plan.silence_seconds
        patience = {Stream.TRADES: TRADES_PATIENCE * limit}
        silent = [
            one
            for one in self.tracks
            if now - one.heard_at > one.patience * patience.get(one.stream, limit)
        ]
        if not silent:
            return
        for track in silent:
            track.broke(f"nothing was heard for {now - track.heard_at:.0f} s")
            track.heard_at = now
            track.patience = min(2 * track.patience, MOST_PATIENCE)
        names = ", ".join(f"{one.pair} {one.stream}" for one in silent)
        self._tell(f"{names}: nothing was heard for {limit:g} s or more; connecting anew")
        await exchange.close()


def exchange_of(name: str, config: Mapping[str, Any]) -> Any:
    """Return a ccxt.pro exchange with what a Freqtrade config says of it; without keys.

    Raises
    ------
    UsageError
        When ccxt has no streams of it.
    """
    import ccxt.pro

    kind = getattr(ccxt.pro, name, None)
    if kind is None:
        raise UsageError(f"expected an exchange with streams in ccxt, found {name!r}")
    if name in DEPTH_OF:
        kind = with_depth(kind)
    section = config.get("exchange", {})
    own = {**section.get("ccxt_config", {}), **section.get("ccxt_async_config", {})}
    is_futures = config.get("trading_mode") == "futures"
    options = {
        **({"defaultType": "swap"} if is_futures else {}),
        **own.get("options", {}),
        "tradesLimit": TRADES_KEPT,
        # As Freqtrade fetches them: the same ids, the same sums.
        "watchTradesForSymbols": {"name": "aggTrade"},
    }
    return kind({"enableRateLimit": True, **own, "options": options})


async def require_streams(exchange: Any, pairs: Sequence[str], streams: Sequence[Stream]) -> None:
    """Load the exchange's markets and refuse what it does not have.

    Raises
    ------
    UsageError
        Naming it.
    PlimsollError
        When the exchange cannot be reached.
    """
    import ccxt

    wanted = {Stream.TRADES: "watchTradesForSymbols", Stream.BOOK: "watchBidsAsks"}
    for stream in streams:
        if stream is Stream.DEPTH and exchange.id not in DEPTH_OF:
            raise UsageError(
                f"depth is recorded from Binance USD-M, not {exchange.id}; leave it out"
            )
        if stream in wanted and not exchange.has.get(wanted[stream]):
            raise UsageError(f"{exchange.id} has no stream of {stream} in ccxt; leave it out")
    if Stream.DEPTH in streams and not all(":" in pair for pair in pairs):
        raise UsageError(NO_DEPTH)
    if Stream.BOOK in streams and exchange.id in NUMBERED and not all(":" in one for one in pairs):
        raise UsageError(NO_TIME)
    try:
        await exchange.load_markets()
    except ccxt.BaseError as error:
        said = str(error).splitlines()[0][:200]
        raise PlimsollError(f"{exchange.id} does not answer: {said}") from error
    if unknown := [pair for pair in pairs if pair not in exchange.markets]:
        raise UsageError(f"{exchange.id} has no pair {', '.join(unknown)}")
    if Stream.DEPTH in streams and not all(is_linear(exchange, pair) for pair in pairs):
        raise UsageError(NO_DEPTH)


def _iso(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds")
