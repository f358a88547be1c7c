"""Records of a decision log in words, and pairs as people write them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from plimsoll.journal.kind import Kind
from plimsoll.journal.model_words import model_words

Record = Mapping[str, Any]


def is_pair(asked: str, pair: str) -> bool:
    """Whether ``BTC``, ``BTC/USDT`` or ``BTC/USDT:USDT`` means this pair, in any case."""
    asked, pair = asked.upper(), pair.upper()
    return asked in (pair, pair.split(":")[0], pair.split("/")[0])


def pairs_of(record: Record) -> list[str]:
    """Return the pairs that a record mentions."""
    pair, pairs = record.get("pair"), record.get("pairs")
    named = [pair] if isinstance(pair, str) else []
    return named + list(pairs if isinstance(pairs, dict) else ())


def time_words(at: str) -> str:
    """Write a record's time to the second, without its zone, which is UTC."""
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S}"


def printable(text: str) -> str:
    """Escape characters that would control a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def readable(record: Record, *, only: str | None = None) -> str:
    """Write a record as one line: time, kind, pair, words.

    ``only`` is the pair that a candle's line is about; without it the line sums up all pairs.
    """
    pair = record.get("pair") or "-"
    shown = record
    if record["kind"] == Kind.CANDLE and only is not None:
        pair = next((name for name in pairs_of(record) if is_pair(only, name)), pair)
        shown = {**record, "pairs": {pair: (record.get("pairs") or {}).get(pair) or {}}}
    kind = record["kind"]
    return printable(f"{time_words(record['at'])}  {kind:<8}  {pair:<16}  {words(shown)}")


def words(record: Record) -> str:
    """Describe a record in words; one without the fields of its kind is listed field by field."""
    try:
        return _WORDS.get(record["kind"], _fields)(record)
    except (AttributeError, TypeError, ValueError):
        return _fields(record)


def is_observed(record: Record) -> bool:
    """Whether guards that only observe wrote a record of what they would have done."""
    return record.get("observed") is True


def because(record: Record) -> str:
    """Say rule, reason, value and limit, as far as they are known.

    The rule stands in brackets where guards only observed: "would have halted (drawdown): ...".
    """
    rule, reason = record.get("rule") or "a rule without name", record.get("reason")
    rule = f"({rule})" if is_observed(record) else rule
    text = f"{rule}: {reason}" if reason else str(rule)
    if record.get("value") is not None and record.get("limit") is not None:
        text += f" (value {_number(record['value'])}, limit {_number(record['limit'])})"
    return text


def _number(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)


def _with(label: str, value: Any) -> str:
    return "" if value is None or value == "" else f"{label}{_number(value)}"


def _start(record: Record) -> str:
    changed = record.get("changed") or {}
    said = [str(record.get("strategy") or "?"), f"in {record.get('mode') or '?'}"]
    profile = record.get("profile")
    said += [_with("profile ", profile) if isinstance(profile, str) else ""]
    said += [_with("config ", record.get("config_fingerprint"))]
    said += [_with("code ", record.get("code_fingerprint"))]
    changes = f"; changed: {_changes_said(changed)}" if changed else ""
    unseen = record.get("unseen")
    blind = f"; not seen there: {', '.join(map(str, unseen))}" if unseen else ""
    return ", ".join(filter(None, said)) + changes + blind


def _side(sides: Any, name: str) -> str:
    return str(sides[name]) if isinstance(sides, dict) and name in sides else "unset"


def _candle(record: Record) -> str:
    rows = record.get("pairs") or {}
    quiet = [pair for pair, row in rows.items() if _row(row) == "none"]
    loud = [
        f"{pair} {_row(row)}" if len(rows) > 1 else _row(row)
        for pair, row in rows.items()
        if pair not in quiet
    ]
    if len(rows) == 1 and quiet:
        loud = ["no signal"]
    elif quiet:
        loud.append(f"{len(quiet)} without signal")
    candle = record.get("candle")
    when = f"{datetime.fromisoformat(candle):%H:%M}: " if isinstance(candle, str) else ""
    return when + ("; ".join(loud) or "no pairs")


def _row(row: Any) -> str:
    if not isinstance(row, dict):
        return "unknown"
    said = str(row.get("signal") or "unknown") + _with(" ", row.get("tag"))
    return f"{said}, locked: {row['locked']}" if row.get("locked") else said


def _signal(record: Record) -> str:
    return f"{record.get('side') or 'a'} signal{_with(', ', record.get('tag'))}"


def _denial(record: Record) -> str:
    side = record.get("side") or "entry"
    if is_observed(record):
        return f"{side} would have been denied {because(record)}"
    return f"{side} denied by {because(record)}"


def _order(record: Record) -> str:
    said = f"{record.get('side') or ''} order{_with(' of ', record.get('stake_usd'))}"
    said += " USD" if record.get("stake_usd") is not None else ""
    said += _with(" at ", record.get("price")) + _with(", leverage ", record.get("leverage"))
    return (said + _with(", ", record.get("tag"))).strip()


def _fill(record: Record) -> str:
    said = f"{record.get('side') or ''} filled{_with(': ', record.get('amount'))}"
    said += _with(" at ", record.get("price")) + _with(", trade ", record.get("trade"))
    return said.strip()


def _exit(record: Record) -> str:
    said = f"exit{_with(' of trade ', record.get('trade'))}{_with(': ', record.get('reason'))}"
    said += _with(", profit ", record.get("profit_usd"))
    said += " USD" if record.get("profit_usd") is not None else ""
    fraction = record.get("profit_fraction")
    return said + (f" ({fraction:.2%})" if isinstance(fraction, int | float) else "")


def _verdict(record: Record) -> str:
    said = f"{record.get('mode_before') or '?'} → {record.get('mode') or '?'}"
    if is_observed(record):
        said = f"would have gone {said} {because(record)}"
    else:
        said += f" by {because(record)}"
    until = record.get("until")
    return said + (f", until {time_words(until)}" if isinstance(until, str) else "")


def _halt(record: Record) -> str:
    if is_observed(record):
        return f"would have halted the account {because(record)}"
    return f"halted by {because(record)}"


def _rearm(record: Record) -> str:
    said = "would have been " if is_observed(record) else ""
    said += f"re-armed by {record.get('by') or '?'}: {record.get('reason') or 'no reason given'}"
    said += "; beyond the terminal drawdown" if record.get("beyond_terminal") else ""
    until = record.get("probation_until")
    return said + (f"; on probation until {time_words(until)}" if isinstance(until, str) else "")


def _limits(record: Record) -> str:
    if record.get("event") == "accepted":
        told = _changes_said(record.get("changes") or {})
        return f"looser limits accepted by {record.get('by') or '?'}: {told}"
    changes = record.get("changes") or {}
    waiting = {name: sides for name, sides in changes.items() if not sides.get("in_force")}
    said = f"limits are looser than before: {_changes_said(changes)}"
    return said + (f"; not in force: {', '.join(waiting)}" if waiting else "")


def _changes_said(changes: Any) -> str:
    return ", ".join(
        f"{key} {_side(sides, 'before')} → {_side(sides, 'after')}"
        for key, sides in changes.items()
    )


def _error(record: Record) -> str:
    return f"{record.get('where') or '?'}: {record.get('message') or '?'}"


def _recovery(record: Record) -> str:
    files = record.get("files") or []
    said = f"continued after a crash; {len(files)} torn lines set aside"
    damaged = record.get("damaged_lines")
    return said + (f', {damaged} damaged lines left: see "plimsoll log verify"' if damaged else "")


def _break(record: Record) -> str:
    age = record.get("age_seconds")
    aged = f" after {age:.0f} s" if isinstance(age, int | float) and age else ""
    return f"{record.get('event') or '?'}{aged}: {record.get('text') or '?'}"


def _targets(record: Record) -> str:
    held = record.get("held_fraction")
    said = f"targets held: {held:.1%}" if isinstance(held, int | float) else "targets held: ?"
    missing = [
        f"{cause} leaves out {sum(of_pairs.values()):.1%} of equity"
        for cause, of_pairs in (record.get("missing") or {}).items()
    ]
    return ": ".join([said, *([", ".join(missing)] if missing else [])])


def _review(record: Record) -> str:
    said = f"{record.get('decision') or '?'} after {record.get('period') or '?'}"
    said += f" by {record.get('by') or '?'}: {record.get('reason') or 'no reason given'}"
    before, after = record.get("from_usd"), record.get("to_usd")
    known = isinstance(before, int | float) and isinstance(after, int | float)
    return f"{said}; capital {before:,.0f} → {after:,.0f} USD" if known else said


def _command(record: Record) -> str:
    """Say what became of a command by phone; of a stranger there is no command."""
    event, who = record.get("event") or "?", record.get("by")
    if event == "stranger":
        more = record.get("not_written")
        return f"a stranger ({record.get('mark') or '?'}) was not heard" + (
            f", and {more} messages more" if more else ""
        )
    said = f"{record.get('command') or 'a message'} of {who or '?'} {event}"
    if event == "refused":
        return f"{said}: {record.get('why') or '?'}"
    return f"{said}: {'done' if record.get('done') else 'not done'}" if event == "ended" else said


def _stamp(_: Record) -> str:
    return "decision log and database stamped anew"


def _fields(record: Record) -> str:
    own = {"seq", "at", "kind", "previous", "hash", "pair"}
    return ", ".join(f"{key}={value}" for key, value in record.items() if key not in own)


_WORDS: dict[str, Callable[[Record], str]] = {
    Kind.START: _start,
    Kind.CANDLE: _candle,
    Kind.SIGNAL: _signal,
    Kind.DENIAL: _denial,
    Kind.ORDER: _order,
    Kind.FILL: _fill,
    Kind.EXIT: _exit,
    Kind.VERDICT: _verdict,
    Kind.HALT: _halt,
    Kind.REARM: _rearm,
    Kind.LIMITS: _limits,
    Kind.ERROR: _error,
    Kind.RECOVERY: _recovery,
    Kind.BREAK: _break,
    Kind.STAMP: _stamp,
    Kind.TARGETS: _targets,
    Kind.MODEL: model_words,
    Kind.REVIEW: _review,
    Kind.COMMAND: _command,
}
