"""Tells people: every message waits until each messenger has taken it."""

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.bridge.freqtrade.telegram_delivery import Outlet, Outlets, UndeliveredError
from plimsoll.bridge.state.outbox import Outbox, Waiting
from plimsoll.journal.messages import nobody_is_told, undelivered
from plimsoll.journal.parts import deliverable, fitting, joined, parts

logger = logging.getLogger(__name__)

JOIN_SECONDS = 0.3
"""Messages of one loop come together: this long the first waits for the others."""
FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 1.0, 300.0
LATE_SECONDS = 60.0
"""A message that comes later than this says when it was told."""
FLUSH_SECONDS = 5.0
"""How long the end of the process waits for what is on its way."""
REMEMBERED = 100


class Messenger:
    """Takes messages from the guards and sees that they are delivered.

    A message is handed to a thread for each outlet, so that a slow one delays no loop. Alarms wait
    in a file, over restarts; mentions, such as a denied entry, in memory.
    """

    def __init__(self, folder: Path) -> None:
        self._outbox = Outbox(folder)
        self._couriers: dict[str, _Courier] = {}
        self._not_told: list[str] = []
        self.recent: deque[str] = deque(maxlen=REMEMBERED)

    def use(self, outlets: Outlets) -> None:
        """Tell these outlets from now on; what waits goes to them."""
        named = {outlet.name: outlet for outlet in outlets.told}
        self._not_told = outlets.not_told
        for name in set(self._couriers) - set(named):
            self._couriers.pop(name).stop()
        for name, outlet in named.items():
            if name in self._couriers:
                self._couriers[name].outlet = outlet
            else:
                self._couriers[name] = _Courier(outlet, self._outbox)
        if named:
            self._outbox.address(named)
            self._wake()
        for reason in self._not_told:
            logger.warning("plimsoll: %s: the guards' messages do not go there", reason)
        if not named:
            logger.warning("plimsoll: %s", self.silence)

    @property
    def silence(self) -> str | None:
        """Say that nobody is told, and why; ``None`` while somebody is."""
        return None if self._couriers else nobody_is_told("; ".join(self._not_told) or None)

    def tell(self, text: str) -> None:
        """Tell an alarm, or anything that must arrive; never raises, never waits."""
        self._add(text, alarm=True)

    def mention(self, text: str) -> None:
        """Tell what is worth a message and not a restart."""
        self._add(text, alarm=False)

    def status(self) -> dict[str, Any]:
        """Return who is told and what waits, for the bot's status."""
        waiting = self._outbox.alarms()
        return {
            "told_to": sorted(self._couriers),
            "nobody_is_told": self.silence,
            "undelivered": {
                "count": len(waiting),
                "oldest": waiting[0].at if waiting else None,
                "last_error": self._last_error(),
            },
            "last_told": self.recent[-1] if self.recent else None,
        }

    def undelivered(self) -> str | None:
        """Say which alarms wait; ``None`` when none does."""
        waiting = self._outbox.alarms()
        if not waiting:
            return None
        return undelivered(len(waiting), oldest=waiting[0].at, error=self._last_error())

    def flush(self, seconds: float = FLUSH_SECONDS) -> bool:
        """Wait until nothing waits; return whether that was so in time."""
        deadline = time.monotonic() + seconds
        while self._couriers and any(map(self._outbox.waiting, self._couriers)):
            if time.monotonic() > deadline:
                return False
            threading.Event().wait(JOIN_SECONDS / 3)
        return True

    def stop(self) -> None:
        """Deliver nothing any more; alarms that wait are in the file."""
        for courier in self._couriers.values():
            courier.stop()
        self._couriers = {}

    def _add(self, text: str, *, alarm: bool) -> None:
        text = deliverable(text)
        self.recent.append(text)
        logger.info("plimsoll tells: %s", text)
        if self._couriers:
            self._outbox.add(text, datetime.now(UTC), alarm=alarm, messengers=self._couriers)
            self._wake()

    def _wake(self) -> None:
        for courier in self._couriers.values():
            courier.wake()

    def _last_error(self) -> str | None:
        errors = [one.error for one in self._couriers.values() if one.error is not None]
        return errors[0] if errors else self._outbox.fault


class _Courier:
    """Carries what waits to one outlet, in a thread that begins with the first message."""

    def __init__(self, outlet: Outlet, outbox: Outbox) -> None:
        self.outlet, self._outbox = outlet, outbox
        self.error: str | None = None
        self._name, self._attempts, self._sent = outlet.name, 0, 0
        self._news, self._stopped = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Look for what waits, unless the outlet asked for time."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._carry, name=f"plimsoll-{self._name}", daemon=True
            )
            self._thread.start()
        self._news.set()

    def stop(self) -> None:
        """Carry nothing any more."""
        self._stopped.set()
        self._news.set()

    def _carry(self) -> None:
        while not self._stopped.is_set():
            self._news.wait()
            self._news.clear()
            self._stopped.wait(JOIN_SECONDS)
            while not self._stopped.is_set() and (waiting := self._outbox.waiting(self._name)):
                self._stopped.wait(self._deliver(waiting))

    def _deliver(self, waiting: Sequence[Waiting]) -> float:
        """Send the first messages that fit into one; return the seconds to wait before the next."""
        longest = self.outlet.longest_units
        texts = [_dated(one) for one in waiting]
        count = fitting(texts, longest)
        dropped = self._outbox.dropped
        if dropped:
            texts[0] = f"({dropped} messages were dropped; the decision log has all.)\n{texts[0]}"
        try:
            for part in parts(joined(texts[:count]), longest)[self._sent :]:
                if self._sent:
                    self._stopped.wait(self.outlet.pause_seconds)
                self.outlet.send(part)
                self._sent += 1
        except UndeliveredError as refused:
            return self._later(refused.reason, refused.retry_after)
        except Exception as error:
            logger.exception("plimsoll: a message could not be delivered")
            return self._later(f"{type(error).__name__}: {error}", None)
        self._outbox.delivered(self._name, waiting[:count])
        self._outbox.dropped -= dropped
        self.error, self._attempts, self._sent = None, 0, 0
        return self.outlet.pause_seconds

    def _later(self, reason: str, retry_after: float | None) -> float:
        if self._attempts == 0 or reason != self.error:
            logger.warning("plimsoll: %s did not take a message: %s", self._name, reason)
        self.error = reason
        wait = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2**self._attempts)
        self._attempts = min(self._attempts + 1, 16)
        return wait if retry_after is None else max(retry_after, FIRST_RETRY_SECONDS)


def _dated(one: Waiting) -> str:
    """Return a message, with the time at which it was told when that is long ago."""
    late = one.told_at is None or time.monotonic() - one.told_at > LATE_SECONDS
    return f"(told {one.at:%Y-%m-%d %H:%M:%S} UTC)\n{one.text}" if late else one.text


_open: dict[Path, Messenger] = {}


def messenger_of(folder: Path, outlets: Outlets) -> Messenger:
    """Return this process's messenger of a folder, also after a reload, with its outlets now."""
    messenger = _open.get(folder)
    if messenger is None:
        messenger = _open[folder] = Messenger(folder)
        atexit.register(messenger.flush)
    messenger.use(outlets)
    return messenger
