"""What a bot has sent to the Telegram service, accepted or refused."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web


@dataclass
class Sent:
    """A message of the bot's that was accepted.

    `text` is as sent, `seen` as its reader sees it; `at` is this process's monotonic time, `edits`
    are earlier texts.
    """

    message_id: int
    chat_id: int
    text: str
    seen: str
    at: float
    parse_mode: str | None = None
    buttons: tuple[tuple[str, str], ...] = ()
    silent: bool = False
    photo: bytes | None = None
    edits: list[str] = field(default_factory=list)

    def says(self, text: str) -> bool:
        """Whether it contains a text, in any case, as sent or as seen."""
        wanted = _plain(text)
        return wanted in _plain(self.text) or wanted in _plain(self.seen)


@dataclass(frozen=True)
class Rejected:
    """A message of the bot's that was refused, and why."""

    method: str
    text: str
    parse_mode: str | None
    status: int
    reason: str
    at: float

    @classmethod
    def of(cls, method: str, asked: Mapping[str, str], status: int, reason: str) -> Self:
        """Return what was asked and refused now."""
        text, mode = asked.get("text", ""), asked.get("parse_mode")
        return cls(method, text, mode, status, reason, time.monotonic())


async def fields_of(request: web.Request) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return a request's fields, from its address, its form or its JSON, and its files."""
    if request.content_type == "application/json":
        form = {name: form_field(value) for name, value in (await request.json()).items()}
        return {**request.query, **form}, {}
    post = await request.post()
    texts = {name: one for name, one in post.items() if isinstance(one, str)}
    files = {name: one.file.read() for name, one in post.items() if isinstance(one, web.FileField)}
    return {**request.query, **texts}, files


def api_fields(others: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields by the API's names: ``from_`` is ``from``, which Python keeps for itself."""
    return {name.rstrip("_"): value for name, value in others.items()}


def form_field(value: Any) -> str:
    """Return a field of a JSON request as a form would have it."""
    return value if isinstance(value, str) else json.dumps(value)


def _plain(text: str) -> str:
    return text.lower().replace("\u00a0", " ")
