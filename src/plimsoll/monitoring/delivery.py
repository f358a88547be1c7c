"""Reports on their way to phone and mail: each address gets a report once, or it is tried again."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from plimsoll.monitoring.store import write_whole

SENT = "sent.json"
"""In the folder of the reports: which report went to which address, by a hash of the address."""
MAILS = ("mailto", "mailtos")
HASH_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A report to send: what it is called, its text, a picture, and a page for mail alone."""

    title: str
    text: str
    picture: Path
    page: Path


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a sending went, by the numbers of the addresses, which may be secret: from 1."""

    sent: Sequence[int] = field(default=())
    before: Sequence[int] = field(default=())
    failed: Sequence[int] = field(default=())

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "sent": list(self.sent),
            "sent_before": list(self.before),
            "failed": list(self.failed),
        }


Send = Callable[[str, Message], bool]
"""Address and message to whether it was delivered."""


def deliver(
    message: Message, name: str, urls: Sequence[str], folder: Path, *, send: Send | None = None
) -> Delivered:
    """Send a report to every address that has not had it; ``name`` tells reports apart.

    What was delivered is written down after each address: a second call, after a crash or a
    failure, sends to the others alone.

    Raises
    ------
    OSError
        When it cannot be written down.
    """
    known = _known(folder)
    had = list(known.get(name, ()))
    sent, before, failed = [], [], []
    for number, url in enumerate(urls, start=1):
        mark = sha256(url.encode()).hexdigest()[:HASH_DIGITS]
        if mark in had:
            before.append(number)
        elif (send or send_by_apprise)(url, message):
            had.append(mark)
            write_whole(folder / SENT, {**known, name: had})
            sent.append(number)
        else:
            failed.append(number)
    return Delivered(tuple(sent), tuple(before), tuple(failed))


def send_by_apprise(url: str, message: Message) -> bool:
    """Send a report; whatever goes wrong is a failure, never an end."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would log addresses
    try:
        service = apprise.Apprise.instantiate(url)
        if service is None:
            return False
        files = []
        if getattr(service, "attachment_support", False):
            is_mail = url.partition(":")[0].lower() in MAILS
            files = [str(message.picture), *([str(message.page)] if is_mail else [])]
        return bool(
            service.notify(
                body=message.text,
                title=message.title,
                body_format=apprise.NotifyFormat.TEXT,
                attach=apprise.AppriseAttachment(files) if files else None,
            )
        )
    except Exception:  # noqa: BLE001 - a channel of others must not end the command
        return False


def _known(folder: Path) -> Mapping[str, Sequence[str]]:
    """Return what was sent before; a file that cannot be read says nothing."""
    with suppress(OSError, ValueError):
        record = orjson.loads((folder / SENT).read_bytes())
        if isinstance(record, dict):
            return {str(name): [str(one) for one in marks] for name, marks in record.items()}
    return {}
