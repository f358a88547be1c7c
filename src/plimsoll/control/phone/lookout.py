"""What the control bot looks at by itself: the trading bot's traces, and its own line."""

import threading
import time
from datetime import UTC, datetime

from plimsoll.control.phone.desk import AlarmDesk
from plimsoll.control.phone.line import Fault
from plimsoll.control.phone.settings import PhoneSettings
from plimsoll.monitoring.phone_profile import Rung

DELIVER_SECONDS = 1.0
CONFLICT_SECONDS = 120.0
TOKEN, CONFLICT, UNREACHABLE = "token", "conflict", "unreachable"


class Lookout:
    """Looks in threads of its own, one for the traces and one for each upper rung."""

    def __init__(self, settings: PhoneSettings, desk: AlarmDesk) -> None:
        self._settings, self._profile, self._desk = settings, settings.profile, desk
        self._ended = threading.Event()
        self._conflict_at: float | None = None

    def start(self) -> None:
        """Look from now on."""
        threading.Thread(target=self._watch, name="plimsoll-lookout", daemon=True).start()
        for rung in self._settings.rungs:
            if rung is not Rung.PHONE:
                name = f"plimsoll-{rung}"
                threading.Thread(target=self._deliver, args=(rung,), name=name, daemon=True).start()

    def stop(self) -> None:
        """Look no more; what is being sent is not waited for."""
        self._ended.set()

    def line_is_well(self) -> None:
        """Note that Telegram answers; a conflict is over when none was seen for two minutes."""
        self._desk.phone_is(None)
        for key in (TOKEN, UNREACHABLE):
            self._desk.ended(key)
        before = self._conflict_at
        if before is not None and time.monotonic() - before > CONFLICT_SECONDS:
            self._conflict_at = None
            self._desk.ended(CONFLICT)

    def line_is_at_fault(self, fault: Fault) -> None:
        """Note why Telegram does not answer; what nobody on the phone can learn goes up."""
        self._desk.phone_is(fault.words, refused=fault.refused)
        if fault.refused:
            text = f"🛑 The control bot is deaf: {fault.words}. Give it a new token."
            self._desk.raised(TOKEN, text, loud=True, lasting=True)
        elif fault.conflict:
            self._conflict_at = time.monotonic()
            text = f"🛑 The control bot shares its messages: {fault.words}. One token, one program."
            self._desk.raised(CONFLICT, text, loud=True, lasting=True)
        elif self._desk.phone_fault_seconds > self._profile.undelivered_seconds:
            text = f"⚠️ The control bot is deaf: {fault.words}"
            self._desk.raised(UNREACHABLE, text, loud=False, lasting=True)

    def _watch(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(self._profile.every_seconds):
            now = time.monotonic()
            passed, before = now - before, now
            try:
                self._desk.look(datetime.now(UTC), passed)
            except Exception as error:  # noqa: BLE001 - what watches must not end of what it sees
                said = self._settings.without_secrets(f"{type(error).__name__}: {error}")
                text = f"⚠️ A look at the trading bot failed: {said}"
                self._desk.raised("look", text, loud=False)

    def _deliver(self, rung: Rung) -> None:
        while not self._ended.wait(DELIVER_SECONDS):
            try:
                self._desk.post.deliver(rung, datetime.now(UTC))
            except Exception as error:  # noqa: BLE001 - a rung must not end of what it carries
                said = self._settings.without_secrets(f"{type(error).__name__}: {error}")
                text = f"⚠️ Nothing goes out by {rung}: {said}"
                self._desk.raised(f"deliver {rung}", text, loud=True)
