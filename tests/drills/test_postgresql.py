"""A guarded bot whose database is a real PostgreSQL: a crash, a kill, a server that goes, two bots.

Each drill is a real ``freqtrade trade`` in dry-run on the simulated exchange; PostgreSQL runs on
loopback, for as long as the drill.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from plimsoll.control.migrate import migrate
from plimsoll.core import PlimsollError
from plimsoll.lab.processes import command, running
from plimsoll.lab.user_folder import lay_out
from tests.drills.scene import (
    BTC,
    ETH,
    acted,
    force_entry_is_refused,
    pass_time,
    profile,
    rearm,
    scene,
    state,
    status,
    stays_flat,
    tripped,
)
from tests.ports import free_port
from tests.support.drill import Drill, DrillPlan
from tests.support.postgres import PostgresServer, postgres_server

pytestmark = [pytest.mark.freqtrade, pytest.mark.slow]
PATIENCE = 240.0
DRAWDOWN = {"drawdown_reduce_fraction": 0.02, "drawdown_halt_fraction": 0.04}
FALL = -0.5
"""Of 1000 USD in two pairs a loss of more than 4 % of the 9,500 USD that a bot has."""
HELD = DrillPlan(strategy="HeldLong", stake_usd=500, risk=profile(**DRAWDOWN))
REFUSED_SECONDS = 120.0


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of the drill's own, which it may stop."""
    with postgres_server() as one:
        yield one


@contextmanager
def on_server(server: PostgresServer, folder: Path, plan: DrillPlan) -> Iterator[Drill]:
    """Run a bot whose trades are in a new database of the server."""
    folder.mkdir(exist_ok=True)
    with scene(folder, plan, start=False, faulty=True) as bot:
        bot.move_to(server)
        bot.start()
        bot.wait_for_positions(len(plan.pairs), seconds=PATIENCE)
        yield bot


def is_halted(bot: Drill) -> bool:
    return status(bot).get("mode") == "HALTED"


def until_halted(bot: Drill, what: str) -> None:
    bot.wait_until(lambda: is_halted(bot), seconds=PATIENCE, what=what)


def until_rearmed(bot: Drill) -> None:
    rearm(bot)
    bot.wait_until(lambda: not is_halted(bot), seconds=PATIENCE, what="a re-arming")


def refused(bot: Drill) -> str:
    """Try to start a bot; return what its log says of why it ended, which is no traceback."""
    before = bot.log.stat().st_size
    with pytest.raises(PlimsollError, match="freqtrade trade ended"):
        bot.restart()
    told = unwrapped(bot.log, before)
    assert "Traceback" not in told, told
    return told


def unwrapped(log: Path, since: int = 0) -> str:
    """Return a log from a byte on with its wrapped lines in one."""
    return " ".join(log.read_bytes()[since:].decode().split())


def copy_of(server: PostgresServer, name: str) -> str:
    """Copy a database that nobody is connected to; return the copy's name."""
    server.execute(f"CREATE DATABASE {name}_copy TEMPLATE {name}")
    return f"{name}_copy"


def test_a_crash_halts_it_a_restart_keeps_the_halt_and_a_person_ends_it(
    server: PostgresServer, tmp_path: Path
) -> None:
    plan = replace(HELD, strategy="AlwaysLong")
    with on_server(server, tmp_path / "bot", plan) as bot:
        _a_second_bot_on_its_database_is_refused(bot, tmp_path / "second")
        bot.move(FALL, seconds=900)
        tripped(bot, "drawdown", mode="HALTED", closes=2)
        force_entry_is_refused(bot, BTC, "drawdown")
        stays_flat(bot)
        bot.restart()
        until_halted(bot, "the halt of before")
        stays_flat(bot)
        assert any("drawdown" in text for text in status(bot)["held"])
        closed = [row["id"] for row in bot.trades()]
        until_rearmed(bot)
        bot.wait_for_positions(1, seconds=PATIENCE)
        assert [row["id"] for row in bot.trades()][: len(closed)] == closed


def _a_second_bot_on_its_database_is_refused(bot: Drill, folder: Path) -> None:
    """Of another machine, as far as files can tell: it has a state of its own."""
    lay_out(folder / "user_data")
    words = [command("freqtrade"), *bot._arguments(folder / "user_data")]
    apart = {
        **bot.environment(),
        "XDG_STATE_HOME": str(folder / "state"),
        "FREQTRADE__API_SERVER__LISTEN_PORT": str(free_port()),
        "FREQTRADE__TELEGRAM__ENABLED": "false",
    }
    log = folder / "second.log"
    with running(words, log=log, folder=folder, environment=apart) as second:
        assert second.wait(REFUSED_SECONDS) != 0
    told = unwrapped(log)
    assert "plimsoll: expected to be the only bot on the database" in told
    assert f"pid {bot.pid} at 127.0.0.1" in told
    assert "Traceback" not in told
    pass_time(bot, loops=3)
    assert len(bot.trades(is_open=True)) == 2


def test_a_kill_while_closing_a_server_that_is_gone_and_an_older_database(
    server: PostgresServer, tmp_path: Path
) -> None:
    with on_server(server, tmp_path / "bot", HELD) as bot:
        (bot.userdir / "hold").touch()
        bot.move(FALL, seconds=900)
        acted(bot, "drawdown", seconds=PATIENCE)
        bot.wait_until((bot.userdir / "held").exists, seconds=PATIENCE, what="a first close")
        bot.kill9()
        (bot.userdir / "hold").unlink()
        assert bot.trades(is_open=True), "killed before everything was closed"
        old = copy_of(server, bot.on_server)
        server.stop()
        assert "does not answer: connection failed" in refused(bot), "no bot without its database"
        server.start()
        bot.restart()
        tripped(bot, "drawdown", mode="HALTED", closes=2)
        stays_flat(bot, candles=1)
        until_rearmed(bot)
        bot.kill9()
        bot.on_server = old
        bot.start()
        until_halted(bot, "the halt of an old database")
        assert any(" state: " in text for text in status(bot)["held"])


def test_a_server_that_restarts_or_goes_under_a_running_bot_loses_nothing(
    server: PostgresServer, tmp_path: Path
) -> None:
    with on_server(server, tmp_path / "bot", HELD) as bot:
        _goes_on_after_a_restart_between_two_loops(bot, server)
        before = bot.trades()
        server.stop()
        bot.wait_until(lambda: not bot.alive, seconds=PATIENCE, what="an end without a database")
        assert bot.log_lines("plimsoll: the bot's database"), "one line that says so"
        server.start()
        assert bot.trades() == before
        bot.move(FALL, seconds=900)
        bot.restart()
        tripped(bot, "drawdown", mode="HALTED", closes=2)
        assert [row["id"] for row in bot.trades()] == [row["id"] for row in before]


def _goes_on_after_a_restart_between_two_loops(bot: Drill, server: PostgresServer) -> None:
    bot.venue.set_speed(1)
    loops = -1
    while loops != (loops := status(bot).get("loops", 0)):
        time.sleep(1.5)  # a loop each half minute is not missed by that
    server.stop()
    server.start()
    bot.venue.set_speed(bot.plan.speed)
    pass_time(bot, loops=3)
    assert bot.alive
    assert len(bot.trades(is_open=True)) == 2
    assert bot.decisions("halt") == []


def test_two_bots_on_one_server_have_a_latch_each(server: PostgresServer, tmp_path: Path) -> None:
    plan = replace(HELD, strategy="AlwaysLong")
    with (
        on_server(server, tmp_path / "one", plan) as one,
        on_server(server, tmp_path / "other", replace(plan, pairs=(ETH,), seed=8)) as other,
    ):
        assert one.on_server != other.on_server
        one.move(FALL, seconds=900)
        tripped(one, "drawdown", mode="HALTED", closes=2)
        pass_time(other, loops=3)
        assert other.locks() == []
        assert other.decisions("halt") == []
        assert {row["pair"] for row in other.trades(is_open=True)} == {ETH}
        until_rearmed(one)


TERMINATED = "PERFORM pg_terminate_backend(pg_backend_pid());"
FULL = "RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100';"


@pytest.mark.parametrize("act", [TERMINATED, FULL], ids=["connection dropped", "disk full"])
def test_a_halt_that_the_database_cannot_take_holds_all_the_same(
    server: PostgresServer, tmp_path: Path, act: str
) -> None:
    """The server does so in the middle of the write, each time, until it is mended."""
    with on_server(server, tmp_path / "bot", replace(HELD, strategy="AlwaysLong")) as bot:
        before = [row["id"] for row in bot.trades()]
        function = f"$$ BEGIN {act} RETURN NEW; END $$"
        for words in (
            f"CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS {function}",
            "CREATE TRIGGER fails BEFORE INSERT ON pairlocks EXECUTE FUNCTION fails()",
        ):
            server.execute(words, bot.on_server)
        bot.move(FALL, seconds=900)
        halted = acted(bot, "drawdown", seconds=PATIENCE)
        assert halted["mode"] == "HALTED"
        _ends_flat_and_enters_nothing(bot, before)
        assert bot.log_lines("plimsoll: the bot's database"), "one line that says so"
        assert bot.locks() == []
        server.execute("DROP TRIGGER fails ON pairlocks", bot.on_server)
        bot.restart()
        until_halted(bot, "the halt that only the log had")
        _ends_flat_and_enters_nothing(bot, before)
        assert any("drawdown" in lock["reason"] for lock in bot.locks())


def _ends_flat_and_enters_nothing(bot: Drill, before: list[int]) -> None:
    """A bot that ends on the way is started again, as its service would do."""

    def flat() -> bool:
        if not bot.alive:
            bot.start()
        return not bot.trades(is_open=True)

    bot.wait_until(flat, seconds=PATIENCE, what="a flat account")
    stays_flat(bot)
    assert [row["id"] for row in bot.trades()] == before


def test_a_table_that_another_session_has_locked_costs_no_halt(
    server: PostgresServer, tmp_path: Path
) -> None:
    """Questions about locks wait for half a minute of real time and are refused then."""
    with on_server(server, tmp_path / "bot", replace(HELD, strategy="AlwaysLong")) as bot:
        before = [row["id"] for row in bot.trades()]
        with server.session(bot.on_server) as other:
            other.exec_driver_sql("LOCK TABLE pairlocks IN ACCESS EXCLUSIVE MODE")
            bot.move(FALL, seconds=900)
            bot.wait_until(
                lambda: bot.log_lines("plimsoll: the bot's database"),
                seconds=PATIENCE,
                what="one line that says so",
            )
            assert "current transaction is aborted" not in unwrapped(bot.log)
            assert [row["id"] for row in bot.trades()] == before
        if not bot.alive:  # Freqtrade asks about locks as well
            bot.start()
        acted(bot, "drawdown", seconds=PATIENCE)
        _ends_flat_and_enters_nothing(bot, before)
        until_halted(bot, "a halt")


def test_a_bot_without_its_rights_does_not_start_and_says_why_in_a_line(
    server: PostgresServer, tmp_path: Path
) -> None:
    with on_server(server, tmp_path, replace(HELD, pairs=(BTC,))) as bot:
        bot.kill9()
        before = bot.trades()
        server.add_role("bot", "right")
        bot.login = {"user": "bot", "password": "wrong"}
        assert 'authentication failed for user "bot"' in refused(bot)
        bot.login = {"user": "bot", "password": "right"}
        server.execute("GRANT pg_read_all_data TO bot")
        assert ": no right to KeyValueStore" in refused(bot)
        server.execute("GRANT pg_write_all_data TO bot")
        server.execute("ALTER ROLE bot SET default_transaction_read_only = on")
        assert ": it is read-only for this role" in refused(bot)
        server.execute("ALTER ROLE bot CONNECTION LIMIT 0")
        assert "too many connections" in refused(bot)
        bot.login = {}
        assert bot.trades() == before


def test_a_bot_that_is_moved_there_and_back_is_halted_all_the_way(
    server: PostgresServer, tmp_path: Path
) -> None:
    with scene(tmp_path, DrillPlan(risk=profile()), faulty=True) as bot:
        bot.wait_for_positions(2, seconds=PATIENCE)
        state(bot).set_halt("moving")
        until_halted(bot, "a halt")
        bot.until_flat(seconds=PATIENCE)
        state(bot).clear_halt()
        with pytest.raises(PlimsollError, match="only bot on the database"):
            migrate(bot.db_url, server.url(driver="psycopg"))
        bot.kill9()
        before, source = bot.trades(), bot.db_url
        bot.move_to(server)
        migrate(source, bot.db_url)
        assert [row["close_profit_abs"] for row in bot.trades()] == [
            row["close_profit_abs"] for row in before
        ]
        bot.start()
        until_halted(bot, "the halt on the server")
        stays_flat(bot, candles=1)
        assert not any(" state: " in text for text in status(bot)["held"])
        bot.kill9()
        source, bot.server = bot.db_url, None
        bot.database = bot.folder / "back.sqlite"
        migrate(source, bot.db_url)
        bot.start()
        until_halted(bot, "the halt in the file")
