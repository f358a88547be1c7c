"""``make monitoring``: exchange, bot, watchdog, exporter, Prometheus and Alertmanager at once."""

import argparse
import contextlib
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from plimsoll.core import PlimsollError
from tests.conftest import ROOT
from tests.metrics.dashboards import BOARDS
from tests.metrics.drill import plan
from tests.metrics.pictures import draw
from tests.metrics.stack import ABSENT, Stack, stack
from tests.support.drill import Drill, drill

PORTS = {"prometheus": 9090, "alertmanager": 9093, "exporter": 9466}
"""As the shipped files have them; another is taken where something listens already."""
STEP_SECONDS = 5
LOOK_SECONDS = 1.0


def ports() -> dict[str, int]:
    """Return the shipped ports of those that nobody listens on."""
    free = {}
    for name, port in PORTS.items():
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            free[name] = port
    return free


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when it was ended or its time was over, 1 when something did not start."""
    parser = argparse.ArgumentParser(prog="make monitoring", description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.0, help="end by itself; 0: by Ctrl-C")
    parser.add_argument("--crash-after", type=float, default=0.0, help="minutes; 0: no crash")
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each dashboard")
    given = parser.parse_args(arguments)
    if not (0 <= given.minutes < 1440 and 0 <= given.crash_after < 1440):
        parser.error("expected minutes between 0 and 1440")
    if given.pictures is not None and not given.minutes:
        parser.error("--pictures needs --minutes")
    if ABSENT:
        sys.stderr.write(f"needs {' '.join(ABSENT)}: apt-get install {' '.join(ABSENT)}\n")
        return 2
    with TemporaryDirectory(prefix="monitoring-") as name:
        try:
            _live(Path(name), given)
        except KeyboardInterrupt:
            print("ended")
        except PlimsollError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


def _live(folder: Path, given: argparse.Namespace) -> None:
    print("starting exchange and bot; a minute", flush=True)
    with drill(folder, plan()) as bot, stack(bot, folder, chosen=ports()) as seen:
        began = time.time()
        seen.until("plimsoll_bot_up", 1.0)
        for what, where in {
            "exchange": bot.venue.url,
            "bot, REST": f"http://127.0.0.1:{bot._port}",
            "exporter": seen.exporter_url,
            "Prometheus": seen.url,
            "Alertmanager": seen.alertmanager_url,
        }.items():
            print(f"{what:<13} {where}", flush=True)
        print("alerts are told here as they arrive by webhook and mail", flush=True)
        _watch(bot, seen, began, given)
        if given.pictures is not None:
            for board in BOARDS:
                file, empty = draw(board, lambda query: _rows(seen, query, began), given.pictures)
                shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
                print(f"{shown}: without data {', '.join(empty) or 'none'}", flush=True)


def _rows(seen: Stack, query: str, since: float) -> list[dict[str, object]]:
    span = {"start": str(since), "end": str(time.time()), "step": str(STEP_SECONDS)}
    return list(seen.ask("query_range", query=query, **span)["result"])


def _watch(bot: Drill, seen: Stack, began: float, given: argparse.Namespace) -> None:
    """Tell what arrives, crash the market once when that was asked for, until time is over."""
    hooked, mailed, crashed = 0, 0, not given.crash_after
    while not given.minutes or time.time() - began < 60 * given.minutes:
        if not crashed and time.time() - began > 60 * given.crash_after:
            bot.move(-0.08, seconds=5)
            crashed = True
            print(f"{time.time() - began:5.0f} s  the market falls by 8 %", flush=True)
        for at, name, how in seen.sinks.webhook[hooked:]:
            print(f"{at - began:5.0f} s  webhook  {name} {how}", flush=True)
        for at, text in seen.sinks.mail[mailed:]:
            subject = next((x for x in text.splitlines() if x.startswith("Subject:")), "")
            print(f"{at - began:5.0f} s  mail     {subject[:100]}", flush=True)
        hooked, mailed = len(seen.sinks.webhook), len(seen.sinks.mail)
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
