"""A halt that was announced stands: a locked database, a fresh one, a folder that is deleted."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.processes import command, running, wait_until
from tests.drills.evidence import Broke, EvidenceFolder
from tests.drills.exchange_side import LIVE, flat_there, last_words, plimsoll, seen
from tests.drills.scene import moment, pass_time, profile, scene, state, status
from tests.support.drill import MARKET_ORDERS, OPTIONAL_PROFILES, Drill, DrillPlan

pytestmark = pytest.mark.freqtrade
MODES = pytest.mark.parametrize("live", [False, True], ids=["dry-run", "live"])
LOCKED_SECONDS = 40.0
"""SQLite waits 5 s for another's lock, and a loop may write several times."""


@contextmanager
def bot_with_positions(tmp_path: Path, *, live: bool) -> Iterator[Drill]:
    """Run a bot until it holds two positions."""
    overlay = {"order_types": {**MARKET_ORDERS, "stoploss_on_exchange": live}}
    with scene(tmp_path, DrillPlan(live=live, overlay=overlay, risk=profile()), faulty=True) as bot:
        bot.wait_for_positions(2)
        yield bot


@contextmanager
def write_lock(bot: Drill) -> Iterator[None]:
    """Hold the database's write lock, as a backup job does."""
    with closing(sqlite3.connect(bot.database, isolation_level=None, timeout=60)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


def between_two_loops(bot: Drill) -> None:
    """Return when a loop has ended and the next one, with the guards first, is seconds away.

    Freqtrade itself ends when it cannot commit; this is about the guards' own write.
    """
    bot.venue.set_speed(5)
    loops = status(bot)["loops"]
    bot.wait_until(lambda: status(bot)["loops"] > loops, what="the end of a loop")
    time.sleep(2)


def restarted(bot: Drill) -> str:
    """Start the bot again; return why it did not start, empty when it did."""
    try:
        bot.restart()
    except PlimsollError as error:
        return str(error)
    return ""


def _run(live: bool) -> str:
    return "live" if live else "dry-run"


@pytest.mark.slow
@MODES
def test_a_halt_while_another_process_holds_the_write_lock(
    tmp_path: Path, live: bool, save: EvidenceFolder
) -> None:
    with bot_with_positions(tmp_path, live=live) as bot:
        between_two_loops(bot)
        with write_lock(bot):
            began, deadline = bot.now(), time.monotonic() + LOCKED_SECONDS
            state(bot).set_halt("drill")
            bot.wait_until(
                lambda: bot.decisions("halt") or not bot.alive, what="the record of a halt"
            )
            while time.monotonic() < deadline and bot.alive:
                time.sleep(0.2)
            recorded = bool(bot.decisions("halt"))
            state(bot).clear_halt()
        bot.venue.set_speed(bot.plan.speed)
        freed = bot.now()
        bot.wait_until(
            lambda: not bot.alive or moment(status(bot)["as_of"]) > freed, what="a loop or an end"
        )
        survived = bot.alive
        refused = "" if survived else restarted(bot)
        took = flat_there(bot, since=began, seconds=30)
        pass_time(bot, loops=6)
        what: dict[str, Any] = {
            "recorded": recorded,
            "survived": survived,
            "refused": refused,
            "flat_seconds": took,
            "rearmed": len(bot.decisions("rearm")),
            **seen(bot),
        }
        locks = [lock for lock in bot.locks() if lock["reason"].startswith("plimsoll HALTED")]
    broke = Broke(
        case=2,
        key=f"2-{_run(live)}",
        name="another process holds the database's write lock while a guard halts",
        run=_run(live),
        after=f"recorded, closed, {what['mode']} after the lock and a restart"
        if not survived
        else f"recorded, closed, {what['mode']}; the bot outlived the lock",
        flat_seconds=took,
        observed=what,
    )
    save(broke.key, broke)
    assert recorded, what
    assert what["mode"] == "HALTED", what
    assert took is not None, what
    assert len(locks) == 1
    assert what["rearmed"] == 0


@pytest.mark.slow  # tests/property/test_latch.py loses a database in every order, without the bot
@pytest.mark.parametrize("live", [False, True], ids=["dry-run", "live"])
def test_a_fresh_database_beside_a_halt(tmp_path: Path, live: bool, save: EvidenceFolder) -> None:
    with bot_with_positions(tmp_path, live=live) as bot:
        state(bot).set_halt("drill")
        bot.wait_until(lambda: status(bot)["mode"] == "HALTED", what="a halt")
        assert flat_there(bot, since=bot.now()) is not None
        state(bot).clear_halt()
        bot.kill9()
        bot.database = bot.folder / "another.sqlite"
        refused = restarted(bot)
        pass_time(bot, loops=12)
        said = plimsoll(bot, "status")
        what = {"refused": refused, "status": said.status, "said": said.text, **seen(bot)}
        locks = [lock for lock in bot.locks() if lock["reason"].startswith("plimsoll HALTED")]
    broke = Broke(
        case=4,
        key=f"4-{_run(live)}",
        name="the database is gone, or another folder's: the halt stands in the log alone",
        run=_run(live),
        after=f"{what['mode']}, nothing entered; `plimsoll status` ends with {said.status}",
        observed=what,
    )
    save(broke.key, broke)
    assert what["mode"] == "HALTED", what
    assert what["database"] == "nothing", what
    assert said.status == 1, what
    assert locks


@pytest.mark.slow
@MODES
def test_the_state_folder_is_deleted_under_a_running_bot(
    tmp_path: Path, live: bool, save: EvidenceFolder
) -> None:
    with bot_with_positions(tmp_path, live=live) as bot:
        began = bot.now()
        shutil.rmtree(bot.userdir / "plimsoll")
        took = flat_there(bot, since=began, seconds=20)
        pass_time(bot, loops=3)
        second = _second_bot(bot)
        said = plimsoll(bot, "status")
        what = {
            "flat_seconds": took,
            "second_bot": second,
            "status": said.status,
            "said": said.text,
            "kinds": sorted({one["kind"] for one in bot.decisions()}),
            **seen(bot),
        }
    broke = Broke(
        case=5,
        key=f"5-{_run(live)}",
        name="the state folder is deleted under a running bot",
        run=_run(live),
        after=f"{what['mode']}, closed; a second bot: {second}",
        flat_seconds=took,
        observed=what,
    )
    save(broke.key, broke)
    assert what["mode"] == "HALTED", what
    assert took is not None, what
    assert second != "runs", what
    assert "HALTED" in said.text


def _second_bot(bot: Drill) -> str:
    """Start another bot on the same folder and database; return why it ended, or that it runs."""
    log = bot.folder / "second.log"
    words, layers = [command("freqtrade")], iter(bot._arguments())
    for word in layers:
        if word != "-c":
            words.append(word)
        elif Path(layer := next(layers)).name not in OPTIONAL_PROFILES:
            words += [word, layer]
    bot.venue.set_speed(1)
    try:
        with running(words, log=log, folder=bot.folder, environment=LIVE) as child:
            wait_until(
                lambda: child.poll() is not None or _runs(log), seconds=60, what="an end or a loop"
            )
            if child.poll() is None:
                return "runs"
    finally:
        bot.venue.set_speed(bot.plan.speed)
    return f"refused: {last_words(bot, log)}"


def _runs(log: Path) -> bool:
    return log.exists() and "Bot heartbeat" in log.read_text()
