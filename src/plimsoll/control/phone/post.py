"""What the control bot tells: to each chat until Telegram has taken it, and up the ladder."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from plimsoll.bridge.freqtrade.telegram_delivery import Outlets, TelegramOutlet
from plimsoll.bridge.guarding.messenger import Messenger
from plimsoll.bridge.state.outbox import alarms_in
from plimsoll.control.phone.settings import PhoneSettings
from plimsoll.monitoring.alarms import Outbox, Send, waiting_from
from plimsoll.monitoring.phone_profile import Rung

CHATS = "chats"
FLUSH_SECONDS = 3.0
SILENT = {"notification_settings": {"strategy_msg": "silent"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """What waits for delivery anywhere: how many, since when, and why the phone does not take it.

    ``on_phone_since`` is the oldest that waits for Telegram.
    """

    count: int
    oldest: datetime | None
    on_phone_since: datetime | None
    error: str | None

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        oldest = None if self.oldest is None else self.oldest.isoformat()
        return {"count": self.count, "oldest": oldest, "last_error": self.error}


class Post:
    """Delivers, keeps what was not delivered over a kill, and tries again.

    Every chat has an outbox of its own on disk, one for what makes a sound and one for what does
    not; mail and webhook go through apprise.

    Parameters
    ----------
    waiting
        What :meth:`as_records` wrote of mail and webhook.
    """

    def __init__(
        self,
        settings: PhoneSettings,
        waiting: Mapping[str, Sequence[Mapping[str, Any]]],
        *,
        title: str = "Plimsoll control bot",
        send: Send | None = None,
    ) -> None:
        self._hide = settings.without_secrets
        self._folders: list[Path] = []
        self._chats = {
            name: self._messenger(settings, name, silent=False) for name in settings.allowed.chats
        }
        self._silent = {
            name: self._messenger(settings, name, silent=True) for name in settings.allowed.chats
        }
        self._urls = {Rung.MAIL: settings.mail, Rung.WEBHOOK: settings.webhook}
        self._upper = {
            rung: Outbox(self._urls[rung], title, waiting_from(waiting.get(rung, ())), send=send)
            for rung in settings.rungs
            if rung in self._urls
        }
        self._added: dict[Rung, list[tuple[str, str, datetime]]] = {one: [] for one in self._upper}
        self._mutex = threading.Lock()

    def _messenger(self, settings: PhoneSettings, name: str, *, silent: bool) -> Messenger:
        folder = settings.folder / CHATS / (f"{name}-silent" if silent else name)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folders.append(folder)
        messenger = Messenger(folder)
        section: dict[str, Any] = {
            "token": settings.token,
            "chat_id": str(settings.allowed.chats[name]),
            **(SILENT if silent else {}),
        }
        messenger.use(Outlets([TelegramOutlet(section)]))
        return messenger

    def say(self, chat: str, text: str, *, quiet: bool = False) -> None:
        """Tell one chat, by name; it waits on disk until Telegram has taken it."""
        messenger = self._silent[chat] if quiet else self._chats[chat]
        messenger.tell(self._hide(text))

    def say_to_all(self, text: str, *, quiet: bool = False) -> None:
        """Tell every chat."""
        for chat in self._chats:
            self.say(chat, text, quiet=quiet)

    def up(self, rung: Rung, key: str, text: str, at: datetime) -> None:
        """Tell an upper rung, at its next delivery."""
        if rung in self._upper:
            with self._mutex:
                self._added[rung].append((key, self._hide(text), at))

    def deliver(self, rung: Rung, now: datetime) -> tuple[int, int]:
        """Send what is due to mail or webhook; return how many were taken and how many not.

        It may take as long as the address does; of each rung one call at a time.
        """
        outbox = self._upper[rung]
        with self._mutex:
            for added in self._added[rung]:
                outbox.add(*added)
            self._added[rung] = []
        return outbox.deliver(now)

    def _waiting(self, rung: Rung) -> Outbox:
        """Return all that waits for a rung, as an outbox that nobody empties."""
        with self._mutex:
            whole = Outbox(self._urls[rung], "", self._upper[rung].waiting)
            for added in self._added[rung]:
                whole.add(*added)
        return whole

    def undelivered(self) -> Undelivered:
        """Return what waits anywhere."""
        on_phone = [one.at for folder in self._folders for one in alarms_in(folder)]
        above = [
            datetime.fromisoformat(one.at)
            for rung in self._upper
            for one in self._waiting(rung).waiting
        ]
        every = [*on_phone, *above]
        messengers = [*self._chats.values(), *self._silent.values()]
        errors = (one.status()["undelivered"]["last_error"] for one in messengers)
        return Undelivered(
            count=len(every),
            oldest=min(every, default=None),
            on_phone_since=min(on_phone, default=None),
            error=next((one for one in errors if one is not None), None),
        )

    def as_records(self) -> dict[str, list[dict[str, Any]]]:
        """Return what waits for mail and webhook as plain values; addresses are not in it."""
        return {rung.value: self._waiting(rung).as_records() for rung in self._upper}

    def close(self, seconds: float = FLUSH_SECONDS) -> None:
        """Give what is on its way a moment, then stop; what waits is on disk."""
        for messenger in (*self._chats.values(), *self._silent.values()):
            messenger.flush(seconds)
            messenger.stop()
