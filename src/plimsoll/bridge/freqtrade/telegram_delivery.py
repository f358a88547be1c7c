"""The messengers of a Freqtrade config, and whether they took a message.

Freqtrade sends a strategy's messages as Telegram Markdown, in a thread of its own, once; what
Telegram refuses is a line in the log. A bot whose Telegram was down at its start sends nothing
until it is restarted. An alarm cannot be sent like that, so it goes to Telegram's API directly,
with the token, chat and topic of the config: as plain text, and with an answer. Webhook and Discord
are Freqtrade's own modules; whether their request failed is read from their log lines.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from freqtrade.enums import RPCMessageType

from plimsoll.journal.parts import LONGEST_UNITS, bare

API = "https://api.telegram.org"
SECTION = "telegram"
TIMEOUT_SECONDS = 20.0
WEBHOOK_LOGGER = "freqtrade.rpc.webhook"
WEBHOOKS = ("webhook", "discord")
LONGEST_DISCORD_UNITS = 1000
"""A field of a Discord message takes 1,024 characters."""
PRIVATE_PAUSE_SECONDS, GROUP_PAUSE_SECONDS = 1.1, 3.1
"""Telegram takes a message a second in a chat, and 20 a minute in a group."""
TOO_MANY, BAD_REQUEST = 429, 400
ADDRESS_FAULTS = ("chat not found", "thread not found", "chat_id is empty")


class UndeliveredError(Exception):
    """A messenger did not take a message; ``retry_after`` is how long it asks to wait, seconds."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.retry_after = reason, retry_after


class Outlet(Protocol):
    """Somewhere to tell people."""

    @property
    def name(self) -> str:
        """What it is called in the config."""

    @property
    def longest_units(self) -> int:
        """How long a message may be, in UTF-16 units."""

    @property
    def pause_seconds(self) -> float:
        """How long to wait between two messages."""

    def send(self, text: str) -> None:
        """Deliver a text; raises `UndeliveredError` when it was not taken."""


class TelegramOutlet:
    """Telegram, by the settings with which Freqtrade would send a strategy's messages."""

    name = SECTION
    longest_units = LONGEST_UNITS

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._token = str(settings["token"])
        self._fields: dict[str, Any] = {
            "chat_id": str(settings["chat_id"]),
            "link_preview_options": {"is_disabled": True},
            "disable_notification": _loudness(settings) == "silent",
        }
        if settings.get("topic_id"):
            self._fields["message_thread_id"] = int(settings["topic_id"])
        in_group = str(settings["chat_id"]).startswith("-")
        self.pause_seconds = GROUP_PAUSE_SECONDS if in_group else PRIVATE_PAUSE_SECONDS

    def send(self, text: str) -> None:
        """Deliver a text as it is; one that Telegram calls malformed goes without special signs."""
        try:
            self._post(text)
        except _MalformedError as refused:
            plain = bare(text)
            if not plain:
                raise
            try:
                self._post(plain)
            except UndeliveredError as again:
                raise again from refused

    def _post(self, text: str) -> None:
        import httpx

        url = f"{API}/bot{self._token}/sendMessage"
        try:
            answer = httpx.post(url, json={**self._fields, "text": text}, timeout=TIMEOUT_SECONDS)
            body = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            said = str(error).replace(self._token, "***")
            raise UndeliveredError(f"{type(error).__name__}: {said}".rstrip(": ")) from None
        if isinstance(body, dict) and body.get("ok") is True:
            return
        body = body if isinstance(body, dict) else {}
        reason = str(body.get("description") or f"HTTP status {answer.status_code}")
        if answer.status_code == TOO_MANY:
            wait = (body.get("parameters") or {}).get("retry_after")
            raise UndeliveredError(reason, retry_after=None if wait is None else float(wait))
        if answer.status_code == BAD_REQUEST and not any(one in reason for one in ADDRESS_FAULTS):
            raise _MalformedError(reason)
        raise UndeliveredError(reason)


class _MalformedError(UndeliveredError):
    """The text itself was refused."""


class WebhookOutlet:
    """Freqtrade's webhook or Discord; taken means that the address answered without an error."""

    pause_seconds = PRIVATE_PAUSE_SECONDS

    def __init__(self, module: Any) -> None:
        self._module = module
        self.name = str(module.name)
        self.longest_units = LONGEST_DISCORD_UNITS if self.name == "discord" else LONGEST_UNITS

    def send(self, text: str) -> None:
        """Deliver a text with Freqtrade's own module."""
        heard = _Warnings(threading.get_ident())
        source = logging.getLogger(WEBHOOK_LOGGER)
        source.addHandler(heard)
        try:
            self._module.send_msg({"type": RPCMessageType.STRATEGY_MSG, "msg": text})
        except Exception as error:
            raise UndeliveredError(f"{type(error).__name__}: {error}") from error
        finally:
            source.removeHandler(heard)
        if heard.said:
            raise UndeliveredError(heard.said[-1])


class _Warnings(logging.Handler):
    """Hears the warnings of one thread."""

    def __init__(self, thread: int) -> None:
        super().__init__(logging.WARNING)
        self._thread = thread
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.said.append(record.getMessage().partition("\n")[0])


@dataclass(frozen=True)
class Outlets:
    """Who is told, and why somebody else is not, in sentences."""

    told: list[Outlet] = field(default_factory=list)
    not_told: list[str] = field(default_factory=list)


def outlets_of(config: Mapping[str, Any], modules: Any = ()) -> Outlets:
    """Return the messengers of a config that take a strategy's messages.

    ``modules`` are Freqtrade's running RPC modules. A messenger that is on and takes none of a
    strategy's messages is named with the setting that it lacks.
    """
    outlets = Outlets()
    telegram = config.get(SECTION) or {}
    if telegram.get("enabled"):
        if lacks := _lacks(telegram):
            outlets.not_told.append(f"telegram is on, but {lacks}")
        else:
            outlets.told.append(TelegramOutlet(telegram))
    running = {module.name: module for module in modules if module.name in WEBHOOKS}
    for name, module in running.items():
        settings = config.get(name) or {}
        if lacks := _lacks(settings):
            outlets.not_told.append(f"{name} is on, but {lacks}")
        elif str(RPCMessageType.STRATEGY_MSG) not in settings:
            outlets.not_told.append(f'{name} is on, but has no format for "strategy_msg"')
        else:
            outlets.told.append(WebhookOutlet(module))
    return outlets


def rpc_modules(data: Any) -> list[Any]:
    """Return Freqtrade's running RPC modules, by way of a strategy's data provider."""
    manager = getattr(data, "_DataProvider__rpc", None)
    return list(getattr(manager, "registered_modules", ()))


def _lacks(settings: Mapping[str, Any]) -> str | None:
    if not settings.get("allow_custom_messages"):
        return "allow_custom_messages is not true"
    if _loudness(settings) == "off":
        return "notification_settings.strategy_msg is off"
    return None


def _loudness(settings: Mapping[str, Any]) -> str:
    notifications = settings.get("notification_settings") or {}
    return str(notifications.get(str(RPCMessageType.STRATEGY_MSG), "on"))
