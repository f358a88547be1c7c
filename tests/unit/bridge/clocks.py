"""A tiny venue that tells only its time, and a process that follows it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from plimsoll.lab.processes import child_environment

FOLLOWER = """
import json, sys, time
from datetime import UTC, datetime
from plimsoll.bridge.freqtrade.venue_clock import follow, stop_following

follow(sys.argv[1])
print("{}", flush=True)
for line in sys.stdin:
    order = json.loads(line)
    real, began = time.monotonic(), time.time()
    if "sleep" in order:
        time.sleep(order["sleep"])
        backwards = 0
    elif order.get("stop"):
        stop_following()
        stop_following()
        time.sleep(0.05)
        backwards, began = 0, time.time() - 0.05
    else:
        last, backwards = began, 0
        while time.monotonic() - real < order["watch"]:
            now = time.time()
            backwards += now < last
            last = now
    print(json.dumps({
        "simulated": time.time() - began, "real": time.monotonic() - real,
        "now": time.time(), "datetime": datetime.now(UTC).timestamp(), "backwards": backwards,
    }), flush=True)
"""


class TellsTime(BaseHTTPRequestHandler):
    """Answer with the clock, or break as the server's ``breaks`` says."""

    server: "ClockServer"

    def do_GET(self) -> None:
        self.server.asked += 1
        body = json.dumps(self.server.reading()).encode()
        if self.server.breaks == "half an answer":
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) + 100))
            self.end_headers()
            self.wfile.write(body[:5])
        elif self.server.breaks == "no HTTP":
            self.wfile.write(b"nonsense\r\n\r\n")
        else:
            self.send_response(500 if self.server.breaks == "an error" else 200)
            self.end_headers()
            self.wfile.write(b"[]" if self.server.breaks == "no object" else body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class ClockServer(ThreadingHTTPServer):
    """A clock at ``/plimsoll/clock`` that runs ``speed`` times as fast as real time."""

    daemon_threads = True

    def __init__(self, speed: float) -> None:
        super().__init__(("127.0.0.1", 0), TellsTime)
        self.breaks, self.asked, self.speed = "", 0, speed
        self._began_ms, self._at = 1_700_000_000_000.0, time.monotonic()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/plimsoll/clock"

    def reading(self) -> dict[str, Any]:
        passed_ms = (time.monotonic() - self._at) * 1000
        return {"now_ms": self._began_ms + passed_ms * self.speed, "speed": self.speed}

    def change(self, *, speed: float, by_seconds: float = 0) -> None:
        """Go on at another speed, after a jump."""
        self._began_ms = self.reading()["now_ms"] + by_seconds * 1000
        self._at, self.speed = time.monotonic(), speed

    def end(self) -> None:
        """Stop to listen."""
        self.shutdown()
        self.server_close()


@contextmanager
def clock_server(speed: float) -> Iterator[ClockServer]:
    """Serve a clock for the length of the block."""
    server = ClockServer(speed)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    try:
        yield server
    finally:
        server.end()


@dataclass(frozen=True)
class Follower:
    """A process that lives in the clock's time and tells what it sees."""

    process: subprocess.Popen[str]

    def watch(self, real_seconds: float) -> dict[str, float]:
        """Let it look at its clock for so many real seconds."""
        return self._do({"watch": real_seconds})

    def sleep(self, seconds: float) -> dict[str, float]:
        """Let it sleep for so many of its own seconds."""
        return self._do({"sleep": seconds})

    def stop_following(self) -> dict[str, float]:
        """Let it return to real time."""
        return self._do({"stop": True})

    def _do(self, order: Mapping[str, float]) -> dict[str, float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))


@contextmanager
def follower(url: str, environment: Mapping[str, str] | None = None) -> Iterator[Follower]:
    """Start a process that follows the clock; it ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", FOLLOWER, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(environment),
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "{}\n", "the follower did not start"
        yield Follower(process)
    finally:
        process.kill()
        process.communicate()
