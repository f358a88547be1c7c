"""A halt outlives what it is kept in: a locked database, a lost one, a folder that is deleted.

One real bot in dry-run, started four times on the simulated exchange.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from plimsoll.journal.check import verify
from plimsoll.lab.processes import command
from tests.drills.scene import acted, profile, rearm, scene, status, stays_flat
from tests.support.drill import Drill, DrillPlan

AT_ONCE = {
    "drawdown_reduce_fraction": 0.01,
    "drawdown_halt_fraction": 0.03,
    "live_breach_observations": 1,
}
PLAN = DrillPlan(risk=profile(**AT_ONCE))
PATIENCE = 180


@pytest.mark.freqtrade
@pytest.mark.slow
def test_a_halt_outlives_a_locked_database_a_fresh_one_and_a_deleted_folder(
    tmp_path: Path,
) -> None:
    with scene(tmp_path, PLAN, faulty=True) as bot:
        bot.wait_for_positions(2)
        _trips_while_another_process_locks_the_database(bot)
        _is_halted_after_the_price_has_recovered(bot)
        _is_halted_beside_a_fresh_database(bot, tmp_path)
        _is_halted_when_its_folder_is_deleted_and_a_second_bot_is_refused(bot)


@contextmanager
def _locked(database: Path) -> Iterator[None]:
    """Hold the database's write lock, as a backup does; `OperationalError` where it is taken."""
    other = sqlite3.connect(database, isolation_level=None, timeout=0)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


def _trips_while_another_process_locks_the_database(bot: Drill) -> None:
    """In the very loop: later Freqtrade itself dies on the lock, when it writes a price."""
    bot.venue.set_speed(1)  # a loop each 30 s: the lock comes between two of them
    loops = -1
    while loops != (loops := status(bot).get("loops")):
        time.sleep(1.5)
    with _locked(bot.database):
        bot.move(-0.3, seconds=1)
        time.sleep(1.5)
        bot.venue.set_speed(bot.plan.speed)
        halt = acted(bot, "drawdown", seconds=PATIENCE)
        assert (halt["kind"], halt["mode"]) == ("halt", "HALTED")
        if bot.alive:  # Freqtrade may have died on the lock already
            bot.kill9()
    assert [lock for lock in bot.locks() if "HALTED" in lock["reason"]] == []
    assert len(bot.trades(is_open=True)) == 2


def _is_halted_after_the_price_has_recovered(bot: Drill) -> None:
    bot.move(0.45, seconds=60)
    bot.start()
    bot.until_flat(seconds=PATIENCE)
    bot.wait_until(lambda: status(bot).get("mode") == "HALTED", what="a status")
    assert [lock["pair"] for lock in bot.locks() if "HALTED drawdown" in lock["reason"]] == ["*"]
    assert bot.decisions("rearm") == []
    stays_flat(bot)
    bot.telegram.wait_for("Still halted since before this start")


def _is_halted_beside_a_fresh_database(bot: Drill, folder: Path) -> None:
    bot.kill9()
    bot.database = folder / "elsewhere.sqlite"
    seen = _status(bot)
    assert seen.returncode == 1
    told = json.loads(seen.stdout)
    assert (told["runs"], told["mode"]) == (False, "HALTED")
    assert any("drawdown" in text for text in told["held"])
    bot.start()
    bot.wait_until(
        lambda: [lock for lock in bot.locks() if "HALTED drawdown" in lock["reason"]],
        seconds=PATIENCE,
        what="the lock in the fresh database",
    )
    bot.wait_until(lambda: status(bot).get("loops") == 3, seconds=PATIENCE, what="three loops")
    assert status(bot)["mode"] == "HALTED"
    assert _status(bot).returncode == 1
    assert bot.trades() == []
    assert any("the database is new" in one["message"] for one in bot.decisions("error"))


def _is_halted_when_its_folder_is_deleted_and_a_second_bot_is_refused(bot: Drill) -> None:
    rearm(bot, "the price has recovered")
    bot.wait_for_positions(2, seconds=PATIENCE)
    assert status(bot)["mode"] == "REDUCING"
    assert status(bot)["why"].startswith("probation: ")
    state = bot.userdir / "plimsoll"
    shutil.rmtree(state)
    bot.wait_until(lambda: bot.decisions("halt"), seconds=PATIENCE, what="the halt")
    (halt,) = bot.decisions("halt")
    assert (halt["rule"], halt["mode"]) == ("state", "HALTED")
    assert "plimsoll resume" in halt["reason"]
    bot.until_flat(seconds=PATIENCE)
    bot.telegram.wait_for("was deleted or exchanged under the bot")
    shutil.rmtree(state / "decisions")
    second = _second_bot(bot)
    assert second.returncode != 0 or "plimsoll: expected" in second.stdout + second.stderr
    assert "only bot on the database" in second.stdout + second.stderr
    bot.wait_until(lambda: bot.decisions("start"), seconds=PATIENCE, what="the log begun again")
    assert [one["rule"] for one in bot.decisions("start")[-1]["held"]] == ["state"]
    assert _status(bot).returncode == 1
    bot.kill9()
    assert verify(state / "decisions").fault is None


def _status(bot: Drill) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            *(command("plimsoll"), "status", "--json", "--userdir", str(bot.userdir)),
            *("--db-url", f"sqlite:///{bot.database}"),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def _second_bot(bot: Drill) -> "subprocess.CompletedProcess[str]":
    """Start a bot on the same folder and database, and wait until it gives up."""
    environment: dict[str, Any] = {
        **os.environ,
        **bot.telegram.environment,
        "FREQTRADE__API_SERVER__ENABLED": "false",
        "FREQTRADE__API_SERVER__PASSWORD": bot._password,
        "FREQTRADE__API_SERVER__JWT_SECRET_KEY": bot._jwt_key,
        "FREQTRADE__TELEGRAM__ENABLED": "false",
    }
    environment.pop("PYTEST_VERSION", None)
    return subprocess.run(
        [command("freqtrade"), *bot._arguments()],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=bot.folder,
        env=environment,
    )
