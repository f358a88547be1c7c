"""Why each trade was opened and closed, from the decision log of the bot that made it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plimsoll.journal.history import moment
from plimsoll.journal.kind import Kind
from plimsoll.journal.words import because, is_observed, time_words

Record = Mapping[str, Any]

_BY_GUARD = "plimsoll_"
_TELLING = frozenset([Kind.SIGNAL, Kind.DENIAL, Kind.ORDER, Kind.FILL, Kind.EXIT])
MOST_DENIALS = 3
"""Denied additions whose records a note names; all are counted."""
_KNOWN_OF_A_SIGNAL = frozenset(
    [*("at", "kind", "seq", "hash", "previous", "pair", "side", "tag", "candle")]
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record that a note rests on: its kind, its number in the log, its time and its hash."""

    kind: str
    seq: int
    at: str
    hash: str


@dataclass(slots=True)
class TradeNote:
    """What a log says of one trade, in words; empty where it says nothing.

    Attributes
    ----------
    entry
        The signal and the order that opened it.
    verdict
        What the guards said of the entry, and of what the strategy asked for later.
    exit
        Why it was closed; of a guard's exit, the guard's own words.
    features
        Values that the signal's record has beside its tag, by name.
    evidence
        The records that say so, oldest first.
    """

    entry: str = ""
    verdict: str = ""
    exit: str = ""
    features: dict[str, float] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)


@dataclass(slots=True)
class NotesReader:
    """Takes a log's records, oldest first, and keeps a note a trade, by Freqtrade's number."""

    notes: dict[int, TradeNote] = field(default_factory=dict)
    _signals: dict[str, Record] = field(default_factory=dict)
    _orders: dict[str, Record] = field(default_factory=dict)
    _denials: dict[str, Record] = field(default_factory=dict)
    _open: dict[str, int] = field(default_factory=dict)
    _denied: dict[int, dict[str, int]] = field(default_factory=dict)
    _acted: dict[tuple[str, str | None], Record] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Take the next record."""
        kind, pair = record["kind"], record.get("pair")
        if kind in (Kind.HALT, Kind.VERDICT) and record.get("event") in (None, "acted"):
            self._acted[str(record.get("rule")), pair] = record
        if not isinstance(pair, str):
            return
        match kind:
            case Kind.SIGNAL:
                self._signals[pair] = record
            case Kind.DENIAL:
                self._take_denial(record, pair)
            case Kind.ORDER if not str(record.get("side")).startswith("close"):
                self._orders[pair] = record
            case Kind.FILL if not record.get("closes"):
                self._take_entry(record, pair)
            case Kind.EXIT:
                self._take_exit(record, pair)
        self._take_evidence(record)

    def _take_denial(self, record: Record, pair: str) -> None:
        number = self._open.get(pair)
        if number is None:
            self._denials[pair] = record
            return
        rules = self._denied.setdefault(number, {})
        rule = str(record.get("rule"))
        rules[rule] = rules.get(rule, 0) + 1
        counted = ", ".join(f"{name} {count}" for name, count in rules.items())
        note = self.notes[number]
        if sum(rules.values()) <= MOST_DENIALS:
            note.evidence.append(_evidence(record))
        note.verdict = f"{note.verdict.split('; then denied')[0]}; then denied: {counted}"

    def _take_entry(self, record: Record, pair: str) -> None:
        number = record.get("trade")
        if not isinstance(number, int) or number in self.notes:
            return
        note = self.notes[number] = TradeNote()
        self._open[pair] = number
        signal, order = self._signals.pop(pair, None), self._orders.pop(pair, None)
        denial = self._denials.pop(pair, None)
        if signal is not None:
            note.entry = _signal_words(signal)
            note.features = _features(signal)
        if order is not None:
            note.entry = "; ".join(filter(None, [note.entry, _order_words(order)]))
            note.verdict = "allowed"
        observed = denial if denial is not None and is_observed(denial) else None
        used = [one for one in (signal, observed, order) if one is not None]
        note.evidence += [_evidence(one) for one in sorted(used, key=lambda one: one["seq"])]
        if observed is not None:
            note.verdict = f"would have been denied {because(observed)}"

    def _take_exit(self, record: Record, pair: str) -> None:
        number = record.get("trade")
        if not isinstance(number, int):
            return
        self._open.pop(pair, None)
        reason = str(record.get("reason") or "")
        note = self.notes.setdefault(number, TradeNote())
        note.exit = reason
        if reason.startswith(_BY_GUARD):
            rule = reason.removeprefix(_BY_GUARD)
            acted = self._acted.get((rule, pair)) or self._acted.get((rule, None))
            said = f"the guard {rule} closed it" if acted is None else because(acted)
            if acted is not None:
                note.evidence.append(_evidence(acted))
            note.exit = f"guard {said}" if acted is not None else said

    def _take_evidence(self, record: Record) -> None:
        """Keep the records that name a trade: its later orders, its fills and its exit."""
        number = record.get("trade")
        note = self.notes.get(number) if isinstance(number, int) else None
        if note is not None and record["kind"] in _TELLING:
            note.evidence.append(_evidence(record))


def _evidence(record: Record) -> Evidence:
    return Evidence(str(record["kind"]), int(record["seq"]), str(record["at"]), str(record["hash"]))


def _signal_words(signal: Record) -> str:
    candle = signal.get("candle")
    said = f"{signal.get('side') or ''} signal".strip()
    if signal.get("tag"):
        said += f" {signal['tag']}"
    try:
        return f"{said} on the candle of {time_words(str(candle))}"
    except ValueError:
        return said


def _order_words(order: Record) -> str:
    said = "order"
    stake, price = order.get("stake_usd"), order.get("price")
    if isinstance(stake, int | float):
        said += f" of {stake:,.2f} USD"
    if isinstance(price, int | float):
        said += f" at {price:.8g}"
    stop = order.get("stop_price")
    if isinstance(stop, int | float):
        said += f", stop {stop:.8g}"
    return f"{said} at {moment(order):%Y-%m-%d %H:%M:%S}"


def _features(signal: Record) -> dict[str, float]:
    told = signal.get("features")
    values = told if isinstance(told, Mapping) else signal
    return {
        str(name): float(value)
        for name, value in values.items()
        if name not in _KNOWN_OF_A_SIGNAL
        and isinstance(value, int | float)
        and not isinstance(value, bool)
    }
