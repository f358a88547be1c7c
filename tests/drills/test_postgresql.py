"""A guarded bot whose database is a real PostgreSQL: restarted, gone, moved, old, killed."""

from pathlib import Path

import pytest

from plimsoll.control.migrate import migrate
from plimsoll.core import PlimsollError
from tests.drills.scene import (
    acted,
    pass_time,
    profile,
    rearm,
    scene,
    state,
    status,
    stays_flat,
    tripped,
)
from tests.support.drill import Drill, DrillPlan
from tests.support.postgres import PostgresServer, postgres_server

pytestmark = [pytest.mark.freqtrade, pytest.mark.slow]
PATIENCE = 240.0
DRAWDOWN = {"drawdown_reduce_fraction": 0.02, "drawdown_halt_fraction": 0.04}


def is_halted(bot: Drill) -> bool:
    return status(bot).get("mode") == "HALTED"


def refused(bot: Drill) -> str:
    try:
        bot.restart()
    except PlimsollError as error:
        return str(error)
    return ""


def copy_of(server: PostgresServer, name: str) -> str:
    """Copy a database that nobody is connected to; return the copy's name."""
    server.execute(f"CREATE DATABASE {name}_copy TEMPLATE {name}")
    return f"{name}_copy"


def test_a_crash_a_kill_while_closing_a_server_that_restarts_is_gone_and_another_one(
    tmp_path: Path,
) -> None:
    plan = DrillPlan(strategy="HeldLong", stake_usd=500, risk=profile(**DRAWDOWN))
    with postgres_server() as server, scene(tmp_path, plan, start=False, faulty=True) as bot:
        bot.move_to(server)
        bot.start()
        bot.wait_for_positions(2, seconds=PATIENCE)
        _goes_on_after_a_restart_of_the_server(bot, server)
        _a_second_bot_on_the_database_is_refused(bot, tmp_path)
        (bot.userdir / "hold").touch()
        bot.move(-0.3, seconds=900)
        acted(bot, "drawdown", seconds=PATIENCE)
        bot.wait_until((bot.userdir / "held").exists, seconds=PATIENCE, what="a first close")
        bot.kill9()
        (bot.userdir / "hold").unlink()
        old = copy_of(server, bot.on_server)
        server.stop()
        assert refused(bot), "no bot without its database"
        server.start()
        bot.restart()
        tripped(bot, "drawdown", mode="HALTED", closes=2)
        stays_flat(bot, candles=1)
        _an_older_database_is_halted(bot, old)


def _goes_on_after_a_restart_of_the_server(bot: Drill, server: PostgresServer) -> None:
    """Between two loops it is not noticed; in the middle Freqtrade ends, and is started again."""
    bot.venue.set_speed(1)
    loops = -1
    while loops != (loops := status(bot).get("loops", 0)):
        pass_a_while()
    server.stop()
    server.start()
    bot.venue.set_speed(bot.plan.speed)
    pass_time(bot, loops=3)
    assert bot.alive
    assert len(bot.trades(is_open=True)) == 2
    assert bot.decisions("halt") == []


def _a_second_bot_on_the_database_is_refused(bot: Drill, folder: Path) -> None:
    """Of another machine, as far as files can tell."""
    from plimsoll.bridge.state.database_claim import DatabaseClaim

    with pytest.raises(PlimsollError, match="only bot on the database"):
        DatabaseClaim(bot.db_url, "second").require()


def _an_older_database_is_halted(bot: Drill, old: str) -> None:
    rearm(bot)
    bot.wait_until(lambda: not is_halted(bot), seconds=PATIENCE, what="a re-arming")
    bot.kill9()
    bot.on_server = old
    bot.start()
    bot.wait_until(lambda: is_halted(bot), seconds=PATIENCE, what="the halt of an old database")
    assert any(" state: " in text for text in status(bot)["held"])


def test_a_bot_that_is_moved_there_and_back_is_halted_all_the_way(tmp_path: Path) -> None:
    with (
        postgres_server() as server,
        scene(tmp_path, DrillPlan(risk=profile()), faulty=True) as bot,
    ):
        bot.wait_for_positions(2, seconds=PATIENCE)
        state(bot).set_halt("moving")
        bot.wait_until(lambda: is_halted(bot), seconds=PATIENCE, what="a halt")
        bot.until_flat(seconds=PATIENCE)
        state(bot).clear_halt()
        with pytest.raises(PlimsollError, match="only bot on the database"):
            migrate(bot.db_url, server.url(driver="psycopg"))
        bot.kill9()
        before = bot.trades()
        source = bot.db_url
        bot.move_to(server)
        migrate(source, bot.db_url)
        assert [row["close_profit_abs"] for row in bot.trades()] == [
            row["close_profit_abs"] for row in before
        ]
        bot.start()
        bot.wait_until(lambda: is_halted(bot), seconds=PATIENCE, what="the halt on the server")
        stays_flat(bot, candles=1)
        assert not any(" state: " in text for text in status(bot)["held"])
        bot.kill9()
        source, bot.server = bot.db_url, None
        bot.database = bot.folder / "back.sqlite"
        migrate(source, bot.db_url)
        bot.start()
        bot.wait_until(lambda: is_halted(bot), seconds=PATIENCE, what="the halt in the file")


def pass_a_while() -> None:
    """Wait for a second and a half of real time: a loop each half minute is not missed by that."""
    import time

    time.sleep(1.5)
