"""From streamed messages to rows: each trade once, the book now and then, gaps as gaps.

Messages are of ccxt's unified shape. What is not believed is left out and counted, and what is left
out of numbered trades is a gap.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from plimsoll.archive.recording import Gap, Row

TRADES_KEPT = 10_000
"""Trades of a pair that ccxt keeps between two flushes."""
QUOTE_EVERY_MS = 100
"""Best prices are kept this often at most; the last of each interval."""
QUOTE_AT_LEAST_MS = 1000
"""Prices that stand still are written this often, so that it is known that they were heard."""
CANNOT_BE = "a book that cannot be"
NOT_SENT = "the exchange sent no such books"
FAR_MS = 3_600_000
"""A time so far after the one before is believed when the next message is of that time too."""
BACK_MS = 60_000
"""A message so far before the last one is none that was late: the exchange's clock went back."""
WENT_BACK = "the exchange's time went back"


@dataclass(slots=True)
class Trades:
    """What of a pair's trades is new, each once, and what is missing before it."""

    is_numbered: bool
    last_id: str | None = None
    last_ms: int = 0
    broken: str | None = None
    refused: int = 0
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=2 * TRADES_KEPT))
    _held: list[Mapping[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Take a number that is none, such as of another exchange, for unknown."""
        if self.is_numbered and not _is_number(self.last_id):
            self.last_id = None

    def take(self, trades: Iterable[Mapping[str, Any]]) -> tuple[list[Row], list[Gap]]:
        """Return the rows to append, ascending, and what is missing before or between them.

        A last trade of a time that is far ahead waits for the next one, which says what to think
        of it: taken at its word, one wrong time would make the future count as recorded.
        """
        rows: list[Row] = []
        gaps: list[Gap] = []
        unseen, self._held = self._unseen([*self._held, *trades]), []
        for place, trade in enumerate(unseen):
            row = _trade_row(trade)
            if row is not None and self.last_ms and row[0] > self.last_ms + FAR_MS:
                after = (_trade_row(one) for one in unseen[place + 1 :])
                follower = next((one for one in after if one is not None), None)
                if follower is None:
                    self._held = list(unseen[place:])
                    break
                row = row if follower[0] > self.last_ms + FAR_MS else None
            if row is None:
                self.refused += 1
                self.broken = self.broken or "a trade without price, amount, side or time"
                continue
            gaps += [gap for gap in (self._missing(row), self._went_back(row)) if gap is not None]
            self.last_id, self.last_ms, self.broken = row[1], row[0], None
            self.recent.append(row[1])
            rows.append(row)
        return rows, gaps

    def _unseen(self, trades: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        if not self.is_numbered:
            known = set(self.recent)
            fresh = {str(one.get("id")): one for one in trades}
            return [one for id_, one in fresh.items() if id_ not in known]
        last = -1 if self.last_id is None else int(self.last_id)
        numbered = {int(one["id"]): one for one in trades if _is_number(one.get("id"))}
        old = {str(number) for number in numbered if number <= last}
        self.refused += len(old.difference(self.recent)) if old else 0  # never seen, yet below
        return [one for number, one in sorted(numbered.items()) if number > last]

    def _went_back(self, row: Row) -> Gap | None:
        if row[0] >= self.last_ms - BACK_MS:
            return None
        return Gap(row[0] - 1, self.last_ms + 1, WENT_BACK)

    def _missing(self, row: Row) -> Gap | None:
        if self.last_id is None and self.is_numbered and self.last_ms:
            return Gap(self.last_ms, row[0], self.broken or "the last trade's number is not known")
        if self.last_id is None:
            return None
        if not self.is_numbered:
            broken = self.broken
            return None if broken is None else Gap(self.last_ms, row[0], broken)
        lost = int(row[1]) - int(self.last_id) - 1
        if lost == 0:
            return None
        return Gap(self.last_ms, row[0], self.broken or "the exchange sent no such trades", lost)


@dataclass(slots=True)
class Quotes:
    """What of a pair's best prices is kept, and what is missing before it."""

    last_ms: int = 0
    broken: str | None = None
    refused: int = 0
    _last: tuple[float, ...] = ()
    _far: Row | None = None
    _is_back: bool = False
    _waiting: Row | None = None
    _rows: list[Row] = field(default_factory=list)
    _gaps: list[Gap] = field(default_factory=list)

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take the best prices of a message; what cannot be is left out, and is missing then."""
        row = _quote_row(message)
        if row is None:
            self._refuse()
        else:
            self._hear(row)

    def _refuse(self) -> None:
        self.refused += 1
        self.broken = self.broken or CANNOT_BE

    def _hear(self, row: Row) -> None:
        """Take a row, unless it is an older one; one of a time far ahead waits for the next."""
        before_ms = max(self.last_ms, 0 if self._waiting is None else self._waiting[0])
        far, self._far = self._far, None
        if before_ms and row[0] > before_ms + FAR_MS:
            if far is None:
                self._far = row
                return
            if row[0] >= far[0]:
                self._take(far)
        elif far is not None:
            self._refuse()
        if row[0] >= before_ms:
            self._is_back = False
            self._take(row)
        elif row[0] < before_ms - BACK_MS:
            self.refused += 1
            if not self._is_back:
                self._gaps.append(Gap(row[0] - 1, before_ms + 1, WENT_BACK))
            self._is_back = True

    def _take(self, row: Row) -> None:
        before = self._waiting
        if self.broken is not None:
            self._keep()
            if self.last_ms:
                self._gaps.append(Gap(self.last_ms, row[0], self.broken))
            self.broken = None
        elif before is not None and before[0] // QUOTE_EVERY_MS != row[0] // QUOTE_EVERY_MS:
            self._keep()
        self._waiting = row

    def take(self) -> tuple[list[Row], list[Gap]]:
        """Return the rows to append and what is missing before them."""
        self._keep()
        rows, gaps, self._rows, self._gaps = self._rows, self._gaps, [], []
        return rows, gaps

    def _keep(self) -> None:
        row, self._waiting = self._waiting, None
        if row is None:
            return
        if row[1:] != self._last or row[0] - self.last_ms >= QUOTE_AT_LEAST_MS:
            self._rows.append(row)
            self._last, self.last_ms = row[1:], row[0]


@dataclass(slots=True)
class Depth(Quotes):
    """What of a pair's best levels is kept, and what is missing before it.

    A book has ``bids`` and ``asks`` of [price, amount], best first, a ``timestamp``, a ``nonce``
    that rises, and ``previous``, the nonce of the book that was sent before it: where that is
    another one than the last that came, something is missing. ``None`` where the exchange does not
    say it.
    """

    levels: int = 10
    _nonce: int | None = None

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take the levels of a book; what cannot be is left out, and what it was is missing."""
        row, nonce = _depth_row(message, self.levels), message.get("nonce")
        if row is None or type(nonce) is not int:
            self._refuse()
            return
        if self._nonce is not None and self.broken is None:
            if nonce <= self._nonce:  # sent again
                return
            if message.get("previous") not in (None, self._nonce):
                self.broken = NOT_SENT
        self._nonce = nonce
        self._hear(row)


def _trade_row(trade: Mapping[str, Any]) -> Row | None:
    when, price, amount = trade.get("timestamp"), trade.get("price"), trade.get("amount")
    if trade.get("side") not in ("buy", "sell") or not when or trade.get("id") is None:
        return None
    if not (_positive(price) and _positive(amount)):
        return None
    return int(when), str(trade["id"]), str(trade["side"]), float(price), float(amount)  # type: ignore[arg-type]


def _quote_row(ticker: Mapping[str, Any]) -> Row | None:
    info = ticker.get("info") or {}
    when = ticker.get("timestamp") or info.get("T") or info.get("E")
    bid, ask = ticker.get("bid"), ticker.get("ask")
    amounts = ticker.get("bidVolume"), ticker.get("askVolume")
    if not when or not (_positive(bid) and _positive(ask)) or float(bid) >= float(ask):  # type: ignore[arg-type]
        return None
    if any(one is None or not math.isfinite(one) or one < 0 for one in amounts):
        return None
    return int(when), float(bid), float(amounts[0]), float(ask), float(amounts[1])  # type: ignore[arg-type]


def _depth_row(book: Mapping[str, Any], most: int) -> Row | None:
    """Return time and levels; ``None`` for a crossed or unsorted book, or one of other numbers."""
    try:
        when = int(book["timestamp"])
        bids, asks = (
            [(float(level[0]), float(level[1])) for level in book[side]]
            for side in ("bids", "asks")
        )
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        return None
    if when <= 0 or not (0 < len(bids) <= most and 0 < len(asks) <= most):
        return None
    if not all(_positive(price) and _positive(amount) for price, amount in (*bids, *asks)):
        return None
    prices = [price for price, _ in (*reversed(bids), *asks)]
    if any(lower >= higher for lower, higher in pairwise(prices)):
        return None
    return when, *zip(*bids, strict=True), *zip(*asks, strict=True)


def _is_number(id_: Any) -> bool:
    text = str(id_)
    return text.isascii() and text.isdecimal()


def _positive(value: Any) -> bool:
    return value is not None and math.isfinite(value) and value > 0
