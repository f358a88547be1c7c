"""Reports that reach each address once: real HTTP on loopback, through apprise."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from plimsoll.monitoring.delivery import SENT, Message, deliver


class Sink(ThreadingHTTPServer):
    """A webhook that keeps what it is given, or refuses it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[dict[str, Any]] = []
        self.refuses = False

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server_address[1]}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.server.refuses:
            self.server.bodies.append(json.loads(body))
        self.send_response(503 if self.server.refuses else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def sink() -> Iterator[Sink]:
    server = Sink()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def message(tmp_path: Path) -> Message:
    picture, page = tmp_path / "weekly.png", tmp_path / "weekly.html"
    picture.write_bytes(b"\x89PNG of a week")
    page.write_text("<p>a week</p>")
    return Message(title="A week", text="made: +1.00", picture=picture, page=page)


def test_a_report_arrives_with_its_picture_and_only_once(
    sink: Sink, message: Message, tmp_path: Path
) -> None:
    first = deliver(message, "weekly-2026-W46", [sink.url], tmp_path)
    again = deliver(message, "weekly-2026-W46", [sink.url], tmp_path)
    assert (first.sent, again.sent, again.before) == ((1,), (), (1,))
    [body] = sink.bodies
    assert (body["title"], body["message"]) == ("A week", "made: +1.00")
    [attached] = body["attachments"]
    assert base64.b64decode(attached["base64"]) == b"\x89PNG of a week"
    assert deliver(message, "weekly-2026-W47", [sink.url], tmp_path).sent == (1,)


def test_what_was_refused_is_sent_by_the_next_call_and_the_rest_is_not_sent_again(
    sink: Sink, message: Message, tmp_path: Path
) -> None:
    gone = "json://127.0.0.1:9/nobody"
    sink.refuses = True
    assert deliver(message, "daily", [sink.url, gone], tmp_path).failed == (1, 2)
    assert not (tmp_path / SENT).exists()
    sink.refuses = False
    made = deliver(message, "daily", [gone, sink.url], tmp_path)
    assert (made.sent, made.failed) == ((2,), (1,))
    assert deliver(message, "daily", [sink.url], tmp_path).before == (1,)


def test_no_address_stands_in_the_file(sink: Sink, message: Message, tmp_path: Path) -> None:
    deliver(message, "daily", [sink.url], tmp_path)
    assert "127.0.0.1" not in (tmp_path / SENT).read_text()


def test_a_damaged_record_of_sendings_sends_again(
    sink: Sink, message: Message, tmp_path: Path
) -> None:
    (tmp_path / SENT).write_text("no JSON")
    assert deliver(message, "daily", [sink.url], tmp_path).sent == (1,)
