"""The latch of a running bot in its two places: the decision log and the database's locks.

Written in this order, so that a kill between any two writes loses nothing: the log first, then the
database, then the people are told. What one of them lacks is written there again at a start.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from freqtrade.persistence import Trade
from sqlalchemy.exc import SQLAlchemyError

from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.config.unseen import unseen_in
from plimsoll.bridge.state import locks
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.bridge.state.identity import account_of
from plimsoll.bridge.state.recorder import Recorder, decision_log, reopened_log
from plimsoll.bridge.state.registry import (
    Registered,
    claim,
    register,
    registered,
    require_claimed,
)
from plimsoll.bridge.state.stamp import (
    RENEWED_EVERY,
    Stamp,
    disagreement,
    may_pass,
    new_stamp,
    read_stamp,
    write_stamp,
)
from plimsoll.core import Mode, PlimsollError, Verdict
from plimsoll.journal.kind import Kind
from plimsoll.journal.latch_record import (
    STATE,
    Key,
    LatchRecord,
    last_start,
    lasting,
    read_latch,
    union,
    verdict_fields,
    was_stamped,
)
from plimsoll.journal.messages import RESUME
from plimsoll.journal.phrases import LOOK_FIRST
from plimsoll.risk.latch import LatchState

logger = logging.getLogger(__name__)

WHAT_TO_TYPE = f"{LOOK_FIRST}{RESUME}"

TRIED_AGAIN_AFTER = timedelta(minutes=1)
"""How long a bot waits before it takes a folder again, or stamps again, where that failed."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a bot starts with.

    Attributes
    ----------
    held
        What either place holds, the stricter of both.
    new
        The halt of this very start: database, folder or log cannot be trusted; ``None`` else.
    rearmed_at
        When a person last ended a halt.
    notices
        What people should know, in words.
    """

    held: Mapping[Key, Verdict]
    new: Verdict | None
    rearmed_at: datetime | None
    notices: tuple[str, ...]


class Latch:
    """Keeps the two places of one bot together.

    Raises
    ------
    PlimsollError
        When the account, the database or the state folder is another bot's, or the account's
        latch is in another folder, or the log cannot be written.
    """

    def __init__(
        self, folder: StateFolder, config: Mapping[str, Any], settings: PlimsollSettings
    ) -> None:
        account = account_of(config)
        if account is None:
            raise PlimsollError("expected exchange.name in the config, found none")
        self._folder, self._config, self._settings = folder, config, settings
        self._account = account
        self._notices: list[str] = []
        try:
            claim(account, config)
            self._registered = registered(account) if account.live else None
        except OSError as error:
            self._registered = None
            self._notices.append(f"accounts and databases in use cannot be registered: {error}")
        self._require_own_folder()
        log = decision_log(folder.decisions, config)
        if not log.is_in_place:
            log = reopened_log(folder.decisions, config)
        self.recorder = Recorder(log)
        self._stamp: Stamp | None = None
        self._logged: str | None = None
        """The account's newest stamp in the log."""
        self._is_due = False
        """Whether an order was filled since the stamp was drawn."""
        self._drawn_at: datetime | None = None
        self._stamp_failed_at: datetime | None = None
        self._tried_at: datetime | None = None

    def begin(self, now: datetime) -> Beginning:
        """Read both places, bring them in line, and record the start.

        A halt of the start itself is in the log, or else in the database, before the stamp that
        it is about is renewed.
        """
        account = self._account
        pending = self.recorder.log.recovery
        record = read_latch(self._folder.decisions, account.digest, pending=pending)
        locks.release_older(
            {key: at for key, at in record.released.items() if key not in record.held}, now
        )
        rearmed_at = record.rearmed_at if record.started else locks.last_rearm(now)
        before = {} if record.started else self._before_the_fleet()
        held = self._in_force(union(record.held, before, locks.held_verdicts(now)), now)
        stamp = read_stamp()
        new = self._untrusted(record, stamp, held)
        if new is not None:
            known = held.get((STATE, None))
            if known is None or known.reason != new.reason:
                self._keep_first(new, now)
            held = union({(STATE, None): new}, held)
        self._logged = record.stamp
        write_stamp(self._draw_stamp(now))
        self._record_start(now, held, rearmed_at)
        self._finish_stamp()
        for text in self._notices:
            self.recorder(Kind.ERROR, now, where=STATE, message=text)
        try:
            self._register()
        except OSError as error:
            self._notices.append(f"the account cannot be registered: {error}")
        return Beginning(held, new, rearmed_at, tuple(self._notices))

    def require_database(self) -> None:
        """See that the database is still this bot's: its server may have been gone for a while.

        Raises
        ------
        PlimsollError
            When another bot has taken it, or the server does not answer.
        """
        require_claimed()

    def filled(self) -> None:
        """Take that an order was filled: a backup of before lacks it, and the stamp will tell."""
        self._is_due = True

    def renew(self, now: datetime) -> None:
        """Stamp log and database anew, when it is time or an order was filled.

        Like a start: the database first, with the new stamp beside the log's last, then the log,
        then the database again, so that a kill between any two of them leaves both in agreement.
        What cannot be written is tried again later, with the same stamp.
        """
        stamp, failed_at = self._stamp, self._stamp_failed_at
        if stamp is None or _within(failed_at, now, TRIED_AGAIN_AFTER):
            return
        is_finished = stamp.previous == stamp.current
        if is_finished and not self._is_due and _within(self._drawn_at, now, RENEWED_EVERY):
            return
        self._stamp_failed_at = now
        try:
            if is_finished:
                stamp = self._draw_stamp(now)
            if self._logged != stamp.current:
                write_stamp(stamp)
                self._record_stamp(stamp, now)
            self._finish_stamp()
        except SQLAlchemyError:
            logger.exception("plimsoll: the database could not be stamped")
            locks.forget_failed_write()
            return
        if self._logged == stamp.current:
            self._stamp_failed_at = None
            with suppress(OSError):  # the start has told that nothing can be registered
                self._register()

    def lost(self, now: datetime) -> str | None:
        """Return what happened to the folder of a running bot; ``None`` while it is in place.

        The log goes on in what is at the path now, unless another bot has it; it is tried again
        later then. `begin_again` records there what is held.
        """
        log, tried_at = self.recorder.log, self._tried_at
        if log.is_in_place or (tried_at is not None and now - tried_at < TRIED_AGAIN_AFTER):
            return None
        self._tried_at, head = now, log.head
        try:
            self.recorder.go_on_in(reopened_log(self._folder.decisions, self._config))
        except PlimsollError as error:
            return f"the state folder was taken from under the bot: {error}"
        self._tried_at = None
        text = f"the state folder {self._folder.path} was deleted or exchanged under the bot"
        self.recorder(Kind.ERROR, now, where=STATE, message=text, head_before=head)
        return text

    def begin_again(
        self, now: datetime, held: Mapping[Key, Verdict], rearmed_at: datetime | None
    ) -> None:
        """Record in a log that was begun again whose it is and what is held."""
        self._record_start(now, held, rearmed_at)

    def _before_the_fleet(self) -> Mapping[Key, Verdict]:
        """Return what the log holds of the same account by its other name: joined, or left."""
        start = last_start(self._folder.decisions)
        if start is None:
            return {}
        whole = {self._account.digest, self._account.exchange_digest} - {""}
        if not whole & {start.get("account"), start.get("exchange_account")}:
            return {}
        return read_latch(self._folder.decisions, str(start["account"])).held

    def _in_force(self, held: Mapping[Key, Verdict], now: datetime) -> dict[Key, Verdict]:
        """Return what holds at a start: what lasts, and what ended before all of it was closed.

        A running bot finishes a closing beyond its end; one that was down meanwhile does so too.
        Nothing can have been entered since: until the first start or loop after that end, which
        drops it from the log, the verdict was in force.
        """
        open_pairs = {trade.pair for trade in Trade.get_open_trades()}
        until = now + timedelta(seconds=self._settings.risk.recheck_seconds)
        state = LatchState(held=held).go_on(open_pairs, now, until) if open_pairs else None
        return lasting(held if state is None else state.held, now)

    def _untrusted(
        self, record: LatchRecord, stamp: Stamp | None, held: Mapping[Key, Verdict]
    ) -> Verdict | None:
        """Return the halt of a start whose records do not fit; ``None`` when they do."""
        reasons = []
        known = partial(was_stamped, self._folder.decisions)
        reason = disagreement(record, stamp, self._account, was_stamped=known)
        if reason is not None and may_pass(stamp, self._account):
            # Paper databases come and go; what was held is held again from the log.
            again = "what was held is held again from the log" if held else "nothing was held"
            self._notices.append(f"{reason}; {again}")
        elif reason is not None:
            reasons.append(reason)
        if (elsewhere := self._misregistered(record)) is not None:
            reasons.append(elsewhere)
        if not reasons:
            return None
        return Verdict(Mode.HALTED, STATE, f"{' and '.join(reasons)}; {WHAT_TO_TYPE}")

    def _keep_first(self, verdict: Verdict, now: datetime) -> None:
        fields = verdict_fields(verdict)
        digest = self._account.digest
        if not self.recorder(Kind.HALT, now, durable=True, event="acted", account=digest, **fields):
            locks.hold(verdict, now)

    def _record_start(
        self, now: datetime, held: Mapping[Key, Verdict], rearmed_at: datetime | None
    ) -> None:
        stamp = self._stamp
        state = {
            "account": self._account.digest,
            "account_name": self._account.name,
            "held": [verdict_fields(one) for one in held.values()],
            "stamp": None if stamp is None else stamp.current,
            "stamp_before": None if stamp is None else stamp.previous,
            "rearmed_at": rearmed_at,
            "unseen": unseen_in(self._config),
        }
        if self._account.exchange_digest:
            state["exchange_account"] = self._account.exchange_digest
        self.recorder.start(now, self._config, self._settings, state)
        if self.recorder.fault is None and stamp is not None:
            self._logged = stamp.current

    def _draw_stamp(self, now: datetime) -> Stamp:
        self._stamp = new_stamp(self._account.digest, self._logged)
        self._drawn_at, self._is_due = now, False
        return self._stamp

    def _record_stamp(self, stamp: Stamp, now: datetime) -> None:
        digest, name = self._account.digest, self._account.name
        if self.recorder(
            Kind.STAMP, now, durable=True, account=digest, account_name=name, stamp=stamp.current
        ):
            self._logged = stamp.current

    def _finish_stamp(self) -> None:
        """Let the database agree with nothing but the newest stamp, once the log has it."""
        stamp = self._stamp
        if stamp is not None and self._logged == stamp.current:
            finished = replace(stamp, previous=stamp.current)
            write_stamp(finished)
            self._stamp = finished

    # The registry of accounts

    @property
    def _own_path(self) -> Path:
        return self._folder.path.resolve()

    def _require_own_folder(self) -> None:
        entry = self._registered
        if entry is None or entry.folder == self._own_path:
            return
        if read_latch(StateFolder(entry.folder).decisions, self._account.digest).started:
            raise PlimsollError(
                f"expected the latch of this account ({self._account.name}) in one folder, found "
                f"it in {entry.folder}, and this bot's in {self._own_path}; start the bot with "
                f"the first, or, when it is no longer used, move {entry.folder} away"
            )

    def _misregistered(self, record: LatchRecord) -> str | None:
        entry = self._registered
        if entry is None:
            return None
        if entry.folder != self._own_path:
            return f"this account's latch was kept in {entry.folder}, which is gone"
        known = entry.stamp in (record.stamp, record.stamp_before)
        # Stamps that could not be registered, or were elsewhere, make the registry the older one.
        if not known and not was_stamped(self._folder.decisions, entry.stamp):
            return "the state folder is older than the account's last stamp on this machine"
        return None

    def _register(self) -> None:
        """Note the folder and its newest stamp; `OSError` where that cannot be written."""
        stamp = self._stamp
        if not self._account.live or stamp is None or self._logged != stamp.current:
            return
        register(self._account, Registered(self._own_path, stamp.current))


def _within(since: datetime | None, now: datetime, span: timedelta) -> bool:
    """Return whether less than a span has passed; not when the clock was set back."""
    return since is not None and timedelta(0) <= now - since < span
