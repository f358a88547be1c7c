"""``python -m tests.metrics.database_drill``: a bot's PostgreSQL stops, people hear, it comes back.

A guarded bot on a real PostgreSQL is halted, and beside it runs what `make monitoring` runs. Then
the server is ended by its process id, and started again. Rewrites its table of docs/databases.md.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from plimsoll.lab.processes import wait_until
from tests.conftest import ROOT
from tests.drills.scene import state, status
from tests.metrics.drill import Observer, plan
from tests.metrics.sinks import CONTROL_BOT
from tests.metrics.stack import ABSENT, MISSING, Stack, own_state, stack
from tests.support.drill import Drill, drill
from tests.support.postgres import PostgresServer, postgres_server

PAGE = ROOT / "docs/databases.md"
RECORD = Path(__file__).with_name("database_drill.json")
BLOCK = re.compile(
    r"(<!-- written by tests.metrics.database_drill -->\n).*?(<!-- end of the drill -->)",
    re.DOTALL,
)
HEAD = "| Cause | What happened | After |\n|---|---|---:|\n"
ALERT = "PlimsollDatabaseGone"
GONE = 'plimsoll_condition{condition="database_gone"}'
STOPPED, BACK, RESTARTED = "server stopped", "server started", "bot started"
BEFORE = ("PlimsollAlive", "PlimsollHalted")
ADDRESS = re.compile(r"postgresql\S+")
PATIENCE = 400.0
STEPS = {
    STOPPED: (
        "`plimsoll_condition` in Prometheus",
        "alert pending",
        "alert firing",
        "alert at Alertmanager",
        "webhook",
        "mail",
        "the bot has ended",
    ),
    BACK: ("`plimsoll_condition` in Prometheus is 0", "webhook: resolved", "mail: resolved"),
    RESTARTED: ("HALTED, as before",),
}
"""What has to happen after each cause."""


@dataclass
class Outcome:
    """What came of it: seconds from each cause."""

    day: str
    steps: list[dict[str, Any]] = field(default_factory=list)
    bots_line: str = ""
    others: list[str] = field(default_factory=list)
    """Other alerts that fired between the server's end and the bot's restart."""

    def note(self, cause: str, what: str, since: float, at: float) -> None:
        self.steps.append({"cause": cause, "what": what, "seconds": round(at - since, 1)})


def play(folder: Path, say: Callable[[str], object] = lambda _: None) -> Outcome:
    """Play it, and return the times."""
    outcome = Outcome(f"{datetime.now(UTC):%Y-%m-%d}")
    with (
        postgres_server() as server,
        own_state(folder),
        drill(folder, plan(), start=False) as bot,
    ):
        bot.move_to(server)
        bot.start(seconds=PATIENCE)
        with stack(bot, folder) as seen, Observer(seen).watching() as observer:
            _halted(bot, seen)
            say("halted and flat")
            trades, locks = _trades(bot), _locks(bot)
            _stopped(server, bot, seen, observer, outcome)
            say("the server's end has arrived everywhere")
            _back(server, seen, outcome)
            outcome.others = sorted(observer.alerts() - {ALERT, *BEFORE})
            say("its coming back has arrived everywhere")
            since = time.time()
            bot.start(seconds=PATIENCE)
            at = _when(lambda: seen.value('plimsoll_mode{mode="HALTED"}') == 1.0, "the halt")
            outcome.note(RESTARTED, STEPS[RESTARTED][0], since, at)
            assert status(bot)["mode"] == "HALTED"
            say(f"{trades} and {locks} became {_trades(bot)} and {_locks(bot)}")
            assert _trades(bot) == trades, "the trades are what they were"
            assert locks <= _locks(bot), "a lock is no longer there"
            assert not seen.sinks.faults, seen.sinks.faults
    return outcome


def _halted(bot: Drill, seen: Stack) -> None:
    """Halt a bot that holds positions, and wait until it is flat."""
    bot.wait_for_positions(2, seconds=PATIENCE)
    seen.until("plimsoll_bot_up", 1.0, seconds=PATIENCE)
    assert _first_value(seen) == 0.0, "a server that answers is no alarm"
    state(bot).set_halt("before the server stops")
    bot.until_flat(seconds=PATIENCE)
    seen.until('plimsoll_mode{mode="HALTED"}', 1.0, seconds=PATIENCE)
    bot.wait_until(bot.locks, seconds=PATIENCE, what="the halt in the database")
    state(bot).clear_halt()  # what holds from here on is the latch


def _first_value(seen: Stack) -> float | None:
    seen.until(f"count({GONE})", 1.0)
    return seen.value(GONE)


def _trades(bot: Drill) -> list[tuple[int, bool]]:
    """Return what the database has of trades: their ids, and whether they are open."""
    return [(row["id"], row["is_open"]) for row in bot.trades()]


def _locks(bot: Drill) -> set[tuple[str, str]]:
    """Return the active locks of the database; a halt's are for all pairs."""
    return {(row["pair"], row["reason"]) for row in bot.locks() if row["pair"] == "*"}


def _stopped(
    server: PostgresServer, bot: Drill, seen: Stack, observer: Observer, outcome: Outcome
) -> None:
    since = time.time()
    server.stop()
    at = _when(lambda: seen.value(GONE) == 1.0, "the metric")
    outcome.note(STOPPED, STEPS[STOPPED][0], since, at)
    for station in ("pending", "firing", "alertmanager"):
        at = _at(lambda s=station: observer.at(ALERT, s, since), f"{ALERT} {station}")  # type: ignore[misc]
        words = "alert at Alertmanager" if station == "alertmanager" else f"alert {station}"
        outcome.note(STOPPED, words, since, at)
    outcome.note(STOPPED, "webhook", since, _at(lambda: seen.sinks.by_webhook(ALERT), "webhook"))
    outcome.note(STOPPED, "mail", since, _at(lambda: seen.sinks.by_mail(ALERT), "mail"))
    _when(lambda: not bot.alive, "the bot's end")
    outcome.note(STOPPED, "the bot has ended", since, bot.log.stat().st_mtime)
    said = bot.log_lines("plimsoll: the bot's database")[0].partition("plimsoll: ")[2]
    outcome.bots_line = ADDRESS.sub("…", said).partition(": ")[0]


def _back(server: PostgresServer, seen: Stack, outcome: Outcome) -> None:
    since = time.time()
    server.start()
    gone = _when(lambda: seen.value(GONE) == 0.0, "the metric's end")
    outcome.note(BACK, STEPS[BACK][0], since, gone)
    hook = _at(lambda: seen.sinks.by_webhook(ALERT, "resolved"), "webhook: resolved")
    outcome.note(BACK, "webhook: resolved", since, hook)
    outcome.note(BACK, "mail: resolved", since, _at(lambda: _resolved(seen), "mail: resolved"))


def _resolved(seen: Stack) -> float | None:
    """Return when a mail said that the alert is over."""
    for one in seen.sinks.mail:
        subject = one.text.splitlines()[0]
        if one.sender != CONTROL_BOT and "[RESOLVED" in subject and ALERT in subject.split():
            return one.at
    return None


def _when(condition: Callable[[], object], what: str) -> float:
    wait_until(condition, seconds=PATIENCE, what=what, pause_seconds=0.25)
    return time.time()


def _at(when: Callable[[], float | None], what: str) -> float:
    wait_until(lambda: when() is not None, seconds=PATIENCE, what=what, pause_seconds=0.25)
    found = when()
    assert found is not None
    return found


def block(record: dict[str, Any]) -> str:
    """Return what the page says."""
    rows = "".join(
        f"| {one['cause']} | {one['what']} | {one['seconds']:.1f} s |\n" for one in record["steps"]
    )
    others = ", ".join(f"`{one}`" for one in record["others"]) or "none"
    return (
        f"Played on {record['day']}. The bot said `{record['bots_line']}` in its log, and ended. "
        f"What else fired until the server was back: {others}. Trades and locks were the same "
        f"afterwards.\n\n{HEAD}{rows}"
    )


def main() -> int:
    """Return 0 when all of it arrived and the page is written, 2 without tools."""
    if ABSENT:
        sys.stderr.write(f"this drill {MISSING}\n")
        return 2
    with TemporaryDirectory(prefix="database-drill-") as name:
        outcome = play(Path(name), say=lambda text: print(text, flush=True))
    record = asdict(outcome)
    print(json.dumps(record, indent=1))
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    page, text = PAGE.read_text(encoding="utf-8"), block(record)
    PAGE.write_text(BLOCK.sub(lambda found: found[1] + text + found[2], page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
