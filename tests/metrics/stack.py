"""Real Prometheus, Alertmanager, webhook and mail on loopback, beside a bot and its exporter."""

import json
import shutil
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from plimsoll.lab.processes import command, running, wait_until
from tests.conftest import ROOT
from tests.ports import free_port
from tests.support.drill import Drill
from tests.support.watching import key_of

DOCKER = ROOT / "docker"
PROGRAMS = ("prometheus", "prometheus-alertmanager")
ABSENT = [name for name in PROGRAMS if shutil.which(name) is None]
PATIENCE = 300.0


@dataclass
class Sinks:
    """What came by webhook and by mail: the time, the alert's name, and whether it is over."""

    webhook: list[tuple[float, str, str]] = field(default_factory=list)
    mail: list[tuple[float, str]] = field(default_factory=list)

    def by_webhook(self, alert: str) -> float | None:
        """Return when an alert came first; ``None`` while it has not."""
        return next(
            (at for at, name, how in self.webhook if (name, how) == (alert, "firing")), None
        )

    def by_mail(self, alert: str) -> float | None:
        return next((at for at, text in self.mail if alert in text), None)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mail.append((time.time(), envelope.content.decode(errors="replace")))
        return "250 OK"


@contextmanager
def webhook(sinks: Sinks) -> Iterator[int]:
    """Yield the port of a server that takes what Alertmanager posts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for one in told["alerts"]:
                assert one["annotations"]["runbook"].startswith("docs/alerts.md#")
                sinks.webhook.append((time.time(), one["labels"]["alertname"], one["status"]))
            self.send_response(200)
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
def mailbox(sinks: Sinks) -> Iterator[int]:
    """Yield the port of a mail server that keeps what it is sent."""
    port = free_port()
    controller = Controller(sinks, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@dataclass
class Stack:
    """Everything that runs, and Prometheus's answers."""

    sinks: Sinks
    url: str
    exporter_url: str

    def ask(self, path: str, **parameters: str) -> Any:
        """Return what Prometheus answers."""
        query = urllib.parse.urlencode(parameters)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/api/v1/{path}?{query}", timeout=30) as answer:
            return json.loads(answer.read())["data"]

    def value(self, query: str) -> float | None:
        """Return the first value of a query; ``None`` when there is none."""
        try:
            rows = self.ask("query", query=query)["result"]
        except OSError:
            return None
        return float(rows[0]["value"][1]) if rows else None

    def until(self, query: str, value: float, *, seconds: float = PATIENCE) -> None:
        """Wait until a query has a value."""
        wait_until(lambda: self.value(query) == value, seconds=seconds, what=f"{query} = {value}")

    def points(self, query: str, since: float) -> int:
        """Return how many points a query has had from a moment on."""
        span = {"start": str(since), "end": str(time.time()), "step": "5"}
        rows = self.ask("query_range", query=query, **span)["result"]
        return sum(len(one["values"]) for one in rows)


def configured(folder: Path, ports: dict[str, int]) -> None:
    """Write the shipped configs with the ports of this run; nothing else of them is changed."""
    own = {"9093": "alertmanager", "9466": "exporter", "25": "mail", "9467": "webhook"}
    for source in (
        *(DOCKER / "prometheus").glob("*.yml"),
        DOCKER / "alertmanager/alertmanager.yml",
    ):
        text = source.read_text(encoding="utf-8")
        for shipped, name in own.items():
            text = text.replace(f"127.0.0.1:{shipped}", f"127.0.0.1:{ports[name]}")
        (folder / source.name).write_text(text, encoding="utf-8")


def layers(bot: Drill, folder: Path) -> list[str]:
    """Return the words of a bot's layers, and of one that says where it is."""
    arguments = bot._arguments()
    where = folder / "exporter.json"
    watch = {"bot_url": f"http://127.0.0.1:{bot._port}", "max_clock_skew_seconds": 3600}
    where.write_text(json.dumps({"bot_name": "drilled", "plimsoll": {"watch": watch}}))
    words = arguments[arguments.index("-c") :]
    place = ["--userdir", str(bot.userdir), "--db-url", f"sqlite:///{bot.database}"]
    return [*words, "-c", str(where), *place]


@contextmanager
def stack(bot: Drill, folder: Path) -> Iterator[Stack]:
    """Yield the whole of it beside a bot that runs."""
    sinks, own = Sinks(), folder / "stack"
    own.mkdir()
    ports = {name: free_port() for name in ("prometheus", "alertmanager", "exporter")}
    key = key_of(bot.venue.config)
    environment = {
        "PLIMSOLL_WATCH__KEY": key["key"],
        "PLIMSOLL_WATCH__SECRET": key["secret"],
        "PLIMSOLL_WATCH__API_USERNAME": "plimsoll",
        "PLIMSOLL_WATCH__API_PASSWORD": bot._password,
    }
    with ExitStack() as processes:
        ports["mail"] = processes.enter_context(mailbox(sinks))
        ports["webhook"] = processes.enter_context(webhook(sinks))
        configured(own, ports)
        words = layers(bot, folder)
        port = ("--port", str(ports["exporter"]))
        for name, line in {
            "watch": [command("plimsoll"), "watch", *words],
            "exporter": [command("plimsoll"), "exporter", *words, *port, "--every", "2"],
            "alertmanager": [
                "prometheus-alertmanager",
                f"--config.file={own / 'alertmanager.yml'}",
                f"--storage.path={own / 'alertmanager'}",
                f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
                "--cluster.listen-address=",
            ],
            "prometheus": [
                "prometheus",
                f"--config.file={own / 'prometheus.yml'}",
                f"--storage.tsdb.path={own / 'prometheus'}",
                f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
            ],
        }.items():
            log = own / f"{name}.log"
            processes.enter_context(running(line, log=log, folder=own, environment=environment))
        url = f"http://127.0.0.1:{ports['prometheus']}"
        yield Stack(sinks, url, f"http://127.0.0.1:{ports['exporter']}/metrics")
