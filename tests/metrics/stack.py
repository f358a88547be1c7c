"""The whole of it on loopback: a bot and its exchange, and everything that tells people of it.

Watchdog, exporter, control bot, Prometheus and Alertmanager are the real programs with the shipped
files; webhook, mail server and Telegram are the tests' own, Telegram as strict as the real one.
"""

import json
import os
import re
import shutil
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plimsoll.lab.processes import command, running, wait_until
from plimsoll.lab.telegram.service import CHAT_ID, TOKEN, TelegramService, telegram_service
from tests.conftest import ROOT
from tests.metrics.sinks import CONTROL_BOT, OF_CONTROL_BOT, OF_WATCHDOG, Sinks, mailbox, webhook
from tests.ports import free_port
from tests.support.drill import Drill
from tests.support.venue_keys import ENVIRONMENT
from tests.support.watching import key_of

DOCKER = ROOT / "docker"
PACKAGES = {"prometheus": "prometheus", "prometheus-alertmanager": "prometheus-alertmanager"}
"""Programs and the packages of Debian that have them."""
ABSENT = [package for name, package in PACKAGES.items() if shutil.which(name) is None]
MISSING = f"needs {' '.join(ABSENT)}: apt-get install {' '.join(ABSENT)}"
PATIENCE = 300.0
STEP_SECONDS = 5
BOT_NAME = "drilled"


@dataclass(frozen=True)
class Waits:
    """Seconds of the control bot's ladder; the shipped ones are longer than a drill."""

    mail: float = 60.0
    webhook: float = 120.0
    dead_man: float = 60.0


@dataclass
class Stack:
    """Everything that runs, and Prometheus's answers."""

    sinks: Sinks
    phone: TelegramService
    url: str
    exporter_url: str
    alertmanager_url: str
    pids: Mapping[str, int]

    def ask(self, path: str, **parameters: str) -> Any:
        """Return what Prometheus answers."""
        return fetched(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")["data"]

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

    def rows(self, query: str, since: float) -> list[dict[str, Any]]:
        """Return the rows of a query from a moment on."""
        span = {"start": str(since), "end": str(time.time()), "step": str(STEP_SECONDS)}
        return list(self.ask("query_range", query=query, **span)["result"])

    def now(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query at this moment, each of one value, as `rows` has them."""
        rows = self.ask("query", query=query)["result"]
        return [{"metric": one["metric"], "values": [one["value"]]} for one in rows]

    def firing(self) -> list[dict[str, Any]]:
        """Return the alerts that Alertmanager holds."""
        return list(fetched(f"{self.alertmanager_url}/api/v2/alerts"))


def fetched(url: str) -> Any:
    """Return the JSON of an address on loopback, whatever proxy the environment names."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as answer:
        return json.loads(answer.read())


def configured(folder: Path, ports: Mapping[str, int]) -> None:
    """Write the shipped configs with the ports of this run; nothing else of them is changed."""
    shipped = {"9093": "alertmanager", "9466": "exporter", "25": "mail", "9467": "webhook"}
    wanted = re.compile(rf"127\.0\.0\.1:({'|'.join(shipped)})\b")
    for source in (
        *(DOCKER / "prometheus").glob("*.yml"),
        DOCKER / "alertmanager/alertmanager.yml",
    ):
        text = source.read_text(encoding="utf-8")
        text = wanted.sub(lambda found: f"127.0.0.1:{ports[shipped[found[1]]]}", text)
        (folder / source.name).write_text(text, encoding="utf-8")


def layers(bot: Drill, folder: Path, waits: Waits) -> list[str]:
    """Return the words of a bot's layers, and of one that says where it is."""
    arguments = bot._arguments()
    where = folder / "beside.json"
    watch = {"bot_url": f"http://127.0.0.1:{bot._port}", "max_clock_skew_seconds": 3600}
    ladder = {
        "every_seconds": 1,
        "mail_after_seconds": waits.mail,
        "webhook_after_seconds": waits.webhook,
        "dead_man_seconds": waits.dead_man,
    }
    own = {"bot_name": BOT_NAME, "plimsoll": {"watch": watch, "control_bot": ladder}}
    where.write_text(json.dumps(own))
    words = arguments[arguments.index("-c") :]
    place = ["--userdir", str(bot.userdir), "--db-url", bot.db_url]
    return [*words, "-c", str(where), *place]


def secrets_of(bot: Drill, phone: TelegramService, ports: Mapping[str, int]) -> dict[str, str]:
    """Return what watchdog, exporter and control bot have in their environment."""
    key = key_of(bot.venue.config)
    hook, mail = f"127.0.0.1:{ports['webhook']}", f"127.0.0.1:{ports['mail']}"
    service = {
        name: value
        for name, value in phone.environment.items()
        if not name.startswith("FREQTRADE__TELEGRAM__")  # that bot has a Telegram of its own
    }
    return {
        **service,
        "PLIMSOLL_WATCH__KEY": key["key"],
        "PLIMSOLL_WATCH__SECRET": key["secret"],
        "PLIMSOLL_WATCH__API_USERNAME": "plimsoll",
        "PLIMSOLL_WATCH__API_PASSWORD": bot._password,
        "PLIMSOLL_WATCH__ALARMS": f"json://{hook}{OF_WATCHDOG}",
        "PLIMSOLL_CONTROL__TOKEN": TOKEN,
        "PLIMSOLL_CONTROL__CHATS": f"anna={CHAT_ID}",
        "PLIMSOLL_CONTROL__MAIL": (
            f"mailto://{mail}?smtp=127.0.0.1&mode=insecure&from={CONTROL_BOT}&to=anna@localhost"
        ),
        "PLIMSOLL_CONTROL__WEBHOOK": f"json://{hook}{OF_CONTROL_BOT}",
        **(ENVIRONMENT if bot.plan.live else {}),
    }


def lines_of(words: list[str], own: Path, ports: Mapping[str, int]) -> dict[str, list[str]]:
    """Return the command line of each program beside the bot."""
    port = ("--port", str(ports["exporter"]))
    return {
        "watch": [command("plimsoll"), "watch", *words],
        "control-bot": [command("plimsoll"), "control-bot", *words],
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
    }


@contextmanager
def own_state(folder: Path) -> Iterator[None]:
    """Let what is started meanwhile keep its record of accounts in a folder of the drill's own."""
    name = "XDG_STATE_HOME"
    before = os.environ.get(name)
    os.environ[name] = str(folder / "state")
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextmanager
def stack(
    bot: Drill,
    folder: Path,
    *,
    waits: Waits | None = None,
    chosen: Mapping[str, int] | None = None,
) -> Iterator[Stack]:
    """Yield the whole of it beside a bot that runs; ``chosen`` names ports that must be free."""
    sinks, own = Sinks(), folder / "stack"
    own.mkdir()
    ports = {name: free_port() for name in ("prometheus", "alertmanager", "exporter")}
    ports |= chosen or {}
    with ExitStack() as processes:
        phone = processes.enter_context(telegram_service(own / "phone"))
        ports["mail"] = processes.enter_context(mailbox(sinks))
        ports["webhook"] = processes.enter_context(webhook(sinks))
        configured(own, ports)
        environment = secrets_of(bot, phone, ports)
        pids = {"exchange": bot.venue.pid, "bot": bot.pid}
        for name, line in lines_of(layers(bot, folder, waits or Waits()), own, ports).items():
            child = processes.enter_context(
                running(line, log=own / f"{name}.log", folder=own, environment=environment)
            )
            pids[name] = child.pid
        at = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        exporter = f"{at['exporter']}/metrics"
        yield Stack(sinks, phone, at["prometheus"], exporter, at["alertmanager"], pids)
