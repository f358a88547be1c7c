"""Why was there no trade? The decision log's answer, in a sentence."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from plimsoll.core import Mode, PlimsollError, UsageError
from plimsoll.journal.canonical import moment_text
from plimsoll.journal.history import (
    History,
    Record,
    known_pair,
    mode_of,
    moment,
    newest_moment,
    read_history,
    trade_of,
)
from plimsoll.journal.kind import Kind
from plimsoll.journal.words import because, is_observed, time_words, words

_TO_THE_MINUTE = re.compile(r"(.*[T ])?\d\d:\d\d(Z|[+-]\d\d:?\d\d)?")
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d)?")


@dataclass(frozen=True, slots=True)
class Answer:
    """Why a pair was not traded at a moment.

    Attributes
    ----------
    cause
        One word for programs, such as ``denied``.
    text
        One sentence for people.
    notes
        What else is worth knowing.
    records
        The records that it rests on.
    """

    cause: str
    text: str
    notes: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Why:
    """A question and its answer."""

    pair: str
    at: datetime
    answer: Answer

    @property
    def lines(self) -> list[str]:
        """The answer for people: pair, time and sentence, then what else is worth knowing."""
        answer = f"{self.pair} at {self.at:%Y-%m-%d %H:%M:%S}: {self.answer.text}."
        return [answer, *(f"  Also: {note}." for note in self.answer.notes)]

    def as_record(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "pair": self.pair,
            "at": moment_text(self.at),
            "cause": self.answer.cause,
            "text": self.answer.text,
            "notes": self.answer.notes,
            "records": self.answer.records,
        }


def why(folder: Path, asked: str, *, at: str | None = None) -> Why:
    """Say why a pair was not traded, or what became of its order.

    Parameters
    ----------
    folder
        Where the daily files are.
    asked
        ``BTC``, ``BTC/USDT`` or ``BTC/USDT:USDT``.
    at
        ISO 8601 or ``14:05``, UTC when it has no zone; a time to the minute means all of that
        minute, one without a date the last such time in the log. ``None``: the newest record.

    Raises
    ------
    UsageError
        When the log does not know the pair, or ``at`` is no time.
    PlimsollError
        When the log is empty.
    """
    newest = newest_moment(folder)
    if newest is None:
        raise PlimsollError(f"expected decisions at {folder}, found none; has the bot started?")
    pair = known_pair(folder, asked)
    when = newest if at is None else parse_time(at, newest)
    history = read_history(folder, pair, when)
    return Why(pair, when, _answer(history))


def parse_time(text: str, newest: datetime) -> datetime:
    """Read what ``--at`` takes; ``newest`` gives a time of day its date."""
    text = text.strip()
    rest = timedelta(seconds=59, microseconds=999_999)
    try:
        if _CLOCK.fullmatch(text):
            instant = datetime.combine(newest.date(), time.fromisoformat(text), UTC)
            instant -= timedelta(days=1) if instant > newest else timedelta()
        else:
            instant = datetime.fromisoformat(text)
            instant = (
                instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
            )
    except (ValueError, OverflowError):
        raise UsageError(
            f'expected --at to be a time such as 14:05 or 2026-11-20T14:05Z, found "{text}"'
        ) from None
    return instant + rest if _TO_THE_MINUTE.fullmatch(text) else instant


def _answer(history: History) -> Answer:
    """Return the first cause that holds, from the widest to the narrowest."""
    causes: list[Callable[[History], Answer | None]] = [
        *(_not_running, _ordered, _halted, _just_started, _not_watched, _denied, _pair_stopped),
        *(_open, _without_data, _no_signal, _locked),
    ]
    for cause in causes:
        if (answer := cause(history)) is not None:
            notes = _observed_notes(history) + _probation_note(history, answer.cause)
            return replace(answer, notes=answer.notes + notes)
    signal = (history.row or {}).get("signal")
    text = f"{_candle(history)} had a {signal} signal, and the log tells neither of an order nor "
    text += "of a denial: Freqtrade itself did not enter"
    note = "it does so when all slots of max_open_trades are taken, when the free balance is too "
    note += "small, or in the state PAUSED or STOPPED; its own log says which"
    notes = [note, *_observed_notes(history)]
    return Answer("not_taken", text, notes, _records(history.candle, history.signal))


def _not_running(history: History) -> Answer | None:
    seen = history.seen_at
    if seen is not None and history.at - seen <= history.longest_silence:
        return None
    if seen is None:
        return Answer("not_running", "no bot was running: the log begins later")
    text = f"no bot was running: the last record before is of {_time(seen)}"
    return Answer("not_running", text, [], _records(history.candle))


def _ordered(history: History) -> Answer | None:
    order = history.in_cycle(Kind.ORDER)
    if order is None:
        return None
    text = f"there was a trade: {words(order)}, at {_time(moment(order))}"
    return Answer("ordered", f"{text}; {_outcome(history)}", [], [order, *history.later[:3]])


def _outcome(history: History) -> str:
    fill = next((r for r in history.later if r["kind"] == Kind.FILL), None)
    if fill is None:
        return "the log tells of no fill: it may still rest, or it timed out"
    exits = [r for r in history.later if r["kind"] == Kind.EXIT and trade_of(r) == trade_of(fill)]
    left = exits[-1] if exits else None
    said = f"{words(fill)}, at {_time(moment(fill))}"
    if left is None:
        return f"{said}, and still open when the log ends"
    return f"{said}; {words(left)}, at {_time(moment(left))}"


def _halted(history: History) -> Answer | None:
    last, first = history.halted, history.halted_since
    if last is None or first is None or is_observed(last) or _is_over(last, history.at):
        return None
    is_halt = last["kind"] == Kind.HALT or mode_of(last) == Mode.HALTED.name
    said = "the bot was halted" if is_halt else "the bot was flattening the account"
    notes = ['a halt ends by "plimsoll resume --reason ..." only'] if is_halt else []
    if is_halt and history.refused is not None:
        notes = [f"a plain re-arming was refused {history.refused.get('message')}"]
        notes += ['it ends by "plimsoll resume --beyond-terminal --reason ..." only']
    text = f"{said} by {because(last)}, since {_time(moment(first))}"
    return Answer("halted", text, notes + _signal_note(history), _records(first, last))


def _just_started(history: History) -> Answer | None:
    if history.candle is None:
        text = "no candle had closed since the bot started"
        return Answer("starting", text, [], _records(history.started))
    if history.started is None or history.started["seq"] < history.candle["seq"]:
        return None
    text = f"the bot started at {_time(moment(history.started))}; no candle had closed since"
    return Answer("starting", text, [], _records(history.started))


def _not_watched(history: History) -> Answer | None:
    if history.row is not None:
        return None
    count = len((history.candle or {}).get("pairs") or ())
    text = f"{_candle(history)} did not have it among its {count} pairs: the pairlist left it out"
    return Answer("not_watched", text, [], _records(history.candle))


def _denied(history: History) -> Answer | None:
    denial = history.in_cycle(Kind.DENIAL)
    if denial is None or is_observed(denial):
        return None
    text = f"the {denial.get('side') or 'entry'} signal was denied by {because(denial)}"
    text += f", at {_time(moment(denial))}"
    return Answer("denied", text, [], _records(history.candle, denial))


def _pair_stopped(history: History) -> Answer | None:
    last = history.pair_verdict
    if last is None or mode_of(last) not in (Mode.FLATTEN.name, Mode.HALTED.name):
        return None
    if is_observed(last) or _is_over(last, history.at):
        return None
    text = f"the pair was stopped by {because(last)}, since {_time(moment(last))}"
    until = last.get("until")
    text += f", until {time_words(until)}" if isinstance(until, str) else ""
    return Answer("pair_stopped", text, _signal_note(history), [last])


def _open(history: History) -> Answer | None:
    if not history.is_open or history.fill is None:
        return None
    text = f"its position was open already: {words(history.fill)}, {_time(moment(history.fill))}"
    return Answer("open", text, _signal_note(history), [history.fill])


def _without_data(history: History) -> Answer | None:
    signal = (history.row or {}).get("signal")
    if signal == "stale":
        text = f"the data were stale: {_candle(history)} had none that was new"
        return Answer("stale", text, _lock_note(history), _records(history.candle))
    if signal in (None, "unknown"):
        text = f"{_candle(history)} could not say whether there was a signal"
        return Answer("unknown", text, _lock_note(history), _records(history.candle))
    return None


def _no_signal(history: History) -> Answer | None:
    if (history.row or {}).get("signal") != "none":
        return None
    text = f"{_candle(history)} had no signal; {_last_signal(history)}"
    return Answer("no_signal", text, _lock_note(history), _records(history.candle, history.signal))


def _locked(history: History) -> Answer | None:
    row = history.row or {}
    if not row.get("locked"):
        return None
    text = f"{_candle(history)} had a {row.get('signal')} signal, but entries were locked: "
    return Answer("locked", text + str(row["locked"]), [], _records(history.candle))


def _is_over(verdict: Record, at: datetime) -> bool:
    """Whether a verdict that ends by itself has ended; a halt never does."""
    until = verdict.get("until")
    if not isinstance(until, str) or mode_of(verdict) == Mode.HALTED.name:
        return False
    return datetime.fromisoformat(until) <= at


def _signal_note(history: History) -> list[str]:
    signal = (history.row or {}).get("signal")
    if signal == "none":
        return [f"there was no signal either; {_last_signal(history)}"]
    return [f"the candle's signal was {signal}"] if signal else []


def _observed_notes(history: History) -> list[str]:
    """Say what guards would have done that only observed, and what they therefore did not."""
    told = [history.halted, history.pair_verdict, history.in_cycle(Kind.DENIAL)]
    last = {one["seq"]: one for one in _records(*told) if is_observed(one)}
    return [
        f"guards only observed: {words(one)}, at {_time(moment(one))}"
        for one in last.values()
        if one["kind"] == Kind.DENIAL or not _is_over(one, history.at)
    ]


def _probation_note(history: History, cause: str) -> list[str]:
    """Say that stakes were smaller after a re-arming, where that matters."""
    rearmed = history.rearmed
    if rearmed is None or cause not in ("ordered", "denied", "not_taken"):
        return []
    until = str(rearmed["probation_until"])
    if datetime.fromisoformat(until) <= history.at:
        return []
    since = _time(moment(rearmed))
    said = f"on probation until {time_words(until)}, since it was re-armed at {since}"
    return [f"stakes were smaller: the account was {said}"]


def _lock_note(history: History) -> list[str]:
    locked = (history.row or {}).get("locked")
    return [f"entries were locked as well: {locked}"] if locked else []


def _last_signal(history: History) -> str:
    if history.signal is None:
        return "the log knows none before"
    return f"the last was {words(history.signal)}, at {_time(moment(history.signal))}"


def _candle(history: History) -> str:
    candle = history.candle or {}
    named = candle.get("candle") or candle.get("at")
    try:
        return f"the candle of {time_words(str(named))}"
    except ValueError:
        return f"the candle of {named}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _records(*records: Record | None) -> list[Record]:
    return [record for record in records if record is not None]
