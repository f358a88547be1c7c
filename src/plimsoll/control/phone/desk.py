"""Where alarms come together: what the traces say, who has seen it, how high it climbs."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from math import inf
from typing import Any

import orjson

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.control.phone.news import SILENT, Place, tidings
from plimsoll.control.phone.post import Post
from plimsoll.control.phone.record import CommandLog, Note
from plimsoll.control.phone.settings import PhoneSettings
from plimsoll.monitoring.alarms import Send, waiting_from
from plimsoll.monitoring.ladder import Alarm, Due, Ladder, ladder_from
from plimsoll.monitoring.phone_profile import Rung
from plimsoll.monitoring.store import write_whole

STATE, STATUS = "state.json", "status.json"
LOOK = "look"


class AlarmDesk:
    """Keeps the alarms of one trading bot; what it keeps survives a kill.

    What is told is on disk before the alarm counts as told: a kill between the two tells it twice,
    never not at all. May be used from several threads.
    """

    def __init__(
        self,
        settings: PhoneSettings,
        bot: StateFolder,
        log: CommandLog,
        *,
        send: Send | None = None,
    ) -> None:
        self._settings, self._bot, self._log = settings, bot, log
        self._mutex = threading.RLock()
        self._ladder, self._place, waiting = self._loaded()
        self.post = Post(settings, waiting, send=send)
        self._watching_seconds = 0.0
        self._phone_fault: str | None = None
        self._phone_fault_seconds = 0.0
        self._faults: dict[str, str] = {}
        self._saved: Mapping[str, Any] = {}

    def raised(self, key: str, text: str, *, loud: bool, lasting: bool = False) -> None:
        """Take an alarm of the control bot's own on."""
        with self._mutex:
            self._raise(key, text, datetime.now(UTC), loud=loud, lasting=lasting)

    def ended(self, key: str) -> None:
        """End a state that was an alarm."""
        with self._mutex:
            self._ladder = self._ladder.ended({key})

    def phone_is(self, fault: str | None, *, refused: bool = False) -> None:
        """Note whether Telegram answers, and what it says when it does not.

        While it ``refused`` the token, nothing on the phone is waited for.
        """
        with self._mutex:
            self._phone_fault = fault
            if fault is None:
                self._phone_fault_seconds = 0.0
            elif refused:
                self._phone_fault_seconds = inf

    @property
    def phone_fault_seconds(self) -> float:
        """For how long Telegram has not answered; infinite where it refuses the token."""
        return self._phone_fault_seconds

    def seen(self, by: str, until: datetime) -> tuple[Alarm, ...]:
        """Note that a person has seen all alarms until then; return them."""
        with self._mutex:
            self._ladder, known = self._ladder.seen(by, until)
            if known:
                now = datetime.now(UTC)
                self._log.write(Note.SEEN, now, by=by, alarms=[one.number for one in known])
                self._save()
            return known

    def look(self, now: datetime, passed_seconds: float) -> None:
        """Read the bot's traces, let alarms climb, and hand over what is to be told.

        ``passed_seconds`` since the last look, by a clock that is not set.
        """
        with self._mutex:
            self._watching_seconds += passed_seconds
            if self._phone_fault is not None:
                self._phone_fault_seconds += passed_seconds
            self._take_tidings_safely(now)
            waiting = self.post.undelivered()
            patience = self._settings.profile.undelivered_seconds
            late = waiting.on_phone_since is not None and (
                (now - waiting.on_phone_since).total_seconds() > patience
            )
            self._ladder, due = self._ladder.climbed(
                now,
                passed_seconds,
                self._settings.profile,
                self._settings.rungs,
                phone_fails=late or self._phone_fault_seconds > patience,
            )
            for one in due:
                self._tell(one, now)
            self._save()
            self._write_status(now)

    # What it does with them

    def _take_tidings_safely(self, now: datetime) -> None:
        """Take what is new; traces that cannot be read are an alarm, and stop no other."""
        try:
            self._take_tidings(now)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody watches meanwhile
            said = self._settings.without_secrets(f"{type(error).__name__}: {error}")
            text = f"🛑 The trading bot's traces cannot be read, nobody watches it: {said[:300]}"
            self._raise(LOOK, text, now, loud=True, lasting=True)
        else:
            self._ladder = self._ladder.ended({LOOK})

    def _take_tidings(self, now: datetime) -> None:
        told = tidings(
            self._bot,
            self._place,
            now,
            self._settings.profile,
            watching_seconds=self._watching_seconds,
        )
        if told.rearmed:
            self._ladder, known = self._ladder.seen("a re-arming", now)
            if known:
                numbers = [one.number for one in known]
                self._log.write(Note.SEEN, now, by="a re-arming", alarms=numbers)
        was_silent = any(one.key == SILENT for one in self._ladder.alarms)
        self._ladder = self._ladder.ended(told.over)
        if was_silent and told.heard:
            self.post.say_to_all("✅ The trading bot is heard again.")
        for one in told.news:
            self._raise(one.key, one.text, now, loud=one.loud, lasting=one.lasting)
        if told.rearmed:
            self.post.say_to_all(f"▶️ {told.rearmed}")
        self._place = Place(told.seq, told.head)

    def _raise(self, key: str, text: str, at: datetime, *, loud: bool, lasting: bool) -> None:
        before = self._ladder.last
        self._ladder = self._ladder.raised(key, text, at, loud=loud, lasting=lasting)
        if self._ladder.last != before:
            self._log.write(Note.ALARM, at, number=self._ladder.last, about=key, text=text)

    def _tell(self, due: Due, now: datetime) -> None:
        alarm = due.alarm
        if due.rung is Rung.PHONE:
            text = f"{alarm.text}\n\nAlarm {alarm.number}; /ack when you have seen it."
            self.post.say_to_all(text, quiet=due.quiet)
            return
        since = f"unacknowledged since {alarm.at:%Y-%m-%d %H:%M:%S} UTC"
        self.post.up(
            due.rung, str(alarm.number), f"{alarm.text}\n\nAlarm {alarm.number}, {since}.", now
        )

    # What it keeps

    def _loaded(self) -> tuple[Ladder, Place, Mapping[str, Any]]:
        """Return what was kept; a file that is damaged is set aside, and said."""
        file = self._settings.folder / STATE
        try:
            record = orjson.loads(file.read_bytes())
            waiting = record["waiting"]
            for rows in waiting.values():
                waiting_from(rows)
            return ladder_from(record["ladder"]), Place(**record["place"]), waiting
        except FileNotFoundError:
            return Ladder(), Place(), {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            aside = file.with_suffix(".damaged")
            with suppress(OSError):
                file.replace(aside)
            text = (
                f"⚠️ The control bot's own state was damaged ({type(error).__name__}) and set aside "
                f"as {aside.name}: alarms that nobody has seen may be lost; /status and /audit say "
                "how it is now."
            )
            ladder = Ladder().raised("state", text, datetime.now(UTC), loud=True)
            return ladder, Place(), {}

    def _save(self) -> None:
        record = {
            "ladder": self._ladder.as_record(),
            "place": asdict(self._place),
            "waiting": self.post.as_records(),
        }
        if record != self._saved and self._write(STATE, record):
            self._saved = record

    def _write_status(self, now: datetime) -> None:
        waiting = self.post.undelivered()
        unseen = self._ladder.unseen
        self._write(
            STATUS,
            {
                "as_of": now.isoformat(),
                "every_seconds": self._settings.profile.every_seconds,
                "telegram": self._phone_fault or "listening",
                "listening": self._phone_fault is None,
                "undelivered": waiting.as_record(),
                "unacknowledged": {
                    "count": len(unseen),
                    "oldest": unseen[0].at.isoformat() if unseen else None,
                },
                "alarms": [{"number": one.number, "text": one.text} for one in unseen],
                "not_counted": self._ladder.dropped,
                "fault": "; ".join(self._faults.values()) or self._log.fault,
                "is_well": self._phone_fault is None and not waiting.count and not unseen,
            },
        )

    def _write(self, name: str, record: Mapping[str, Any]) -> bool:
        """Replace a file, and return whether it could be; a fault is told, and ends nothing."""
        file = self._settings.folder / name
        try:
            write_whole(file, record)
        except OSError as error:
            fault = f"{file.name} cannot be written: {error.strerror}"
            if name not in self._faults:
                self.post.say_to_all(f"⚠️ The control bot keeps nothing over a restart: {fault}.")
            self._faults[name] = fault
            return False
        self._faults.pop(name, None)
        return True
