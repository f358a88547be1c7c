"""What a decision log holds about one pair and its account up to a moment, read in one pass."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median_low
from typing import Any

import orjson

from plimsoll.core import Mode, UsageError
from plimsoll.journal.canonical import unsealed
from plimsoll.journal.files import decision_files, lines, records_backwards
from plimsoll.journal.kind import Kind
from plimsoll.journal.words import is_pair, pairs_of

Record = dict[str, Any]

_RECENT = 21
_UNKNOWN_INTERVAL = timedelta(hours=1)
_MIN_SILENCE = timedelta(minutes=2)
_CANDLE = f'"kind":"{Kind.CANDLE}"'.encode()
_STOPPING = frozenset({Mode.FLATTEN.name, Mode.HALTED.name})


@dataclass(slots=True)
class History:
    """The state of a pair and its account at ``at``, and the candle that it falls into.

    Attributes
    ----------
    candle
        The last candle's record at or before ``at``.
    spacings
        Of the candles up to it: how long each came after the one before.
    cycle
        Records of the pair from that candle to the next, also those after ``at``.
    started, seen_at
        The last start, and the time of the last record of any kind.
    halted_since, halted
        The first and the last record that say the account flattens or is halted; ``None`` when
        it is not. ``pair_verdict`` is the last verdict about the pair alone.
    fill, exits
        Of the pair: the last fill, and the last exit of each trade.
    rearmed
        The last re-arming whose probation has not ended yet.
    refused
        The last request to re-arm that was refused since the halt.
    later
        Fills and exits of the pair after ``cycle``'s last order, also those after ``at``.
    """

    pair: str
    at: datetime
    candle: Record | None = None
    spacings: deque[timedelta] = field(default_factory=lambda: deque(maxlen=_RECENT))
    cycle: list[Record] = field(default_factory=list)
    started: Record | None = None
    seen_at: datetime | None = None
    halted_since: Record | None = None
    halted: Record | None = None
    pair_verdict: Record | None = None
    signal: Record | None = None
    fill: Record | None = None
    exits: dict[str, Record] = field(default_factory=dict)
    rearmed: Record | None = None
    refused: Record | None = None
    later: list[Record] = field(default_factory=list)
    follows_order: bool = False

    @property
    def row(self) -> Record | None:
        """What the candle's record says of the pair; ``None`` when it does not name it."""
        row = (self.candle or {}).get("pairs", {}).get(self.pair)
        return row if isinstance(row, dict) else None

    @property
    def is_open(self) -> bool:
        """Whether the pair's last filled trade has no exit yet."""
        return self.fill is not None and trade_of(self.fill) not in self.exits

    @property
    def longest_silence(self) -> timedelta:
        """How long a running bot may write nothing: two candles."""
        spacing = median_low(self.spacings) if self.spacings else _UNKNOWN_INTERVAL
        return max(2 * spacing, _MIN_SILENCE)

    def in_cycle(self, kind: str) -> Record | None:
        """Return the cycle's last record of a kind."""
        return next((r for r in reversed(self.cycle) if r["kind"] == kind), None)


def moment(record: Mapping[str, Any]) -> datetime:
    """Return when a record was written, by the bot's clock."""
    return _utc(record["at"])


def trade_of(record: Record) -> str:
    """Return which trade a fill or an exit belongs to."""
    return str(record.get("trade"))


def mode_of(record: Record) -> str:
    """Return the name of the mode that a verdict sets."""
    return str(record.get("mode")).upper()


def newest_moment(folder: Path) -> datetime | None:
    """Return the time of the newest record; ``None`` for an empty log."""
    return next((moment(record) for record in records_backwards(folder)), None)


def known_pair(folder: Path, asked: str) -> str:
    """Return the pair that is meant, as the log writes it.

    Raises
    ------
    UsageError
        When no record mentions it, or when it matches several pairs.
    """
    known: list[str] = []
    for record in records_backwards(folder):
        pairs = pairs_of(record)
        if matching := sorted({pair for pair in pairs if is_pair(asked, pair)}):
            if len(matching) > 1:
                raise UsageError(f"expected one pair, found {asked} to be {' or '.join(matching)}")
            return matching[0]
        known = known or (pairs if record["kind"] == Kind.CANDLE else [])
    some = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")
    raise UsageError(
        f"expected a pair of the decision log, found {asked}"
        + (f"; the newest candle has {some}" if known else "; the log has no candle yet")
    )


def read_history(folder: Path, pair: str, at: datetime) -> History:
    """Read a whole log, line by line, into the state at ``at``."""
    history = History(pair, at)
    newest: bytes | None = None  # candles are many and long: only the one that counts is parsed
    before: datetime | None = None
    in_cycle = False
    for line in _every_line(folder):
        if _CANDLE in line and (written := _at(line)) is not None:
            in_cycle = written <= at
            if in_cycle:
                newest, history.seen_at = line, written
                history.cycle.clear()
                if before is not None and written > before:
                    history.spacings.append(written - before)
                before = written
            continue
        try:
            record = unsealed(line)
        except ValueError:
            continue
        _take(history, record, in_cycle=in_cycle)
    history.candle = None if newest is None else orjson.loads(newest)
    return history


def _take(history: History, record: Record, *, in_cycle: bool) -> None:
    mine = record.get("pair") == history.pair
    known = moment(record) <= history.at
    if mine and in_cycle:
        history.cycle.append(record)
    if mine:
        _take_outcome(history, record, in_cycle=in_cycle)
    if not known:
        return
    history.seen_at = moment(record)
    match record["kind"]:
        case Kind.START:
            history.started = record
        case Kind.SIGNAL if mine:
            history.signal = record
        case Kind.FILL if mine:
            history.fill = record
        case Kind.EXIT if mine:
            history.exits[trade_of(record)] = record
        case Kind.VERDICT if mine:
            history.pair_verdict = record
        case Kind.ERROR if record.get("where") == "rearm":
            history.refused = record
        case Kind.VERDICT if record.get("event") == "probation_ended":
            history.rearmed = None
        case Kind.VERDICT | Kind.HALT | Kind.REARM if record.get("pair") is None:
            _take_account(history, record)


def _take_outcome(history: History, record: Record, *, in_cycle: bool) -> None:
    """Keep the outcome of the cycle's order, up to the next order unless that one adds to it."""
    if record["kind"] == Kind.ORDER:
        if in_cycle:
            history.later.clear()
        history.follows_order = in_cycle or bool(history.later)
    elif record["kind"] in (Kind.FILL, Kind.EXIT) and history.follows_order:
        history.later.append(record)


def _take_account(history: History, record: Record) -> None:
    if record["kind"] == Kind.REARM:
        history.refused = None
        history.rearmed = record if record.get("probation_until") else history.rearmed
    stops = record["kind"] == Kind.HALT or mode_of(record) in _STOPPING
    if record["kind"] == Kind.REARM or not stops:
        history.halted = history.halted_since = None
        return
    history.halted = record
    history.halted_since = history.halted_since or record


def _every_line(folder: Path) -> Iterator[bytes]:
    for file in decision_files(folder):
        yield from lines(file)


def _at(line: bytes) -> datetime | None:
    """Return a candle's time without parsing its pairs: ``at`` is the first of its sorted keys."""
    head = b'{"at":"'
    try:
        if line.startswith(head):
            return _utc(line[len(head) : line.index(b'"', len(head))].decode())
        record = unsealed(line)
        return moment(record) if record["kind"] == Kind.CANDLE else None
    except ValueError:
        return None


def _utc(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
