"""Where messages arrive in a drill: a webhook and a mail server on loopback, with the times."""

import email
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tests.ports import free_port

OF_WATCHDOG, OF_CONTROL_BOT = "/watch", "/control"
CONTROL_BOT = "control@localhost"
"""The sender of the control bot's mails; Alertmanager's stands in its shipped file."""


@dataclass(frozen=True)
class Post:
    """One alert of Alertmanager's by webhook: UTC seconds, its name, ``firing`` or ``resolved``."""

    at: float
    alert: str
    status: str


@dataclass(frozen=True)
class Message:
    """One message by mail, or of watchdog or control bot by webhook: UTC seconds, from whom."""

    at: float
    sender: str
    text: str


@dataclass
class Sinks:
    """What arrived."""

    webhook: list[Post] = field(default_factory=list)
    others: list[Message] = field(default_factory=list)
    mail: list[Message] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Of what was posted and is not as Alertmanager posts with the shipped rules."""

    def by_webhook(self, alert: str, status: str = "firing") -> float | None:
        """Return when an alert came first; ``None`` while it has not."""
        wanted = (alert, status)
        return next((one.at for one in self.webhook if (one.alert, one.status) == wanted), None)

    def by_mail(self, alert: str) -> float | None:
        """Return when the first mail of Alertmanager's said in its subject that an alert fires."""
        return next(
            (
                one.at
                for one in self.mail
                if one.sender != CONTROL_BOT
                and "[FIRING" in one.text.splitlines()[0]
                and alert in one.text.splitlines()[0].split()
            ),
            None,
        )

    def by_control_mail(self, text: str) -> float | None:
        """Return when the control bot's first mail with a text came."""
        return next(
            (one.at for one in self.mail if one.sender == CONTROL_BOT and text in one.text), None
        )

    def by_path(self, path: str, text: str) -> float | None:
        """Return when the first message with a text came by the webhook of a path."""
        return next(
            (one.at for one in self.others if one.sender == path and text in one.text), None
        )

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        text = _decoded(envelope.content)
        self.mail.append(Message(time.time(), str(envelope.mail_from), text))
        return "250 OK"

    def take(self, path: str, body: bytes) -> None:
        """Take what was posted."""
        at = time.time()
        told = json.loads(body)
        if path in (OF_WATCHDOG, OF_CONTROL_BOT):
            self.others.append(Message(at, path, str(told["message"])))
            return
        for one in told["alerts"]:
            name = one["labels"]["alertname"]
            if not str(one["annotations"].get("runbook", "")).startswith("docs/alerts.md#"):
                self.faults.append(f"{name} names no runbook")
            self.webhook.append(Post(at, name, one["status"]))


def _decoded(content: bytes) -> str:
    """Return the text of a mail, its parts decoded."""
    mail = email.message_from_bytes(content, policy=default)
    parts = [part.get_content() for part in mail.walk() if part.get_content_type() == "text/plain"]
    html = [part.get_content() for part in mail.walk() if part.get_content_type() == "text/html"]
    return "\n".join([str(mail["Subject"]), *parts, *html])


@contextmanager
def webhook(sinks: Sinks) -> Iterator[int]:
    """Yield the port of a server that takes what is posted; 400 for what is no alert."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = 200
            try:
                sinks.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            except (ValueError, KeyError, TypeError) as error:
                sinks.faults.append(f"{self.path}: {type(error).__name__} {error}")
                status = 400
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def mailbox(handler: object) -> Iterator[int]:
    """Yield the port of a mail server whose ``handle_DATA`` keeps what it is sent."""
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
