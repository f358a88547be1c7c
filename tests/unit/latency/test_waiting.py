"""What a thread waits for, measured on real sockets and in real processes."""

import http.server
import multiprocessing
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.latency import waiting as module
from tests.latency.waiting import CALLS, QUEUED, Waiting

DELAY = 0.3


class Slow(http.server.BaseHTTPRequestHandler):
    """Answers after a while."""

    def do_GET(self) -> None:
        time.sleep(DELAY)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    before = [(owner, name, vars(owner).get(name)) for owner, name in CALLS]
    made = Waiting()
    made.install()
    made.count()
    yield made
    for owner, name, call in before:
        if call is None:
            delattr(owner, name)
        else:
            setattr(owner, name, call)


def work(seconds: float) -> None:
    """Use the processor for so many seconds of it."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def ask(url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        answer.read()


def test_the_answer_is_waited_for_and_work_is_not(url: str, waiting: Waiting) -> None:
    began = time.perf_counter()
    ask(url)
    assert DELAY <= waiting.exchange <= time.perf_counter() - began
    before = waiting.exchange
    work(0.1)
    assert waiting.exchange == before
    waiting.count()
    assert waiting.exchange == 0.0


def test_what_another_thread_waits_for_is_not_counted(url: str, waiting: Waiting) -> None:
    thread = threading.Thread(target=ask, args=(url,))
    thread.start()
    thread.join()
    assert waiting.exchange < DELAY / 2


@pytest.mark.skipif(not QUEUED.exists(), reason="Linux alone counts it")
def test_a_processor_that_others_have_is_waited_for(waiting: Waiting) -> None:
    count = 2 * multiprocessing.cpu_count()
    others = [multiprocessing.Process(target=work, args=(5.0,), daemon=True) for _ in range(count)]
    for one in others:
        one.start()
    waiting.count()
    began = time.perf_counter()
    work(0.3)
    passed, queued = time.perf_counter() - began, waiting.processor
    for one in others:
        one.kill()
    assert queued == pytest.approx(passed - 0.3, abs=0.1)
    assert waiting.exchange == 0.0


def test_the_calls_of_sockets_are_its_own_again_after_these_tests() -> None:
    assert "sendall" not in vars(socket.socket)
    assert module.CALLS is CALLS
