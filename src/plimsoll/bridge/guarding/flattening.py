"""A closing that does not succeed: what is still open, for how long, and why.

What is to be closed comes from the guards, what is open from the account: whoever reads the
account's positions elsewhere changes nothing here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plimsoll.bridge.account.freqtrade_trades import ExitOrder
from plimsoll.bridge.freqtrade.log_listeners import RefusedExits
from plimsoll.core import Mode, Position, Verdict
from plimsoll.journal import messages
from plimsoll.journal.phrases import span
from plimsoll.risk import RiskProfile

RULE = "flattening"
"""The rule that halts an account which could not be closed."""
SPACE = " "
"""Between a figure and its unit in what the status shows as well."""


@dataclass(frozen=True, slots=True)
class Closing:
    """One position that is to be closed: by which rule, since when, and why it is still open."""

    position: Position
    rule: str
    since: datetime
    why: str

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
        self.alarms = 0
        self._began = dict(self._since)
        self.closing: Sequence[Closing] = ()

    @property
    def is_underway(self) -> bool:
        """Whether something was to be closed as of the last look, or before this start."""
        return bool(self._began)

    def look(
        self,
        to_close: Sequence[tuple[Position, str]],
        orders: Mapping[str, ExitOrder],
        now: datetime,
        open_pairs: Collection[str] = (),
        beside: Mapping[str, float] | None = None,
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
        open_pairs
            Every pair that is open now: what a person re-armed is not closed.
        beside
            What the exchange holds that is no trade's, by pair.
        """
        known = self._since
        self._since = {one.pair: known.get(one.pair, now) for one, _ in to_close}
        self._began |= self._since
        self.closing = [
            Closing(
                one, rule, self._since[one.pair], self._why(one.pair, orders.get(one.pair), now)
            )
            for one, rule in to_close
        ]
        if not self.closing:
            return self._ended(open_pairs, now, beside)
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
            "alarms": self.alarms,
            "open": [one.as_record(now) for one in self.closing],
        }
        return {"closing": record}

    def _alarm(self, now: datetime) -> str | None:
        profile, last = self._profile, self._alarmed_at
        if self.seconds(now) < profile.flatten_alarm_seconds:
            return None
        if last is not None and _seconds(last, now) < profile.flatten_repeat_seconds:
            return None
        self._alarmed_at, self.alarms = now, self.alarms + 1
        still = [(one.position, one.rule, one.why) for one in self.closing]
        return messages.not_closed(still, seconds=self.seconds(now), alarm=self.alarms)

    def _ended(
        self, open_pairs: Collection[str], now: datetime, beside: Mapping[str, float] | None
    ) -> str | None:
        """Return that all is closed, once; nothing of what is open and held no longer."""
        began, self._began = self._began, {}
        self.alarms, self._alarmed_at = 0, None
        closed = {pair: since for pair, since in began.items() if pair not in open_pairs}
        if not closed:
            return None
        seconds = _seconds(min(closed.values()), now)
        return messages.closed(sorted(closed), seconds, is_flat=not open_pairs, beside=beside)

    def _why(self, pair: str, order: ExitOrder | None, now: datetime) -> str:
        refusal = self._refused.since(pair, self._since[pair])
        if refusal is not None:
            times = "once" if refusal.count == 1 else f"{refusal.count} times"
            ago = span(_seconds(refusal.at, now), SPACE)
            what = "exit refused" if refusal.was_sent else "exit could not be sent"
            return f"{what} {times}, last {ago} ago: {refusal.text}"
        if order is not None and order.is_open:
            return f"an exit order rests unfilled for {span(_seconds(order.at, now), SPACE)}"
        if order is not None and order.at >= self._since[pair]:
            return f"its last exit order ended unfilled: {order.status}"
        return "no exit was refused, none rests"


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
