"""The two places of what has acted, as the loop writes them: the log, then the database."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from plimsoll.bridge.freqtrade.lock_removals import take_removal
from plimsoll.bridge.guarding.blindness import BLIND
from plimsoll.bridge.state import locks
from plimsoll.bridge.state.recorder import Record
from plimsoll.core import Mode, Verdict
from plimsoll.journal.kind import Kind
from plimsoll.journal.latch_record import Key, verdict_fields

logger = logging.getLogger(__name__)
T = TypeVar("T")

ACTED, PROLONGED, REARMED = "acted", "prolonged", "rearmed"
"""The events of a verdict that begins to close positions, of one that lasts longer, of its end by
a person."""

RECORDED_AGAIN_AFTER = timedelta(hours=1)


class Places:
    """Writes verdicts to the log and to the database; neither waits for the other.

    A database that cannot be written is no reason to leave the rest undone: its first error is
    kept until `raise_fault`.

    Parameters
    ----------
    record
        Writes to the decision log; it returns False when that failed.
    facts
        The figures of the last mark.
    persistent
        Whether this is a running bot; a backtest records no more than what acts.
    """

    def __init__(
        self, record: Record, facts: Callable[[], Mapping[str, Any]], *, persistent: bool
    ) -> None:
        self._record, self._facts, self._persistent = record, facts, persistent
        self._logged: dict[Key, datetime | None] = {}
        self._fault: Exception | None = None
        self._put_back_at: dict[str, datetime] = {}

    def restored(self, held: Mapping[Key, Verdict], now: datetime) -> None:
        """Take what the log holds already, as its start says, and record that it goes on."""
        for key, verdict in held.items():
            fields = verdict_fields(verdict)
            self._record(Kind.VERDICT, now, durable=True, event="restored", **fields)
            self._logged[key] = verdict.until

    def act(self, verdict: Verdict, now: datetime) -> tuple[bool, bool]:
        """Record and lock what has acted; return whether each of the two worked."""
        recorded = self._log(verdict, now, ACTED)
        return recorded, self.attempt(locks.hold, verdict, now) is not None

    def words(self, verdict: Verdict) -> str:
        """Say for the log that a verdict has acted."""
        return acted_words(verdict_fields(verdict))

    def refresh(self, verdict: Verdict, now: datetime, *, is_locked: bool) -> bool:
        """Write again what a place lacks, or what lasts longer by now; return whether locked."""
        made = False if is_locked else self.attempt(locks.hold, verdict, now)
        key = verdict.rule, verdict.pair
        if self._persistent and key not in self._logged:
            self._log(verdict, now, ACTED)
        elif self._persistent and made is not False and self._logged[key] != verdict.until:
            self._log(verdict, now, PROLONGED)
        return made is not None

    def was_removed_by_person(self, verdict: Verdict) -> bool:
        """Return whether a person removed a verdict's lock that is gone."""
        row = locks.row_of(verdict)
        return row is not None and take_removal(row.id)

    def put_back(self, verdict: Verdict, now: datetime) -> None:
        """Lock again what nobody had a right to unlock, and record that."""
        self.attempt(locks.put_back, verdict, now)
        last = self._put_back_at.get(verdict.rule)
        if last is None or now - last >= RECORDED_AGAIN_AFTER:  # not in every loop of a strategy
            self._put_back_at[verdict.rule] = now
            text = (
                f"the lock of {verdict.rule} was removed, but not by a person (/unlock, REST, "
                "plimsoll resume): it is back"
            )
            logger.warning("plimsoll: %s", text)
            self._record(Kind.ERROR, now, durable=True, where="latch", message=text)

    def release(
        self, held: Mapping[Key, Verdict], now: datetime, *, reason: str, by: str, **fields: Any
    ) -> bool:
        """End what is held, on record first; return whether it could be recorded.

        Only a recorded re-arming ends it: without one the locks stay, or are put back.
        """
        written = self._record(
            Kind.REARM,
            now,
            durable=True,
            event=REARMED,
            rules=sorted({rule for rule, _ in held}),
            released=[{"rule": rule, "pair": pair} for rule, pair in held],
            halted=any(verdict.mode is Mode.HALTED for verdict in held.values()),
            reason=reason,
            by=by,
            **fields,
        )
        if written is False:
            self.lock_again(held, now)
            return False
        for key in held:
            self._logged.pop(key, None)
        self.unlock(held, now)
        return True

    def unlock(self, keys: Iterable[Key], now: datetime) -> None:
        """End the locks of these rules."""
        locks.release(keys, now)

    def lock_again(self, held: Mapping[Key, Verdict], now: datetime) -> None:
        """Put the locks of these verdicts back: what a person has asked did not take place."""
        for verdict in held.values():
            self.attempt(locks.put_back, verdict, now)

    def raise_fault(self) -> None:
        """Raise the first error of the database since the last call, if there was one."""
        error, self._fault = self._fault, None
        if error is not None:
            raise error

    def _log(self, verdict: Verdict, now: datetime, event: str) -> bool:
        kind = Kind.HALT if verdict.mode is Mode.HALTED else Kind.VERDICT
        fields = {**verdict_fields(verdict), **self._facts()}
        key = verdict.rule, verdict.pair
        if self._record(kind, now, durable=True, event=event, **fields) is False:
            self._logged.pop(key, None)
            return False
        self._logged[key] = verdict.until
        return True

    def attempt(self, write: Callable[..., T], *arguments: Any) -> T | None:
        """Write, and return what that returns; a fault is kept until `raise_fault`."""
        try:
            return write(*arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest is to be done
            locks.forget_failed_write()
            self._fault = self._fault or error
            return None


def acted_words(fields: Mapping[str, Any], *, observed: bool = False) -> str:
    """Say in words what the fields of a verdict say that has acted, or would have."""
    where, until = fields.get("pair", "the account"), fields["until"]
    ends = "until a person re-arms it" if until is None else f"until {until}"
    if fields["rule"] == BLIND:
        ends = "until everything is closed"
    if observed:
        halts = fields["mode"] == Mode.HALTED.name
        deed = f"would have halted {where}" if halts else f"would have closed everything in {where}"
        return f"{deed} ({fields['rule']}): {fields['reason']}; {ends}"
    return f"{fields['mode']} {where} by {fields['rule']}: {fields['reason']}; {ends}"
