"""Hear what a bot tells people: the address of a webhook, on loopback."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Told:
    """The messages that a bot has delivered to the webhook, oldest first."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._texts: list[str] = []

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts so far."""
        return tuple(self._texts)

    def config(self) -> dict[str, Any]:
        """Return the section ``webhook`` of a bot that tells its messages here."""
        return {
            "enabled": True,
            "url": self.url,
            "format": "json",
            "allow_custom_messages": True,
            "strategy_msg": {"text": "{msg}"},
        }

    def take(self, text: str) -> None:
        """Keep a text that was delivered."""
        self._texts.append(text)


@contextmanager
def webhook() -> Iterator[Told]:
    """Listen on a free port of loopback for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length) or b"{}")
            told.take(str(body.get("text", "")))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing of each request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Told(f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, name="plimsoll-told", daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
