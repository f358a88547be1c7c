"""How a bot ran in a span, from its decision log: uptime, candles, faults, and breaks in books."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from plimsoll.journal.history import moment
from plimsoll.journal.kind import Kind

Record = Mapping[str, Any]

LEAST_SILENCE = timedelta(minutes=2)
STAMPED = timedelta(hours=1)
"""A running bot stamps its log every hour, whatever its candles are."""
KEPT_BEFORE = timedelta(days=8)
"""A candle that closes in the span may have opened that long before it."""
A_WEEK = timedelta(weeks=1)
MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
"""From when weekly candles are counted: they open on Mondays."""
MOST_MISSED = 20
"""Missed candles that are named; all are counted."""


@dataclass(frozen=True, slots=True)
class BookEvent:
    """One thing that the log says of the exchange's books: when, what (`event`), and in words."""

    at: datetime
    event: str
    text: str
    amount_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """How a bot ran in a span.

    Attributes
    ----------
    records
        Records of the log in the span.
    first_at
        The bot's first start on record.
    since
        From when it is measured: the span's begin, or the bot's first start if that is later.
    up_fraction
        Share of that time in which the bot wrote: two records that are further apart than two
        candles (an hour and a bit where candles are longer) have a gap between them, and so has
        a start with what came before it.
    longest_silence_seconds
        The longest time without a record.
    starts, recoveries
        Starts and reloads of the bot; crashes that tore the log itself.
    candles, missed, missed_at
        Candles that closed while it is measured; those that the bot never analysed, with the
        first of them by the time they opened. ``None`` where the timeframe is not known, or
        changed.
    lag_seconds
        Median and longest time from a candle's close to its record; ``None`` without any.
    errors
        Recorded errors by where they happened.
    books
        What was said of the exchange's books, oldest first.
    """

    records: int
    first_at: datetime
    since: datetime
    up_fraction: float
    longest_silence_seconds: float
    starts: int
    recoveries: int
    candles: int | None
    missed: int | None
    missed_at: tuple[datetime, ...]
    lag_seconds: tuple[float, float] | None
    errors: Mapping[str, int]
    books: tuple[BookEvent, ...]

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            **asdict(self),
            "first_at": self.first_at.isoformat(),
            "since": self.since.isoformat(),
            "missed_at": [one.isoformat() for one in self.missed_at],
            "errors": dict(self.errors),
            "books": [{**asdict(one), "at": one.at.isoformat()} for one in self.books],
        }


@dataclass(slots=True)
class OperationReader:
    """Takes a log's records, oldest first; those outside of the span count for its edges alone.

    ``length`` is that of the candles where the bot's config does not say; without it, it is the
    most frequent distance of two candles.
    """

    start: datetime
    end: datetime
    length: timedelta | None = None
    _records: int = 0
    _starts: int = 0
    _recoveries: int = 0
    _begun: datetime | None = None
    _lengths: set[timedelta | None] = field(default_factory=set)
    _last: datetime | None = None
    _spans: list[tuple[datetime, datetime, bool]] = field(default_factory=list)
    _candles: dict[datetime, datetime] = field(default_factory=dict)
    _errors: Counter[str] = field(default_factory=Counter)
    _books: list[BookEvent] = field(default_factory=list)

    def take(self, record: Record) -> None:
        """Take the next record."""
        at, kind = moment(record), record["kind"]
        if kind == Kind.START and at < self.end:
            self._begun = self._begun or at
            self._lengths = (
                {*self._lengths, _length_of(record)} if at >= self.start else ({_length_of(record)})
            )
        self._take_time(at, is_start=kind == Kind.START)
        if kind == Kind.CANDLE:
            self._take_candle(record, at)
        if not self.start <= at < self.end:
            return
        self._records += 1
        match kind:
            case Kind.START:
                self._starts += 1
            case Kind.RECOVERY:
                self._recoveries += 1
            case Kind.ERROR:
                self._errors[str(record.get("where") or "unknown")] += 1
            case Kind.BREAK:
                self._take_book(record, at)

    def operation(self) -> Operation | None:
        """Return what was found; ``None`` where no bot had begun when the span ended."""
        if self._begun is None:
            return None
        since = max(self.start, self._begun)
        length = self._length()
        up, silence = self._gaps(since, length)
        expected = self._expected(since, length)
        seen = self._closed_inside(length)
        missed = None if expected is None else sorted(expected - seen.keys())
        lags = [lag for lag in seen.values() if lag >= 0.0]
        return Operation(
            records=self._records,
            first_at=self._begun,
            since=since,
            up_fraction=up / (self.end - since),
            longest_silence_seconds=silence.total_seconds(),
            starts=self._starts,
            recoveries=self._recoveries,
            candles=None if expected is None else len(expected),
            missed=None if missed is None else len(missed),
            missed_at=() if missed is None else tuple(missed[:MOST_MISSED]),
            lag_seconds=(median(lags), max(lags)) if lags else None,
            errors=dict(self._errors.most_common()),
            books=tuple(self._books),
        )

    def _take_time(self, at: datetime, *, is_start: bool) -> None:
        """Keep the time from one record to the next, where it lies in the span.

        A clock that is set back makes a step of no length, and times that are there twice.
        """
        if self._last is not None and self._last < at and self._last < self.end and at > self.start:
            self._spans.append((self._last, at, is_start))
        self._last = at

    def _take_candle(self, record: Record, at: datetime) -> None:
        opened = record.get("candle")
        if not isinstance(opened, str):
            return
        try:
            candle = moment({"at": opened})
        except ValueError:
            return
        if self.start - KEPT_BEFORE <= candle < self.end:
            self._candles.setdefault(candle, at)

    def _length(self) -> timedelta | None:
        """Return the length of the candles; ``None`` where it is not known, or changed."""
        told = {one for one in self._lengths if one is not None}
        if told:
            return told.pop() if len(self._lengths) == 1 else None
        if self.length is not None:
            return self.length
        opened = sorted(self._candles)
        apart = Counter(later - before for before, later in pairwise(opened))
        return apart.most_common(1)[0][0] if apart else None

    def _gaps(self, since: datetime, length: timedelta | None) -> tuple[timedelta, timedelta]:
        """Return how long the bot wrote, and the longest time in which it did not."""
        longest = max(min(2 * length if length else STAMPED, 1.1 * STAMPED), LEAST_SILENCE)
        spans = list(self._spans)
        if self._last is not None and self._last < self.end:
            spans.append((self._last, self.end, False))
        up, counted, silence = timedelta(), since, timedelta()
        for before, after, is_start in sorted(spans):
            if after - before <= longest and not is_start:
                up += max(min(after, self.end) - max(before, counted), timedelta())
                counted = max(counted, min(after, self.end))
        edges = {before for before, _, _ in spans} | {after for _, after, _ in spans}
        inside = sorted({since, self.end, *(one for one in edges if since < one < self.end)})
        silence = max((later - earlier for earlier, later in pairwise(inside)), default=silence)
        return up, silence

    def _closed_inside(self, length: timedelta | None) -> dict[datetime, float]:
        """Return the candles that closed in the span: when they opened, and the lag in seconds."""
        if length is None:
            return {}
        return {
            opened: (at - opened - length).total_seconds()
            for opened, at in self._candles.items()
            if self.start < opened + length <= self.end
        }

    def _expected(self, since: datetime, length: timedelta | None) -> set[datetime] | None:
        """Return when every candle opened that closed in the time that is measured."""
        if length is None:
            return None
        epoch = MONDAY if length % A_WEEK == timedelta() else datetime.fromtimestamp(0, tz=UTC)
        opened = epoch + (since - epoch) // length * length
        expected = set()
        while opened + length <= self.end:
            if opened + length > since:
                expected.add(opened)
            opened += length
        return expected

    def _take_book(self, record: Record, at: datetime) -> None:
        amount = record.get("amount_usd")
        is_number = isinstance(amount, int | float) and not isinstance(amount, bool)
        self._books.append(
            BookEvent(
                at,
                str(record.get("event") or "unknown"),
                str(record.get("text") or ""),
                float(amount) if is_number else None,  # type: ignore[arg-type]
            )
        )


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def _length_of(start: Record) -> timedelta | None:
    """Return the candles' length by a start's config; ``None`` where it does not say."""
    config = start.get("config")
    named = config.get("timeframe") if isinstance(config, Mapping) else None
    named = named or start.get("timeframe")
    if not isinstance(named, str) or named[-1:] not in _UNITS or not named[:-1].isdigit():
        return None
    seconds = int(named[:-1]) * _UNITS[named[-1]]
    return timedelta(seconds=seconds) if seconds > 0 else None
