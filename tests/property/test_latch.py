"""The latch is never looser than the truth, whatever is lost and wherever the bot is killed.

Real log, real SQLite, real supervisor. A kill is an exception after the n-th write of the process:
what was written until then is on the disk, and nothing else.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import time_machine
from freqtrade.persistence import PairLocks, Trade, init_db
from freqtrade.persistence.usedb_context import enable_database_use
from freqtrade.rpc.rpc import RPC
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.bridge.state import locks, recorder
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.bridge.state.latch import Latch
from plimsoll.bridge.state.stamp import RENEWED_EVERY
from plimsoll.core import Mode, Verdict
from plimsoll.journal.files import records_backwards
from plimsoll.journal.latch_record import STATE
from plimsoll.journal.log import DecisionLog
from plimsoll.risk import RiskProfile
from tests.unit.bridge.guarding.test_supervisor import NOW, Accounted

RULES = ("drawdown", "manual_halt")
BOT_OPS = ("trip", "flatten", "resume", "unlock", "strategy_unlocks", "loop", "renew")
LOSSES = ("lose_database", "restore_database", "lose_folder", "restore_folder", "none")


class Killed(BaseException):
    """The process has ended."""


@dataclass
class World:
    """A bot's disk, and what a person who has seen everything knows of its halts."""

    root: Path
    live: bool
    now: datetime = NOW
    truth: set[str] = field(default_factory=set)
    writes_left: int | None = None
    copy_after: int | None = None
    stamps_at_copy: int | None = None
    latch: Latch | None = None
    told: list[str] = field(default_factory=list)
    touched_folder: bool = False
    began: bool = False

    @property
    def database(self) -> Path:
        return self.root / "bot.sqlite"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.database}"

    @property
    def folder(self) -> StateFolder:
        return StateFolder(self.root / "user_data" / "plimsoll")

    @property
    def config(self) -> dict[str, Any]:
        return {
            "exchange": {"name": "binance", "key": "a-key"},
            "dry_run": not self.live,
            "user_data_dir": self.root / "user_data",
            "db_url": self.url,
        }

    @property
    def backup(self) -> Path:
        return self.root / "nightly.sqlite"

    @property
    def stamps(self) -> int:
        return sum(one["kind"] in ("start", "stamp") for one in self.records())

    def back_up(self) -> None:
        self.keep_database(self.backup)
        self.stamps_at_copy = self.stamps

    def keep_database(self, file: Path) -> None:
        copied(self.database, file)

    def put_database_back(self, file: Path) -> None:
        copied(file, self.database)

    def lose_database(self) -> None:
        self.database.unlink(missing_ok=True)

    def wrote(self) -> None:
        if self.copy_after is not None:
            self.copy_after -= 1
            if self.copy_after < 0:
                self.copy_after = None
                self.back_up()
        if self.writes_left is not None:
            self.writes_left -= 1
            if self.writes_left < 0:
                raise Killed

    def durable(self) -> set[str]:
        """Rules that are halted in either place."""
        held = {record["rule"] for record in self.records() if record["kind"] == "halt"}
        return held | {rule for rule, _ in locks.held_verdicts(self.now)}

    def records(self) -> list[dict[str, Any]]:
        return list(records_backwards(self.folder.decisions))


def copied(source: Path, target: Path) -> None:
    """Copy a database as SQLite does, whatever is in its write-ahead log."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def process(world: World, kill_after: int | None, live: Callable[[Supervisor], None]) -> None:
    """Start the bot on the world's disk and let it live; when it is killed, it is gone."""
    init_db(world.url)
    enable_database_use()
    PairLocks.timeframe = "5m"
    world.writes_left = kill_after
    engine = Trade.session.get_bind()
    patch = pytest.MonkeyPatch()
    append = DecisionLog.append

    def counted(self: DecisionLog, *arguments: Any, **fields: Any) -> Any:
        world.wrote()
        return append(self, *arguments, **fields)

    patch.setattr(DecisionLog, "append", counted)
    event.listen(engine, "commit", lambda _: world.wrote())
    try:
        latch = world.latch = Latch(world.folder, world.config, PlimsollSettings())
        beginning = latch.begin(world.now)
        supervisor = Supervisor(
            Accounted(),
            RiskProfile(),
            observations=1,
            record=latch.recorder,
            tell=world.told.append,
            persistent=True,
        )
        supervisor.begin(world.now, beginning.held, new=beginning.new)
        live(supervisor)
    except Killed:
        pass
    finally:
        world.writes_left = None
        patch.undo()
        Trade.session.rollback()
        Trade.session.remove()
        engine.dispose()
        log = recorder._open.pop(world.folder.decisions, None)
        if log is not None:
            log.close()


def act(world: World, bot: Supervisor, op: str, rule: str) -> None:
    """Let one thing happen, and note what a person knows afterwards, also when it is killed."""
    seq = max((one["seq"] for one in world.records()), default=0)
    held_before = {rule for rule, _ in bot.held}
    try:
        if op == "trip":
            bot.hold(Verdict(Mode.HALTED, rule, "it fell"), world.now)
        elif op == "flatten":
            until = world.now + timedelta(hours=1)
            bot.hold(Verdict(Mode.FLATTEN, "daily_loss", "lost", until), world.now)
        elif op == "resume":
            bot.resume(world.now, reason="seen", by="anna")
        elif op == "unlock":
            for lock in PairLocks.get_pair_locks("*", world.now):
                RPC._rpc_delete_lock(object.__new__(RPC), lockid=lock.id)
            bot._notice_unlocked(world.now)
        elif op == "strategy_unlocks":
            PairLocks.unlock_pair("*", world.now)
            bot._notice_unlocked(world.now)
        elif op == "renew":
            assert world.latch is not None
            world.latch.filled()
            world.latch.renew(world.now)
        else:
            bot._notice_unlocked(world.now)
    finally:
        world.writes_left = None
        Trade.session.rollback()
        rearmed = [one for one in world.records() if one["seq"] > seq and one["kind"] == "rearm"]
        for record in rearmed:
            world.truth -= set(record["rules"])
        if op == "trip" and rule in world.durable() and rule not in held_before:
            world.truth.add(rule)


def lose(world: World, loss: str, backup: Path) -> None:
    if loss == "lose_database":
        world.lose_database()
    elif loss == "restore_database" and (backup / "bot.sqlite").exists():
        world.put_database_back(backup / "bot.sqlite")
    elif loss == "lose_folder":
        shutil.rmtree(world.folder.path, ignore_errors=True)
        world.touched_folder = True
    elif loss == "restore_folder" and (backup / "plimsoll").exists():
        shutil.rmtree(world.folder.path, ignore_errors=True)
        shutil.copytree(backup / "plimsoll", world.folder.path)
        world.touched_folder = True


LIFE = st.tuples(
    st.lists(st.tuples(st.sampled_from(BOT_OPS), st.sampled_from(RULES)), max_size=4),
    st.one_of(st.none(), st.integers(0, 12)),
    st.sampled_from(LOSSES),
    st.booleans(),
)


@settings(max_examples=20)
@given(st.booleans(), st.lists(LIFE, min_size=2, max_size=5))
def test_what_was_halted_is_halted_after_any_start(live: bool, lives: list[Any]) -> None:
    lives_on(lives, live=live)


def lives_on(lives: list[Any], *, live: bool, world_in: Callable[..., World] = World) -> None:
    """Let a bot live, die and lose one place after another; its latch is never looser."""
    with TemporaryDirectory() as place, time_machine.travel(NOW, tick=False) as clock:
        patch = pytest.MonkeyPatch()
        patch.setenv("XDG_STATE_HOME", f"{place}/registry")
        world, backup = world_in(Path(place), live), Path(place) / "backup"
        try:
            for ops, kill_after, loss, backs_up in lives:

                def live_on(bot: Supervisor, ops: Any = ops) -> None:
                    keeps_the_latch(world, bot)
                    for op, rule in ops:
                        act(world, bot, op, rule)
                        world.now += timedelta(seconds=5)
                        clock.move_to(world.now)

                process(world, kill_after, live_on)
                if backs_up and world.folder.path.exists():
                    backup.mkdir(exist_ok=True)
                    shutil.rmtree(backup / "plimsoll", ignore_errors=True)
                    world.keep_database(backup / "bot.sqlite")
                    shutil.copytree(world.folder.path, backup / "plimsoll")
                if world.began:  # what loses both places, nobody on this disk can know
                    lose(world, loss, backup)
                world.began = False
                world.now += timedelta(minutes=7)
                clock.move_to(world.now)
            process(world, None, lambda bot: keeps_the_latch(world, bot))
        finally:
            patch.undo()


def keeps_the_latch(world: World, bot: Supervisor) -> None:
    """Assert that whatever is halted in truth is halted, if need be by the state itself."""
    held = {rule for (rule, _), verdict in bot.held.items() if verdict.mode is Mode.HALTED}
    if world.truth:
        assert bot.mode is Mode.HALTED, (world.truth, held)
    if not world.touched_folder:
        assert world.truth <= held, "the log had it, whatever became of the database"
    if STATE in held:  # a person will look: what is lost with a folder cannot be named
        world.truth = {STATE}
    world.touched_folder, world.began = False, True


STEPS = st.lists(st.sampled_from(["loop", "fill", "hour"]), max_size=4)
RUN = st.tuples(
    STEPS, st.one_of(st.none(), st.integers(0, 14)), st.one_of(st.none(), st.integers(0, 14))
)


@settings(max_examples=15)
@given(st.booleans(), st.lists(RUN, min_size=1, max_size=3), STEPS)
def test_a_kill_halts_nobody_and_a_backup_of_before_the_newest_stamp_does(
    live: bool, runs: list[Any], last: list[str]
) -> None:
    puts_back_a_copy(runs, last, live=live)


@pytest.mark.parametrize("write", range(12))
def test_the_same_before_each_write_of_a_start_and_two_fills(write: int) -> None:
    fills = ["fill", "fill"]
    puts_back_a_copy([(fills, write, None)], [], live=True)
    puts_back_a_copy([(fills, None, write)], ["fill"], live=True)


def puts_back_a_copy(
    runs: list[Any], last: list[str], *, live: bool, world_in: Callable[..., World] = World
) -> None:
    """Kill before any write, copy before any write, and put the copy back at the end."""
    with TemporaryDirectory() as place, time_machine.travel(NOW, tick=False) as clock:
        patch = pytest.MonkeyPatch()
        patch.setenv("XDG_STATE_HOME", f"{place}/registry")
        world = world_in(Path(place), live)

        def steps(names: list[str]) -> Callable[[Supervisor], None]:
            def live_on(bot: Supervisor) -> None:
                assert not bot.held, "nothing was put back"
                for name in names:
                    step(world, name)
                    clock.move_to(world.now)

            return live_on

        try:
            for names, kill_after, copy_after in [*runs, (last, None, None)]:
                world.copy_after = copy_after
                process(world, kill_after, steps(names))
            if not world.stamps_at_copy:  # none, or of a database that was new: paper may lose it
                return
            newer = world.stamps - world.stamps_at_copy
            world.put_database_back(world.backup)
            held: list[set[str]] = []

            def look(bot: Supervisor) -> None:
                held.append({rule for rule, _ in bot.held})
                bot.resume(world.now, reason="seen", by="anna")

            process(world, None, look)
            process(world, None, look)
            if newer != 1:  # a copy from between the writes of one stamp may have that one
                assert held[0] == ({STATE} if newer else set())
            assert held[1] == set()
        finally:
            patch.undo()


def step(world: World, name: str) -> None:
    """Let a running bot loop: at once, after a fill, or an hour later."""
    assert world.latch is not None
    before = world.stamps
    world.now += RENEWED_EVERY if name == "hour" else timedelta(seconds=5)
    if name == "fill":
        world.latch.filled()
    world.latch.renew(world.now)
    assert world.stamps - before == (name != "loop")
