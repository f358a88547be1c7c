"""What a decision log holds of one account: the second place of the latch.

The first place is Freqtrade's database, with a lock a verdict. Every ``start`` record carries what
was held then, so that a reading goes back to the last start of the account and no further.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.core import Mode, Verdict
from plimsoll.journal.canonical import unsealed
from plimsoll.journal.files import decision_files, lines_backwards, newest_of, unended
from plimsoll.journal.kind import Kind

Record = Mapping[str, Any]
Key = tuple[str, str | None]

STATE = "state"
"""The rule of a halt whose cause is the record itself: what was held may be lost."""

_ACTS = frozenset({"acted", "prolonged", "restored"})
_VERDICT_KINDS = frozenset({Kind.HALT, Kind.VERDICT})
_KIND = re.compile(rb'"kind":"(\w+)"')
_EVENT = re.compile(rb'"event":"(\w+)"')
_SECOND_KEY = re.compile(rb'\{"at":"[^"]*","(\w+)"')
_NAMES_AN_ACCOUNT = re.compile(rb'\{"account":"[^"]*","account_name":')


@dataclass(frozen=True, slots=True)
class LatchRecord:
    """What is on record of one account.

    Attributes
    ----------
    started
        Whether there is a start of it that says what was held.
    held
        Verdicts that have acted and that no person has ended, by rule and pair; a FLATTEN may
        be over by now.
    released
        When a person ended what was held, by rule and pair, since the last start.
    stamp, stamp_before
        What the account's database was stamped with last, by a start or while the bot ran, and
        before that; ``None`` when it had no stamp.
    rearmed_at
        When a person last ended a halt; ``None`` when nobody did.
    """

    started: bool = False
    held: Mapping[Key, Verdict] = field(default_factory=dict)
    released: Mapping[Key, datetime] = field(default_factory=dict)
    stamp: str | None = None
    stamp_before: str | None = None
    rearmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Damage:
    """A place of a log where a halt may have been lost, in words."""

    what: str


def verdict_fields(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as the fields of a record; `verdict_in` reads them back."""
    fields = {
        "mode": verdict.mode.name,
        "scope": "account" if verdict.pair is None else "pair",
        "rule": verdict.rule,
        "reason": verdict.reason,
        "value": verdict.value,
        "limit": verdict.limit,
        "until": verdict.until,
    }
    return fields if verdict.pair is None else {**fields, "pair": verdict.pair}


def verdict_in(record: Record) -> Verdict:
    """Return the verdict that a record's fields describe.

    One that cannot be read counts as HALTED of the whole account.
    """
    try:
        mode = Mode[str(record.get("mode", Mode.HALTED.name))]
        until = record.get("until")
        return Verdict(
            mode,
            str(record["rule"]),
            str(record.get("reason") or "no reason on record"),
            None if until is None or mode is Mode.HALTED else _moment(until),
            pair=record.get("pair"),
            value=_number(record.get("value")),
            limit=_number(record.get("limit")),
        )
    except (KeyError, TypeError, ValueError):
        return Verdict(Mode.HALTED, "unreadable_record", "what acted cannot be read from the log")


def stricter(one: Verdict, other: Verdict) -> Verdict:
    """Return the stricter of two verdicts: by mode, then the one that lasts longer."""
    if one.mode is not other.mode:
        return max(one, other, key=lambda verdict: verdict.mode)
    if one.until is None or other.until is None:
        return one if one.until is None else other
    return one if one.until >= other.until else other


def union(*places: Mapping[Key, Verdict]) -> dict[Key, Verdict]:
    """Return what any place holds; of two verdicts of one rule and pair the stricter."""
    held: dict[Key, Verdict] = {}
    for place in places:
        for key, verdict in place.items():
            held[key] = stricter(held[key], verdict) if key in held else verdict
    return held


def lasting(held: Mapping[Key, Verdict], now: datetime) -> dict[Key, Verdict]:
    """Return what is still in force: a verdict with an end that has passed is not."""
    return {key: one for key, one in held.items() if one.until is None or one.until > now}


def read_latch(
    folder: Path, account: str | None, *, pending: Mapping[str, Any] | None = None
) -> LatchRecord:
    """Return what the log in a folder holds of an account; nothing when there is no log.

    Parameters
    ----------
    folder
        Where the daily files are; a bot may be writing them.
    account
        Digest of the account; ``None`` where no start names one.
    pending
        The fields of a ``recovery`` that the log's writer is about to record.
    """
    newest_first: list[Record | Damage] = []
    damage = _torn(folder, pending)
    if damage is not None:
        newest_first.append(damage)
    for item in _backwards(folder):
        newest_first.append(item)
        if not isinstance(item, Damage) and _is_start_of(item, account):
            break
    return replayed(reversed(newest_first), account)


def last_start(folder: Path) -> dict[str, Any] | None:
    """Return the last start that names its account; ``None`` when none does."""
    return next((one for one in newest_of(folder, [Kind.START]) if "account" in one), None)


def was_stamped(folder: Path, stamp: str) -> bool:
    """Return whether any start or renewal on record, however old, has this stamp."""
    records = newest_of(folder, (Kind.START, Kind.STAMP))
    return any(record.get("stamp") == stamp for record in records)


def replayed(items: Iterable[Record | Damage], account: str | None) -> LatchRecord:
    """Return what records, oldest first, hold of an account.

    A record belongs to the account of the start before it, unless it names one. Starts of
    former versions name none: what follows them belongs to every account, for nothing may be
    lost. Damage may have hidden a halt of any account.
    """
    latch = LatchRecord()
    theirs = False
    for item in items:
        if isinstance(item, Damage):
            latch = _with(latch, Verdict(Mode.HALTED, STATE, item.what))
            continue
        if item["kind"] == Kind.START:
            theirs = item.get("account", account) != account
            if _is_start_of(item, account):
                latch = _started(item)
        elif not (item["account"] != account if "account" in item else theirs):
            latch = _taken(latch, item)
    return latch


def _is_start_of(record: Record, account: str | None) -> bool:
    if record["kind"] != Kind.START or "account" not in record:
        return False
    return bool(record["account"] == account)


def _started(record: Record) -> LatchRecord:
    verdicts = [verdict_in(one) for one in record.get("held") or ()]
    held = {(one.rule, one.pair): one for one in verdicts}
    rearmed = record.get("rearmed_at")
    return LatchRecord(
        started=True,
        held=held,
        stamp=record.get("stamp"),
        stamp_before=record.get("stamp_before"),
        rearmed_at=None if rearmed is None else _moment(rearmed),
    )


def _taken(latch: LatchRecord, record: Record) -> LatchRecord:
    if record.get("observed"):  # nothing was held: guards that observe only say what they would do
        return latch
    kind, event = record["kind"], record.get("event")
    if kind in _VERDICT_KINDS and (event in _ACTS or (kind == Kind.HALT and event is None)):
        return _with(latch, verdict_in(record))
    if kind == Kind.VERDICT and event == "ended":
        ended = verdict_in(record)
        key = ended.rule, ended.pair
        if key in latch.held and latch.held[key].mode is not Mode.HALTED:
            return _without(latch, [key])
    if kind == Kind.REARM:
        return _rearmed(latch, record)
    if kind == Kind.STAMP:
        return replace(latch, stamp=record.get("stamp"), stamp_before=latch.stamp)
    return latch


def _rearmed(latch: LatchRecord, record: Record) -> LatchRecord:
    at = _moment(record["at"])
    named = record.get("released")
    if named is None:  # a former version named rules only
        rules = set(record.get("rules") or ())
        keys = [key for key in latch.held if key[0] in rules]
    else:
        keys = [(str(one.get("rule")), one.get("pair")) for one in named]
    halted = any(latch.held[key].mode is Mode.HALTED for key in keys if key in latch.held)
    halted = bool(record.get("halted", halted))
    rest = _without(latch, keys)
    return LatchRecord(
        started=latch.started,
        held=rest.held,
        released={**latch.released, **dict.fromkeys(keys, at)},
        # A re-arming beside a database that disagrees takes that database for the account's.
        stamp=record.get("stamp", latch.stamp),
        stamp_before=latch.stamp if "stamp" in record else latch.stamp_before,
        rearmed_at=at if halted else latch.rearmed_at,
    )


def _with(latch: LatchRecord, verdict: Verdict) -> LatchRecord:
    key = verdict.rule, verdict.pair
    return _holding(latch, union(latch.held, {key: verdict}))


def _without(latch: LatchRecord, keys: Iterable[Key]) -> LatchRecord:
    gone = set(keys)
    return _holding(latch, {key: one for key, one in latch.held.items() if key not in gone})


def _holding(latch: LatchRecord, held: Mapping[Key, Verdict]) -> LatchRecord:
    return LatchRecord(
        latch.started, held, latch.released, latch.stamp, latch.stamp_before, latch.rearmed_at
    )


def _backwards(folder: Path) -> Iterator[Record | Damage]:
    """Yield the records of a log from the newest to the oldest, and where one is missing."""
    previous: str | None = None
    for file in reversed(decision_files(folder)):
        for line in lines_backwards(file):
            try:
                record = unsealed(line)
            except ValueError as error:
                yield Damage(f"a line of the decision log {file.name} is damaged: {error}")
                continue
            if previous is not None and record["hash"] != previous:
                yield Damage(f"a record is missing from the decision log {file.name}")
            previous = record["previous"]
            if record["kind"] == Kind.RECOVERY and (damage := _of_recovery(folder, record)):
                yield damage
            yield record


def _torn(folder: Path, pending: Mapping[str, Any] | None) -> Damage | None:
    """Return the damage at the end of a log: a line that a crash tore, set aside or not yet."""
    if pending is not None and (damage := _of_recovery(folder, pending)):
        return damage
    for file in reversed(decision_files(folder)[-1:]):
        if (torn := unended(file)) and may_be_halt(torn):
            return Damage(f"the last line of {file.name} is torn, and may have been a halt")
    return None


def _of_recovery(folder: Path, recovery: Record) -> Damage | None:
    for torn in recovery.get("files") or ():
        try:
            content = (folder / str(torn["file"])).read_bytes()
        except OSError:
            content = b""
        if may_be_halt(content):
            return Damage(f"a torn line ({torn['file']}) may have been a halt")
    return None


def may_be_halt(torn: bytes) -> bool:
    """Return whether what is left of a line may be of a verdict that acted.

    The keys of a record are sorted, so that its first ones tell the kinds apart.
    """
    event = _EVENT.search(torn)
    if event is not None:
        return event.group(1).decode() in _ACTS
    if (kind := _KIND.search(torn)) is not None:
        return kind.group(1).decode() == Kind.HALT
    if _NAMES_AN_ACCOUNT.match(torn):  # a start or a stamp
        return False
    second = _SECOND_KEY.match(torn)
    return second is None or not (second.group(1) == b"candle" or second.group(1) > b"event")


def _moment(text: object) -> datetime:
    parsed = datetime.fromisoformat(str(text))
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
