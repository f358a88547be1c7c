"""A watchdog as a process of its own, beside a real bot on the simulated exchange.

with watched(tmp_path) as scene:
    scene.bot.wait_for_positions(2)
    scene.watch.start()
    scene.bot.stop_process()
    scene.until_flat()
    assert scene.alarms.said("closing everything")
"""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ccxt

from plimsoll.lab.processes import child_beginning, child_environment, command, end, wait_until
from tests.support.drill import Drill, DrillPlan, drill
from tests.support.gate import Gate, gate

PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
QUICK = {"tell_after_seconds": 0, "act_after_seconds": 3}
"""Rules for a drill: what is wrong is told at once, and acted upon after some seconds."""


class Alarms:
    """A service on loopback that takes what apprise sends, and can be shut."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.beats: list[float] = []
        self.port = 0
        self.open()

    def open(self) -> None:
        """Listen, after `close` on the same port again."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                outer.messages.append(json.loads(self.rfile.read(length)) | {"at": time.time()})
                self._done()

            def do_GET(self) -> None:
                outer.beats.append(time.time())
                self._done()

            def _done(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.port = int(self._server.server_address[1])

    def said(self, text: str) -> list[dict[str, Any]]:
        """Return the messages that contain a text."""
        return [one for one in list(self.messages) if text in one["message"]]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class WatchProcess:
    """``plimsoll watch`` as a user starts it."""

    def __init__(self, folder: Path, config: Path, environment: Mapping[str, str]) -> None:
        self.folder, self._config, self._environment = folder, config, environment
        self.own = folder / "watch"
        self.log = folder / "watch.log"
        self._child: subprocess.Popen[str] | None = None

    @property
    def arguments(self) -> list[str]:
        return ["watch", "--userdir", str(self.folder), "-c", str(self._config)]

    def start(self, *, looks: bool = True) -> None:
        """Start it, and return after its first look."""
        began = time.time()
        with self.log.open("a", encoding="utf-8") as log:
            self._child = subprocess.Popen(
                [command("plimsoll"), *self.arguments],
                env=child_environment(self._environment),
                stdout=log,
                stderr=log,
                text=True,
                preexec_fn=child_beginning(),  # noqa: PLW1509
            )

        def looked() -> bool:
            assert self._child is not None
            assert self._child.poll() is None, self.log.read_text()
            return self.status().get("as_of", "") > datetime.fromtimestamp(began, UTC).isoformat()

        if looks:
            wait_until(looked, seconds=60, what="a first look of the watchdog")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command with other words, to its end."""
        return subprocess.run(
            [command("plimsoll"), *self.arguments, *words],
            env=child_environment(self._environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def kill9(self) -> None:
        assert self._child is not None
        self._child.kill()
        self._child.wait(30)

    def end(self) -> int:
        return 0 if self._child is None else end(self._child)

    def status(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.own / "status.json").read_text()))
        except (OSError, ValueError):
            return {}

    def journal(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the journal's records, oldest first."""
        records: list[dict[str, Any]] = []
        for file in sorted((self.own / "journal").glob("*.jsonl")):
            whole = file.read_bytes().rpartition(b"\n")[0]
            records += [json.loads(line) for line in whole.splitlines()]
        return [one for one in records if kind in (None, one["kind"])]

    def conditions(self) -> set[str]:
        return {one["condition"] for one in self.status().get("conditions", ())}


class Scene:
    """A bot, its exchange, a watchdog, and doors between them."""

    def __init__(
        self, folder: Path, bot: Drill, alarms: Alarms, to_api: Gate, to_exchange: Gate
    ) -> None:
        self.folder, self.bot, self.alarms = folder, bot, alarms
        self.to_api, self.to_exchange = to_api, to_exchange
        self.person = client(bot.venue.config)

    def watch(self, **profile: Any) -> WatchProcess:
        """Return a watchdog with a profile; it is not started."""
        config = self.folder / "watch.json"
        venue = json.loads(self.bot.venue.config.read_text())
        text = json.dumps({"exchange": venue["exchange"], "stake_currency": "USDT"})
        layer = json.loads(text.replace(self.bot.venue.url, self.to_exchange.url))
        layer["exchange"].update({"key": "", "secret": ""})
        layer["db_url"] = f"sqlite:///{self.bot.database}"
        layer["plimsoll"] = {
            "watch": {
                "may": "flatten",
                "every_seconds": 1,
                "max_loop_age_seconds": 10,
                "rest_patience_seconds": 20,
                "bot_url": self.to_api.url,
                "folder": "watch",
                "bot_folder": "user_data/plimsoll",
                "heartbeat_seconds": 10,
                "max_clock_skew_seconds": 60,
                **profile,
            }
        }
        config.write_text(json.dumps(layer, indent=1))
        return WatchProcess(self.folder, config, self.environment)

    @property
    def environment(self) -> dict[str, str]:
        sink = f"127.0.0.1:{self.alarms.port}"
        return {
            "PLIMSOLL_WATCH__KEY": self.person.apiKey,
            "PLIMSOLL_WATCH__SECRET": self.person.secret,
            "PLIMSOLL_WATCH__API_USERNAME": "plimsoll",
            "PLIMSOLL_WATCH__API_PASSWORD": self.bot._password,
            "PLIMSOLL_WATCH__ALARMS": f"json://{sink}/alarms",
            "PLIMSOLL_WATCH__DEAD_MAN_URL": f"http://{sink}/beat",
        }

    @property
    def api_url(self) -> str:
        """The bot's API itself, without the door before it."""
        return f"http://127.0.0.1:{self.bot._port}"

    def positions(self) -> dict[str, float]:
        """Return what the exchange itself holds, below zero when short."""
        return held(self.person)

    def stops(self) -> list[dict[str, Any]]:
        return list(self.person.fetch_open_orders(params={"type": "swap", "stop": True}))

    def until_flat(self, *, seconds: float = 90.0) -> float:
        """Wait until the exchange holds nothing; return how long that took."""
        began = time.monotonic()
        wait_until(lambda: not self.positions(), seconds=seconds, what="a flat account")
        return time.monotonic() - began

    def fills(self) -> list[tuple[str, float]]:
        """Return every fill of the account in its order: the pair, and what it added."""
        rows = [one for pair in self.bot.plan.pairs for one in self.person.fetch_my_trades(pair)]
        rows.sort(key=lambda one: (one["timestamp"], int(one["id"])))
        return [
            (one["symbol"], one["amount"] * (1 if one["side"] == "buy" else -1)) for one in rows
        ]

    def require_no_turn(self) -> None:
        """Refuse fills of which one turned a long round: something was closed twice."""
        held_of: dict[str, float] = {}
        for pair, amount in self.fills():
            held_of[pair] = round(held_of.get(pair, 0.0) + amount, 9)
            assert held_of[pair] >= 0.0, (pair, self.fills())

    def freeze(self) -> None:
        """Stop the bot as a debugger would: it lives, and does nothing."""
        os.kill(self.bot.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.bot.pid, signal.SIGCONT)


def key_of(profile: Path) -> dict[str, str]:
    """Return the key that an exchange has written into its profile; where it wrote none, any."""
    exchange = json.loads(profile.read_text())["exchange"]
    return {
        "key": exchange.get("key") or "any-key",
        "secret": exchange.get("secret") or "any-secret",
    }


def client(profile: Path) -> Any:
    """Return ccxt at the simulated exchange, as somebody with a key."""
    config = json.loads(profile.read_text())["exchange"]["ccxt_config"]
    key = key_of(profile)
    api = ccxt.binance({**config, "apiKey": key["key"], "secret": key["secret"]})
    api.options["defaultType"] = "swap"
    api.options["adjustForTimeDifference"] = True
    api.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
    return api


def held(api: Any) -> dict[str, float]:
    return {
        one["symbol"]: one["contracts"] * (1 if one["side"] == "long" else -1)
        for one in api.fetch_positions()
    }


@contextmanager
def watched(folder: Path, **overlay: Any) -> Iterator[Scene]:
    """Yield a bot that trades live in real time, with stops on the exchange."""
    options = {
        "pairs": PAIRS,
        "live": True,
        "speed": 1.0,
        "throttle_seconds": 2,
        "stop_fraction": 0.1,
        "start": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "overlay": {"order_types": {"stoploss_on_exchange": True}, **overlay},
    }
    with ExitStack() as stack:
        alarms = Alarms()
        stack.callback(alarms.close)
        bot = stack.enter_context(drill(folder, DrillPlan(**options)))
        to_api = stack.enter_context(gate(bot._port))
        to_exchange = stack.enter_context(gate(urlsplit(bot.venue.url).port or 0))
        yield Scene(folder, bot, alarms, to_api, to_exchange)
