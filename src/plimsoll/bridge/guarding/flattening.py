"""A closing that does not succeed: what is still open, for how long, and why.

What is to be closed comes from the guards, what is open from the account: whoever reads the
account's positions elsewhere changes nothing here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plimsoll.bridge.account.freqtrade_trades import ExitOrder
from plimsoll.bridge.freqtrade.log_listeners import RefusedExits
from plimsoll.core import Mode, Position, Verdict
from plimsoll.risk import RiskProfile

RULE = "flattening"
"""The rule that halts an account which could not be closed."""

MOST_MARKS = 5


@dataclass(frozen=True, slots=True)
class Closing:
    """One position that is to be closed: by which rule, since when, and why it is still open."""

    position: Position
    rule: str
    since: datetime
    why: str

    def words(self) -> str:
        """Return it as a part of a sentence."""
        one = self.position
        rule = self.rule.replace("_", " ")
        return f"{one.pair} {one.side.value} {one.amount:g} ({rule}; {self.why})"

    def as_record(self, now: datetime) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "pair": self.position.pair,
            "side": self.position.side.value,
            "amount": self.position.amount,
            "rule": self.rule,
            "since": self.since,
            "seconds": _seconds(self.since, now),
            "why": self.why,
        }


class Flattening:
    """Watches what is to be closed until it is, over restarts too.

    Parameters
    ----------
    profile
        When it is an alarm, how often it is repeated, and when it halts.
    refused
        Which exits the exchange has refused.
    before
        The status that the bot wrote last, maybe in another process.
    """

    def __init__(
        self, profile: RiskProfile, refused: RefusedExits, before: Mapping[str, Any] | None = None
    ) -> None:
        self._profile, self._refused = profile, refused
        self._since = _since_before(before)
        self._alarmed_at: datetime | None = None
        self._alarms = 0
        self.closing: Sequence[Closing] = ()

    def look(
        self,
        to_close: Sequence[tuple[Position, str]],
        orders: Mapping[str, ExitOrder],
        now: datetime,
    ) -> str | None:
        """Take what is open and to be closed now; return what people should be told.

        Parameters
        ----------
        to_close
            Every position that is to be closed, with the rule that wants it.
        orders
            The last exit order of each pair.
        now
            The moment of this loop.
        """
        known, before = self._since, self.closing
        self._since = {one.pair: known.get(one.pair, now) for one, _ in to_close}
        self.closing = [
            Closing(
                one, rule, self._since[one.pair], self._why(one.pair, orders.get(one.pair), now)
            )
            for one, rule in to_close
        ]
        if not self.closing:
            return self._ended(before, now)
        return self._alarm(now)

    def verdict(self, now: datetime) -> Verdict | None:
        """Return the halt of an account that could not be closed for too long; ``None`` before.

        An alarm comes first, and a loop that tries: the bot may have been asleep meanwhile.
        """
        limit, seconds = self._profile.flatten_halt_seconds, self.seconds(now)
        tried = self._alarmed_at is not None and self._alarmed_at < now
        if limit is None or not self.closing or not tried or seconds < limit:
            return None
        names = ", ".join(one.position.pair for one in self.closing)
        reason = f"not closed for {seconds:.0f} s, limit {limit:g} s: {names}"
        return Verdict(Mode.HALTED, RULE, reason, value=seconds, limit=limit)

    def seconds(self, now: datetime) -> float:
        """Return for how long something is to be closed and still open; 0 when nothing is."""
        return max((_seconds(one.since, now) for one in self.closing), default=0.0)

    def status(self, now: datetime) -> dict[str, Any]:
        """Return the field ``closing`` of the status; nothing when nothing is to be closed."""
        if not self.closing:
            return {}
        record = {
            "since": min(one.since for one in self.closing),
            "seconds": self.seconds(now),
            "alarms": self._alarms,
            "open": [one.as_record(now) for one in self.closing],
        }
        return {"closing": record}

    def _alarm(self, now: datetime) -> str | None:
        profile, last = self._profile, self._alarmed_at
        if self.seconds(now) < profile.flatten_alarm_seconds:
            return None
        if last is not None and _seconds(last, now) < profile.flatten_repeat_seconds:
            return None
        self._alarmed_at, self._alarms = now, self._alarms + 1
        return still_open_words(self.closing, self._alarms, self.seconds(now))

    def _ended(self, before: Sequence[Closing], now: datetime) -> str | None:
        alarms, self._alarms, self._alarmed_at = self._alarms, 0, None
        if not alarms or not before:
            return None
        seconds = max(_seconds(one.since, now) for one in before)
        return f"Closed after {_span(seconds)}: {', '.join(one.position.pair for one in before)}"

    def _why(self, pair: str, order: ExitOrder | None, now: datetime) -> str:
        refusal = self._refused.since(pair, self._since[pair])
        if refusal is not None:
            times = "once" if refusal.count == 1 else f"{refusal.count} times"
            ago = _span(_seconds(refusal.at, now))
            return f"exit refused {times}, last {ago} ago: {refusal.text}"
        if order is not None and order.is_open:
            return f"an exit order rests unfilled for {_span(_seconds(order.at, now))}"
        if order is not None and order.at >= self._since[pair]:
            return f"its last exit order ended unfilled: {order.status}"
        return "no exit was refused, none rests"


def still_open_words(closing: Sequence[Closing], alarm: int, seconds: float) -> str:
    """Say what should be closed and is not; the mark grows with each alarm."""
    marks = "🛑" * min(alarm, MOST_MARKS)
    return (
        f"{marks} STILL OPEN after {_span(seconds)}: "
        f"{'; '.join(one.words() for one in closing)}. "
        "The bot tries again in every loop. Look at the exchange, and close there what it cannot."
    )


def _since_before(status: Mapping[str, Any] | None) -> dict[str, datetime]:
    """Return since when positions were to be closed, as a status of before says."""
    record = (status or {}).get("closing")
    rows = record.get("open") if isinstance(record, Mapping) else None
    since = {}
    for row in rows if isinstance(rows, list) else ():
        try:
            at = datetime.fromisoformat(str(row["since"]))
        except (KeyError, TypeError, ValueError):
            continue
        if at.tzinfo is not None:
            since[str(row["pair"])] = at
    return since


def _seconds(since: datetime, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0)


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
