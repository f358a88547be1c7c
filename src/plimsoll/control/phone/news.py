"""What a trading bot's traces say that a person must see: halts, breaks, silence, messages kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.bridge.state.outbox import alarms_in
from plimsoll.journal.files import records_backwards
from plimsoll.journal.kind import Kind
from plimsoll.journal.phrases import span
from plimsoll.journal.words import is_observed, pairs_of, printable, words
from plimsoll.monitoring.phone_profile import ControlBotProfile

MOST_RECORDS = 20_000
"""Of the log that are looked through for news; more were written only by another log."""
CLOSES = frozenset({"FLATTEN", "HALTED"})
BROKEN = "begun"
SILENT, KEPT = "silent", "kept"
LONGEST_TEXT = 600
ANOTHER_LOG = (
    "⚠️ The bot's decision log is not the one of before: it was restored, exchanged or cut. "
    "plimsoll log verify says whether it is whole."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing to tell; see `plimsoll.monitoring.ladder.Alarm`."""

    key: str
    text: str
    loud: bool
    lasting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidings:
    """What is new, which states are over, and how far the log was read.

    Attributes
    ----------
    rearmed
        Who re-armed the bot since, with the reason; empty when nobody did.
    heard
        Whether the bot was heard of lately.
    """

    news: tuple[News, ...]
    over: frozenset[str]
    seq: int
    head: str
    rearmed: str = ""
    heard: bool


@dataclass(frozen=True, slots=True)
class Place:
    """How far a log was read: the newest record's number and hash. ``None`` before the first."""

    seq: int | None = None
    head: str = ""


def tidings(
    folder: StateFolder,
    place: Place,
    now: datetime,
    profile: ControlBotProfile,
    *,
    watching_seconds: float,
) -> Tidings:
    """Return what the traces say now.

    ``watching_seconds`` is how long there has been a look: a bot that has never left a trace is
    silent after that time.
    """
    log = _of_log(folder, place)
    silent = _silence(folder, now, profile, watching_seconds)
    kept = _kept(folder, now, profile)
    states = [one for one in (silent, kept) if one is not None]
    return Tidings(
        news=(*log.news, *states),
        over=frozenset({SILENT, KEPT} - {one.key for one in states}),
        seq=log.seq,
        head=log.head,
        rearmed=log.rearmed,
        heard=silent is None,
    )


@dataclass(frozen=True, slots=True)
class _Log:
    news: tuple[News, ...]
    seq: int
    head: str
    rearmed: str = ""


def _of_log(folder: StateFolder, place: Place) -> _Log:
    """Return the news of the records after a place; at the first look there are none."""
    fresh: list[Mapping[str, Any]] = []
    is_ours = False
    for record in islice(records_backwards(folder.decisions), MOST_RECORDS):
        is_ours = record["hash"] == place.head
        if is_ours or place.seq is None:
            break
        fresh.append(record)
    if place.seq is None:
        newest = next(records_backwards(folder.decisions), None)
        return _Log((), 0, "") if newest is None else _Log((), newest["seq"], newest["hash"])
    if not fresh:
        return _Log((), place.seq, place.head)
    seq, head = fresh[0]["seq"], fresh[0]["hash"]
    told: list[News] = []
    if place.head and not is_ours:
        told.append(News(key=f"log:{head[:12]}", text=ANOTHER_LOG, loud=False))
        fresh = [one for one in fresh if one["seq"] > place.seq]
    fresh.reverse()
    told += [one for one in map(_news, fresh) if one is not None]
    rearmed = [_words(one) for one in fresh if one["kind"] == Kind.REARM and not is_observed(one)]
    return _Log(tuple(told), seq, head, rearmed[-1] if rearmed else "")


def _news(record: Mapping[str, Any]) -> News | None:
    """Return what a record is to a person, ``None`` for most."""
    if is_observed(record):
        return None
    kind, event = record["kind"], record.get("event")
    key = f"{record['seq']}:{record['hash'][:12]}"
    acted = event in (None, "acted")
    if kind == Kind.HALT and acted:
        return News(key=key, text=f"🛑 HALTED. {_words(record)}", loud=True)
    if kind == Kind.VERDICT and acted and record.get("mode") in CLOSES:
        return News(key=key, text=f"🛑 Closing. {_words(record)}", loud=True)
    if kind == Kind.BREAK and event == BROKEN:
        return News(key=key, text=f"🔎 Exchange and bot differ. {_words(record)}", loud=False)
    return None


def _words(record: Mapping[str, Any]) -> str:
    pairs = ", ".join(pairs_of(dict(record)))
    return printable(f"{words(dict(record))}{f' ({pairs})' if pairs else ''}")[:LONGEST_TEXT]


def _silence(
    folder: StateFolder, now: datetime, profile: ControlBotProfile, watching_seconds: float
) -> News | None:
    written = folder.written_status()
    age = watching_seconds if written is None else now.timestamp() - written[1]
    if -profile.dead_man_seconds <= age <= profile.dead_man_seconds:
        return None
    if written is None:
        text = f"no bot has left a trace in {span(age)}"
    else:
        status, at = written
        last = datetime.fromtimestamp(at, UTC)
        ago = f"{span(age)} ago" if age > 0 else f"which is {span(-age)} ahead of this clock"
        text = f"its last loop ended {last:%Y-%m-%d %H:%M:%S} UTC, {ago}; {_open(status)}"
    return News(
        key=SILENT,
        text=f"🛑 Nothing is heard from the trading bot: {text}. /status says more, /halt REASON "
        "holds it when it comes back.",
        loud=True,
        lasting=True,
    )


def _open(status: Mapping[str, Any]) -> str:
    try:
        held = status["meters"]["positions"]
        pairs = ", ".join(str(one["pair"]) for one in held)
    except (KeyError, TypeError):
        return "what was open is not known"
    return f"open then: {pairs}" if pairs else "nothing was open then"


def _kept(folder: StateFolder, now: datetime, profile: ControlBotProfile) -> News | None:
    """Return the bot's own messages that its own messenger could not deliver."""
    late = [
        one
        for one in alarms_in(folder.path)
        if (now - one.at).total_seconds() > profile.undelivered_seconds
    ]
    if not late:
        return None
    first = printable(late[0].text.replace("\n", " "))[:LONGEST_TEXT]
    return News(
        key=KEPT,
        text=f"⚠️ The trading bot could not deliver {len(late)} of its messages, the first of "
        f"{late[0].at:%H:%M:%S} UTC: {first}",
        loud="🛑" in late[0].text or "🛑" in "".join(one.text for one in late),
        lasting=True,
    )
