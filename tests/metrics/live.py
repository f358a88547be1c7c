"""``make monitoring``: a guarded bot and everything that tells people of it, by one command.

It runs until Ctrl-C, which ends each program by its process id, and tells what arrives.
"""

import argparse
import contextlib
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from plimsoll.core import PlimsollError
from tests.metrics.drill import FALL, FALL_SECONDS, plan
from tests.metrics.sinks import CONTROL_BOT
from tests.metrics.stack import ABSENT, MISSING, Stack, own_state, stack
from tests.support.drill import Drill, drill

PORTS = {"prometheus": 9090, "alertmanager": 9093, "exporter": 9466}
"""As the shipped files have them; another is taken where something listens already."""
LOOK_SECONDS = 0.5
LONGEST_MINUTES = 1440


def free_of(wanted: dict[str, int]) -> dict[str, int]:
    """Return those ports of loopback that nobody listens on."""
    free = {}
    for name, port in wanted.items():
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            free[name] = port
    return free


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when it was ended or its time was over, 1 when something failed, 2 without tools."""
    parser = argparse.ArgumentParser(prog="make monitoring", description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.0, help="end by itself; 0: by Ctrl-C")
    parser.add_argument(
        "--crash-after", type=float, default=None, help="minutes until the market falls by 8 %%"
    )
    given = parser.parse_args(arguments)
    for value in (given.minutes, given.crash_after):
        if value is not None and not 0 <= value <= LONGEST_MINUTES:
            parser.error(f"expected minutes from 0 to {LONGEST_MINUTES}, found {value:g}")
    if ABSENT:
        sys.stderr.write(f"make monitoring {MISSING}\n")
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with TemporaryDirectory(prefix="monitoring-") as name:
        try:
            _live(Path(name), given)
        except KeyboardInterrupt:
            print("ended", flush=True)
        except PlimsollError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


def _live(folder: Path, given: argparse.Namespace) -> None:
    print("starting exchange and bot; a minute", flush=True)
    with (
        own_state(folder),
        drill(folder, plan()) as bot,
        stack(bot, folder, chosen=free_of(PORTS)) as seen,
    ):
        seen.until("plimsoll_bot_up", 1.0)
        for what, where in {
            "exchange": bot.venue.url,
            "bot": f"http://127.0.0.1:{bot._port}",
            "exporter": seen.exporter_url,
            "prometheus": seen.url,
            "alertmanager": seen.alertmanager_url,
        }.items():
            print(f"{what:<13} {where}", flush=True)
        print(f"process ids   {' '.join(f'{n}={p}' for n, p in seen.pids.items())}", flush=True)
        print("what arrives by webhook, mail and Telegram is told here; Ctrl-C ends all of it")
        sys.stdout.flush()
        Watching(bot, seen).until_ended(given.minutes, given.crash_after)


class Watching:
    """Tells what arrives, each thing once, in seconds since the beginning."""

    def __init__(self, bot: Drill, seen: Stack) -> None:
        self._bot, self._seen = bot, seen
        self._began = time.time()
        self._told: dict[str, int] = {}

    def until_ended(self, minutes: float, crash_after: float | None) -> None:
        """Watch until the time is over; 0 minutes are no end. Let the market fall when asked."""
        crash = None if crash_after is None else 60 * crash_after
        while not minutes or time.time() - self._began < 60 * minutes:
            if crash is not None and time.time() - self._began >= crash:
                self._bot.move(FALL, seconds=FALL_SECONDS)
                self._say("market", f"it falls by {-FALL:.0%}")
                crash = None
            if not self._bot.alive:
                raise PlimsollError("the bot has ended; its log was in the folder of this run")
            self._look()
            time.sleep(LOOK_SECONDS)

    def _look(self) -> None:
        sinks = self._seen.sinks
        self._new("webhook", sinks.webhook, lambda one: f"{one.alert} {one.status}")
        self._new("webhook", sinks.others, lambda one: f"{one.sender} {_first(one.text)}", "others")
        self._new("mail", sinks.mail, lambda one: f"{_whose(one.sender)} {_first(one.text)}")
        self._new("bot", self._bot.telegram.messages, lambda one: _first(one.seen))
        self._new("control bot", self._seen.phone.messages, lambda one: _first(one.seen))

    def _new(
        self, way: str, arrived: Sequence[Any], words: Callable[[Any], str], kind: str = ""
    ) -> None:
        known = self._told.get(kind or way, 0)
        for one in list(arrived)[known:]:
            self._say(way, words(one))
            known += 1
        self._told[kind or way] = known

    def _say(self, way: str, text: str) -> None:
        print(f"{time.time() - self._began:6.1f} s  {way:<12} {text}", flush=True)


def _first(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")[:110]


def _whose(sender: str) -> str:
    return "control bot:" if sender == CONTROL_BOT else "Alertmanager:"


if __name__ == "__main__":
    sys.exit(main())
