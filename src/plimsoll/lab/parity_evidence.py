"""What a bot's config, decision log and locks, and candles on disk, say beside its trades."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from plimsoll.core import PlimsollError
from plimsoll.parity import Denied, Halted, Held, Record
from plimsoll.performance.guard_acts import (
    ENDED,
    FLATTEN,
    HALTED,
    REARMED,
    REDUCING,
    SECTION,
    Act,
    GuardActs,
)

if TYPE_CHECKING:
    from plimsoll.control.bot import Bot

SECONDS_IN = {"seconds": 1.0, "minutes": 60.0}
PASSIVE = {"same": True, "other": False}


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """What a decision log says: refusals and cuts by moment, halts by span, its last moment."""

    denied: tuple[Denied, ...] = ()
    halted: tuple[Halted, ...] = ()
    last_at: datetime | None = None
    fault: str | None = None


def read_log(folder: Path, account: str | None) -> LogEvidence:
    """Read a decision log for what kept a bot from entering; damage is passed over and named."""
    from plimsoll.control.bot_log import read_bot_log
    from plimsoll.journal.history import moment
    from plimsoll.journal.kind import Kind
    from plimsoll.journal.reading import Reading
    from plimsoll.journal.words import is_observed

    denied = tuple(
        Denied(
            str(record["pair"]),
            moment(record),
            str(record.get("rule")),
            str(record.get("side") or "*"),
        )
        for record in Reading().records(folder)
        if record["kind"] == Kind.DENIAL and record.get("pair") and not is_observed(record)
    )
    log = read_bot_log(folder, account)
    acts = None if log.acts is None else GuardActs.from_result({SECTION: log.acts})
    return LogEvidence(
        denied,
        halted_spans(() if acts is None else acts.acts),
        None if log.last_at is None else log.last_at.to_pydatetime(),
        log.fault,
    )


def halted_spans(acts: Iterable[Act]) -> tuple[Halted, ...]:
    """Return the spans in which a guard that acted kept an account or a pair from entering."""
    begun: dict[tuple[str, str | None], Act] = {}
    spans = []
    for act in acts:
        key = (act.rule, act.pair)
        if act.observed:
            continue
        if act.event in (HALTED, FLATTEN, REDUCING):
            begun.setdefault(key, act)
        elif act.event == ENDED and key in begun:
            spans.append(_span(begun.pop(key), act.at))
        elif act.event == REARMED:
            spans += [_span(one, act.at) for one in begun.values()]
            begun.clear()
    return (*spans, *(_span(one, one.until) for one in begun.values()))


def read_locks(db_url: str) -> tuple[Held, ...]:
    """Return the locks of a bot's database; one that was lifted early is left out."""
    from freqtrade.persistence.pairlock import PairLock
    from sqlalchemy import select

    from plimsoll.bridge.state.locks import verdict_of
    from plimsoll.control.database import opened_to_read

    with opened_to_read(db_url):
        return tuple(
            Held(
                lock.pair,
                lock.side or "*",
                lock.lock_time.replace(tzinfo=UTC),
                lock.lock_end_time_utc,
                lock.reason or "",
                verdict_of(lock) is not None,
            )
            for lock in PairLock.session.scalars(select(PairLock).order_by(PairLock.id))
            if lock.active
        )


def result_locks(stats: Mapping[str, Any]) -> tuple[Held, ...]:
    """Return the locks that a backtest's result has."""
    return tuple(
        Held(
            str(lock["pair"]),
            str(lock.get("side") or "*"),
            _from_ms(lock["lock_timestamp"]),
            _from_ms(lock["lock_end_timestamp"]),
            str(lock.get("reason") or ""),
            by_guard=False,
        )
        for lock in stats.get("locks") or ()
    )


def rests_entries(config: Mapping[str, Any], order_types: Sequence[str]) -> bool | None:
    """Return whether entries are limit orders on their own side of the book; None when unknown.

    ``order_types`` are those of the entries that were filled, newest last; they win over the
    config, since a strategy may set its own.
    """
    kind = order_types[-1] if order_types else (config.get("order_types") or {}).get("entry")
    side = (config.get("entry_pricing") or {}).get("price_side")
    if kind == "market":
        return False
    if kind != "limit":
        return None
    return PASSIVE.get(str(side))


def entry_timeout(config: Mapping[str, Any]) -> float | None:
    """Return how many seconds an entry order may rest; None when the config does not say."""
    given = config.get("unfilledtimeout") or {}
    value = given.get("entry")
    if not isinstance(value, int | float):
        return None
    return float(value) * SECONDS_IN.get(str(given.get("unit") or "minutes"), 60.0)


def most_trades(value: Any) -> int | None:
    """Return a setting of max_open_trades; None where it is no limit or not known."""
    if not isinstance(value, int | float) or value != value or value < 0 or value > 1e6:
        return None
    return int(value)


def candles_of(
    datadir: Path | None, pairs: Iterable[str], timeframe: str, record: Record
) -> dict[str, pd.DataFrame]:
    """Return the candles of the pairs that a folder has; a pair without any is left out."""
    from plimsoll.lab.results import load_candles

    if datadir is None or not timeframe:
        return {}
    start, end = pd.Timestamp(record.start), pd.Timestamp(record.end)
    made: dict[str, pd.DataFrame] = {}
    for pair in sorted(set(pairs)):
        try:
            made |= load_candles(
                datadir, [pair], timeframe, start=start, end=end, futures=":" in pair
            )
        except PlimsollError:
            continue
    return made


def log_of(bot: "Bot | None", db_url: str) -> LogEvidence:
    """Read the decision log of the bot whose database this is; nothing when it is another's."""
    from plimsoll.control.database import read_stamp
    from plimsoll.journal.latch_record import was_stamped

    if bot is None or not bot.folder.decisions.is_dir():
        return LogEvidence()
    stamp = read_stamp(db_url)
    if stamp is None:
        return LogEvidence(fault=f"{bot.folder.decisions} is of another database")
    named = [one for one in (stamp.current, stamp.previous) if one]
    if not any(was_stamped(bot.folder.decisions, one) for one in named):
        return LogEvidence(fault=f"{bot.folder.decisions} is of another database")
    return read_log(bot.folder.decisions, stamp.account or None)


def length_of(timeframe: str) -> timedelta:
    """Return the length of a candle; of an unknown timeframe a minute."""
    from freqtrade.exchange import timeframe_to_seconds

    return timedelta(seconds=timeframe_to_seconds(timeframe or "1m"))


def _span(act: Act, until: datetime | None) -> Halted:
    return Halted(act.at, until, act.rule, act.pair)


def _from_ms(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000.0, tz=UTC)
