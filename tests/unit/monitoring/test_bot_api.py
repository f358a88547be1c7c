"""How each way in which an API can fail is told apart; the answers of a real bot are drilled."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import PlimsollError
from plimsoll.monitoring import bot_api
from plimsoll.monitoring.bot_api import BotApi, not_asked
from plimsoll.monitoring.sight import Answer, BotSight
from tests.ports import free_port
from tests.support.gate import gate
from tests.support.proxying import needs_nginx, nginx_before
from tests.unit.monitoring.sights import NOON, later


@contextmanager
def server(status: int, body: bytes) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    try:
        yield int(served.server_address[1])
    finally:
        served.shutdown()
        served.server_close()


def look(port: int) -> BotSight:
    api = BotApi(f"http://127.0.0.1:{port}", "user", "pass")
    try:
        return api.look(NOON)
    finally:
        api.close()


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (401, b"{}", Answer.DENIED),
        (403, b"{}", Answer.DENIED),
        (500, b"{}", Answer.FAULTY),
        (502, b"{}", Answer.CUT),
        (200, b"no JSON", Answer.FAULTY),
        (200, b"[]", Answer.FAULTY),
    ],
)
def test_what_is_no_answer_is_never_taken_for_one(status: int, body: bytes, answer: Answer) -> None:
    with server(status, body) as port:
        seen = look(port)
    assert (seen.answer, seen.traced_at, seen.looped_at) == (answer, NOON, None)


def test_a_dead_port_and_a_silent_one_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot_api, "REST_SECONDS", 0.5)
    with server(200, b"{}") as port, gate(port) as door:
        door.be_silent()
        assert look(door.port).answer is Answer.TIMEOUT
        door.refuse()
        assert look(door.port).answer is Answer.REFUSED
        api = BotApi(door.url, "", "")
        with pytest.raises(PlimsollError):
            api.pause()
        with pytest.raises(PlimsollError):
            api.force_exit("all")
        api.close()


@needs_nginx
def test_a_proxy_with_a_bad_certificate_is_no_dead_bot(tmp_path: Path) -> None:
    with nginx_before(tmp_path / "nginx", free_port(), expired=True) as served:
        api = BotApi(served.url, "plimsoll", "a-password")
        seen = api.look()
        api.close()
    assert seen.answer is Answer.FAULTY
    assert "certificate" in seen.said


def test_a_bot_that_is_not_asked_is_seen_by_its_trace_alone() -> None:
    assert not_asked(NOON) == BotSight(answer=Answer.NOT_ASKED, traced_at=NOON)


@pytest.mark.parametrize(
    ("health", "moment"),
    [
        ({"last_process": "2026-03-02T12:00:00.250000Z", "last_process_ts": 1}, later(0.25)),
        ({"last_process": "2026-03-02 12:00:00.250000"}, later(0.25)),
        ({"last_process": None, "last_process_ts": NOON.timestamp()}, NOON),
        ({}, None),
    ],
)
def test_the_end_of_a_loop_is_read_to_the_fraction_of_a_second(health: Any, moment: Any) -> None:
    assert bot_api._looped_at(health) == moment
