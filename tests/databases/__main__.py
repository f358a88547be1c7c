"""``make databases``: the same guarded bot on SQLite and on PostgreSQL, in one run.

Both bots run at the same time on the same simulated market, so that what else the machine does
touches both; PostgreSQL writes to its disk as it does by default. Figures go into
docs/databases.md.
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from freqtrade.persistence import PairLocks

from plimsoll.bridge.state import locks
from plimsoll.bridge.state.stamp import new_stamp, write_stamp
from plimsoll.core import Mode, PlimsollError, Verdict
from tests.bench.running_bot import busy_bot, milliseconds
from tests.conftest import ROOT
from tests.databases.page import Costs, written
from tests.support.drill import Drill, DrillPlan, drill
from tests.support.postgres import PostgresServer, postgres_server
from tests.unit.bridge.trades import database_trades

PAGE = ROOT / "docs" / "databases.md"
SPEED, THROTTLE_SECONDS = 60.0, 5
WRITES, LOOPS, ROUNDS = 100, 10, 2
FILE, ON_SERVER = "SQLite", "PostgreSQL"
TICKS = os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.databases", description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0, help="simulated hours of two bots")
    hours = parser.parse_args(arguments).hours
    with TemporaryDirectory(prefix="plimsoll-databases-") as name, postgres_server(safe=True) as at:
        folder = Path(name)
        cpu = _processor_seconds(folder, at, hours)
        kinds = tuple(cpu)
        taken: dict[str, list[list[float]]] = {kind: [[], [], [], []] for kind in kinds}
        for number, kind in enumerate(kinds * ROUNDS):  # in turn: a machine has busy minutes
            place = folder / f"{kind}-{number}"
            place.mkdir()
            urls = [_new(at) if kind == ON_SERVER else None for _ in range(2)]
            found = *_loops(place, urls[0]), *_writes(place, urls[1])
            for kept, more in zip(taken[kind], found, strict=True):
                kept.extend(more)
    costs = [_costs(kind, cpu[kind], *taken[kind]) for kind in kinds]
    print(*costs, sep="\n")
    text = PAGE.read_text(encoding="utf-8")
    about = f"{datetime.now(UTC):%Y-%m-%d}", hours, os.cpu_count() or 0, os.getloadavg()[0]
    PAGE.write_text(written(text, costs, *about), encoding="utf-8")


def _new(server: PostgresServer) -> str:
    return server.url(server.new_database(), driver="psycopg")


def _costs(
    kind: str,
    cpu: tuple[float, float],
    looks: list[float],
    wholes: list[float],
    halts: list[float],
    stamps: list[float],
) -> Costs:
    worst = quantiles(halts, n=100)[98]
    return Costs(kind, *cpu, median(looks), median(wholes), median(halts), worst, median(stamps))


def _processor_seconds(
    folder: Path, server: PostgresServer, hours: float
) -> dict[str, tuple[float, float]]:
    """Return what a bot, and the server beside it, take of a processor in a simulated hour.

    An hour is 720 loops: a bot on a busy machine has fewer than the clock would let it have.
    """
    plan = DrillPlan(
        speed=SPEED, throttle_seconds=THROTTLE_SECONDS, risk={"max_trades_per_day": 10_000}
    )
    with ExitStack() as both:
        file = both.enter_context(_bot(folder / "file", plan, None))
        at_server = both.enter_context(_bot(folder / "server", plan, server))
        bots = {FILE: file, ON_SERVER: at_server}
        for bot in bots.values():
            bot.wait_for_positions(2, seconds=400)
        began = {name: (bot._loops(), _used(bot.pid)) for name, bot in bots.items()}
        server_before = _used_by(server)
        deadline = time.monotonic() + hours * 3600 / SPEED
        while time.monotonic() < deadline:
            if not all(bot.alive for bot in bots.values()):
                raise PlimsollError("a bot has ended in the middle of its measurement")
            time.sleep(1)
        taken = {}
        for name, bot in bots.items():
            since, used = began[name]
            passed = (bot._loops() - since) * THROTTLE_SECONDS / 3600
            of_server = _used_by(server) - server_before if bot is at_server else 0.0
            taken[name] = ((_used(bot.pid) - used) / passed, of_server / passed)
        return taken


@contextmanager
def _bot(folder: Path, plan: DrillPlan, server: PostgresServer | None) -> Iterator[Drill]:
    folder.mkdir()
    with drill(folder, plan, start=False) as bot:
        place = bot.userdir / "strategies"
        place.mkdir(parents=True, exist_ok=True)
        if server is not None:
            bot.move_to(server)
        bot.start(seconds=400)
        yield bot


def _used(pid: int) -> float:
    """Return seconds of the processor that a process, and its children that ended, have used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def _used_by(server: PostgresServer) -> float:
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="utf-8")
    return sum(_used(pid) for pid in (server.pid, *map(int, children.split())))


def _loops(folder: Path, url: str | None) -> tuple[list[float], list[float]]:
    """Return milliseconds of the bot's processor: the guards' look, and a loop of 80 entries."""
    beginnings, wholes = [], []
    with busy_bot(folder, asked=80, held=20, closed=1000, url=url) as scene:
        for _ in range(LOOPS):
            scene.next_loop()
            beginnings.append(milliseconds(scene.begin_loop))
            asked = sum(milliseconds(lambda pair=pair: scene.ask(pair)) for pair in scene.asked)
            wholes.append(beginnings[-1] + asked)
    return beginnings, wholes


def _writes(folder: Path, url: str | None) -> tuple[list[float], list[float]]:
    """Return real milliseconds until each halt, and each stamp, is kept."""
    kept, stamped = [], []
    with database_trades(folder / "latch.sqlite", url):
        PairLocks.timeframe, PairLocks.use_db = "5m", True
        for number in range(WRITES):
            verdict = Verdict(Mode.HALTED, f"rule_{number}", "a limit was reached")
            now = datetime.now(UTC)
            begun = time.perf_counter()
            locks.hold(verdict, now)
            kept.append((time.perf_counter() - begun) * 1000)
            begun = time.perf_counter()
            write_stamp(new_stamp("account", None))
            stamped.append((time.perf_counter() - begun) * 1000)
            locks.release([(verdict.rule, None)], now)
    return kept, stamped


if __name__ == "__main__":
    main()
