"""The watchdog at work: look, decide, write down, act, tell; then the same again."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from plimsoll.core import PlimsollError
from plimsoll.monitoring import bot_traces
from plimsoll.monitoring.account import Account, utc_now, words
from plimsoll.monitoring.alarms import Outbox
from plimsoll.monitoring.bot_api import BotApi, not_asked
from plimsoll.monitoring.closing import DIRECT, Step, StepKind, plan
from plimsoll.monitoring.database import Database
from plimsoll.monitoring.decision import Decision, decide, released
from plimsoll.monitoring.memory import Latch, Memory
from plimsoll.monitoring.profile import Act
from plimsoll.monitoring.settings import WatchSettings
from plimsoll.monitoring.sight import Sight
from plimsoll.monitoring.status import status_of
from plimsoll.monitoring.store import Note, Store
from plimsoll.monitoring.timer import Timer
from plimsoll.monitoring.trial import require_no_withdrawal

MOST_DIRECT_STEPS = 30
"""In one look; what is left is done in the next."""
CLOSING_SECONDS = 2.0
"""Between two looks while something is being closed."""
HEARTBEAT_TIMEOUT = 5.0


class Watchdog:
    """One watchdog over one bot and one account.

    Parameters
    ----------
    settings
        What it may do, and where everything is.
    store
        Its own folder, which it alone writes.
    """

    def __init__(self, settings: WatchSettings, store: Store) -> None:
        self._settings, self._profile, self._store = settings, settings.profile, store
        secrets = settings.secrets
        self._api = (
            None
            if settings.api_url is None
            else BotApi(settings.api_url, secrets["api_username"], secrets["api_password"])
        )
        self._database = None if settings.db_url is None else Database(settings.db_url)
        self._account = (
            Account(settings.exchange, secrets, settings.stake_currency)
            if settings.has_account
            else None
        )
        if self._account is not None:
            require_no_withdrawal(self._account.rights())
        self._memory, waiting = store.load()
        self._outbox = Outbox(settings.alarm_urls, "Plimsoll watchdog", waiting)
        self._timer = Timer(self._profile, self._account, store)
        self._beat_at: datetime | None = None
        self._told_fault: str | None = None
        self._failed_at: dict[str, datetime] = {}
        store.note(
            Note.START,
            utc_now(),
            may=self._profile.may,
            latched=None if self._memory.latch is None else self._memory.latch.because,
        )

    @property
    def memory(self) -> Memory:
        """What it keeps at this moment."""
        return self._memory

    def run(self, stop: threading.Event) -> None:
        """Look until it is stopped."""
        while not stop.is_set():
            self.look_in_any_case()
            stop.wait(self._pause_seconds())

    def look_in_any_case(self) -> dict[str, Any] | None:
        """Take one look; what nobody foresaw is told, and ends that look alone."""
        try:
            return self.look()
        except Exception as error:  # noqa: BLE001 - a watchdog that died of it would watch nothing
            now = utc_now()
            if self._is_news("look", now):
                self._tell("look", f"a look of the watchdog failed: {words(error)}", now)
            self._outbox.deliver(now)
            return None

    def close(self) -> None:
        """Write down that it ends, and let go of everything; what is latched stays so."""
        self._store.note(Note.END, utc_now())
        self._store.close()
        if self._api is not None:
            self._api.close()

    def look(self) -> dict[str, Any]:
        """Take one look with all that follows from it; return the status."""
        self._take_release()
        sight = self._see()
        decision = decide(sight, self._profile, self._memory)
        self._memory = decision.memory
        self._write_down(decision, sight.at)
        for alarm in decision.alarms:
            self._tell(alarm.key, alarm.text, sight.at)
        self._store.save(self._memory, self._outbox.as_records())
        if self._memory.latch is not None:
            self._act(self._memory.latch, sight)
        self._timer.renew(sight, is_well=decision.is_well)
        self._tell_of_journal(sight.at)
        self._outbox.deliver(utc_now())
        self._beat(sight)
        self._store.save(self._memory, self._outbox.as_records())
        status = status_of(self._settings, sight, self._memory, self._outbox, self._store)
        self._store.write_status(status)
        return status

    def _pause_seconds(self) -> float:
        latch = self._memory.latch
        is_closing = latch is not None and latch.act is Act.FLATTEN and latch.flat_at is None
        every = self._profile.every_seconds
        return min(every, CLOSING_SECONDS) if is_closing else every

    # Looking

    def _see(self) -> Sight:
        at = utc_now()
        settings = self._settings
        traced_at = bot_traces.last_trace(settings.bot_folder)
        bot = not_asked(traced_at) if self._api is None else self._api.look(traced_at)
        database = None if self._database is None else self._database.look()
        sight = Sight(at=at, bot=bot, database=database)
        return self._with_account(sight)

    def _with_account(self, sight: Sight) -> Sight:
        if self._account is None:
            return sight
        limit = self._profile.max_equity_fall_fraction
        return replace(sight, account=self._account.look(sight.at, self._memory.high, limit))

    # Writing down and telling

    def _write_down(self, decision: Decision, at: datetime) -> None:
        for one in decision.begun:
            self._store.note(Note.BEGUN, at, condition=one.condition, text=one.text)
        for one in decision.ended:
            self._store.note(Note.ENDED, at, condition=one.condition, seconds=one.seconds)
        if decision.latched is not None:
            record = replace(self._memory, latch=decision.latched).as_record()["latch"]
            self._store.note(Note.LATCH, at, latch=record)

    def _tell(self, key: str, text: str, at: datetime) -> None:
        self._store.note(Note.ALARM, at, about=key, text=text)
        self._outbox.add(key, text, at)

    def _tell_of_journal(self, at: datetime) -> None:
        fault = self._store.fault
        if fault is not None and fault != self._told_fault:
            self._outbox.add("journal", f"the watchdog cannot write down what it does: {fault}", at)
        self._told_fault = fault

    def _beat(self, sight: Sight) -> None:
        """Call the all-is-well address while it sees, and can tell; else be silent.

        Its silence is what the other side alarms on.
        """
        url = self._settings.secrets.get("dead_man_url")
        is_blind = sight.account is not None and sight.account.books.fault is not None
        since = None if self._beat_at is None else sight.at - self._beat_at
        if not url or is_blind or self._outbox.waiting:
            return
        if since is not None and since < timedelta(seconds=self._profile.heartbeat_seconds):
            return
        try:
            httpx.get(url, timeout=HEARTBEAT_TIMEOUT).raise_for_status()
            self._beat_at = sight.at
        except (httpx.HTTPError, httpx.InvalidURL):
            return

    # Acting

    def _take_release(self) -> None:
        request = self._store.take_release()
        if request is not None:
            reason, by = request
            waiting = self._outbox.as_records()
            self._memory = release(self._store, self._memory, reason, by, waiting)

    def _act(self, latch: Latch, sight: Sight) -> None:
        """Do what is latched: what the bot is told first, then directly, the books read between.

        A profile that was made milder since is obeyed; what is latched stays latched.
        """
        if latch.act.at_most(self._profile.may) is not latch.act:
            return
        now = plan(latch, sight, self._profile, flag_up=self._flag_up())
        if now.latch.flat_at is not None and latch.flat_at is None:
            self._store.note(Note.FLAT, sight.at)
            self._tell("latch", "nothing is open any more", sight.at)
        self._keep(now.latch)
        for step in now.steps:
            if step.kind not in DIRECT:
                self._do(step, now.latch)
        tried: set[str] = set()
        for _ in range(MOST_DIRECT_STEPS):
            direct = [one for one in now.steps if one.kind in DIRECT and one.text not in tried]
            if not direct:
                return
            self._do(direct[0], now.latch)
            tried.add(direct[0].text)  # what altered nothing is not sent again before the next look
            sight = self._with_account(sight)
            again = plan(replace(now.latch, flat_looks=0), sight, self._profile, flag_up=None)
            now = replace(again, latch=now.latch)

    def _keep(self, latch: Latch) -> None:
        self._memory = replace(self._memory, latch=latch)
        self._store.save(self._memory, self._outbox.as_records())

    def _flag_up(self) -> bool | None:
        return bot_traces.is_flag_up(self._settings.bot_folder)

    def _do(self, step: Step, latch: Latch) -> None:
        """Write a step down, do it, and write down what came of it."""
        self._store.note(Note.ACT, utc_now(), step=step.kind, text=step.text, why=latch.because)
        try:
            result = self._done(step, latch)
        except (PlimsollError, OSError) as error:
            self._store.note(
                Note.FAILED, utc_now(), step=step.kind, text=step.text, error=str(error)
            )
            if self._is_news(step.text, utc_now()):
                self._outbox.add("act", f"failed: {step.text}: {error}", utc_now())
            return
        self._store.note(Note.DONE, utc_now(), step=step.kind, text=step.text, result=result)
        if step.kind is StepKind.CLOSE_POSITION:
            self._tell("act", f"{step.text}: {result}", utc_now())

    def _is_news(self, what: str, at: datetime) -> bool:
        """Return whether a failure is to be told: once, then now and then, as any alarm.

        One that is told in every look would push the others out of what waits.
        """
        before = self._failed_at.get(what)
        every = timedelta(minutes=self._profile.repeat_alarm_minutes)
        if before is not None and at - before < every:
            return False
        self._failed_at[what] = at
        return True

    def _done(self, step: Step, latch: Latch) -> str:
        if step.kind is StepKind.RAISE_FLAG and self._settings.bot_folder is not None:
            bot_traces.raise_flag(self._settings.bot_folder, f"the watchdog: {latch.because}")
            return "up"
        if step.kind is StepKind.PAUSE and self._api is not None:
            return self._api.pause()
        if step.kind is StepKind.FORCE_EXIT and self._api is not None and step.trade is not None:
            return self._api.force_exit(step.trade)
        if self._account is not None and step.order is not None:
            return self._account.cancel(step.order)
        if self._account is not None and step.position is not None:
            return self._account.close(step.position)
        raise PlimsollError("there is nothing to do it with")


def release(
    store: Store, memory: Memory, reason: str, by: str, waiting: Sequence[Mapping[str, Any]] = ()
) -> Memory:
    """Write a person's release down and return the memory after it; ``waiting`` alarms stay."""
    store.note(Note.RELEASE, utc_now(), reason=reason, by=by)
    after = released(memory)
    store.save(after, waiting)
    return after


def not_watched(settings: WatchSettings) -> Sequence[str]:
    """Return what a watchdog of these settings cannot see at all."""
    missing = []
    if settings.api_url is None:
        missing.append("the bot's REST API: its loop and its candles")
    if not settings.has_account:
        missing.append("the account at the exchange: no key")
    if settings.db_url is None:
        missing.append("the bot's database: no db_url")
    if settings.bot_folder is None:
        missing.append("the bot's folder: no plimsoll.watch.bot_folder")
    if not settings.alarm_urls:
        missing.append("nobody is told: no alarm address")
    return missing
