"""A bot is killed at the turn of the day, while it stores its levels."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from freqtrade.persistence.usedb_context import enable_database_use

from plimsoll.bridge.account.levels import LiveLevels
from plimsoll.risk import RiskProfile
from tests.unit.bridge.trades import database_trades

MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
LOOP = timedelta(seconds=5)
OLD, NEW = (1100.0, 1100.0), (1200.0, 1100.0)
KILLED = 9

BOT = """
import os, sys
from datetime import datetime, timedelta
from freqtrade.persistence import init_db
from sqlalchemy import event
from sqlalchemy.engine import Engine
from plimsoll.bridge.account.levels import LiveLevels
from plimsoll.risk import RiskProfile

database, midnight, dies_at = sys.argv[1], datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])
init_db(f"sqlite:///{database}")
levels = LiveLevels(RiskProfile(), rearmed_at=None)
commits = 0

def mark(loops, equity, begins=False):
    now = midnight + loops * timedelta(seconds=5)
    if begins:
        levels.begin(now, starting_balance_usd=1000.0, outside_usd=0.0, closed=())
    changed = levels.observe(now, equity) or begins
    levels.store(now, starting_balance_usd=1000.0, changed=changed)

for loops, equity in enumerate((1000.0, 1000.0, 1100.0, 1100.0), start=-4):
    mark(loops, equity, begins=loops == -4)

@event.listens_for(Engine, "commit")
def die(connection):
    global commits
    commits += 1
    if commits == dies_at:
        os._exit(9)

mark(0, 1200.0)
os._exit(0)
"""


def turn_of_the_day(database: Path, dies_at: int) -> int:
    """Let a bot store the levels of a new day and die at one of its commits."""
    command = [sys.executable, "-c", BOT, str(database), MIDNIGHT.isoformat(), str(dies_at)]
    return subprocess.run(command, check=False, timeout=120).returncode


def seen_by_the_next(database: Path) -> tuple[float | None, float | None]:
    """What a bot that starts then measures losses from: the day's start and the high."""
    levels = LiveLevels(RiskProfile(), rearmed_at=None)
    with database_trades(database):
        enable_database_use()
        asked = {"starting_balance_usd": 1000.0, "outside_usd": 0.0, "closed": ()}
        assert levels.begin(MIDNIGHT + 2 * LOOP, **asked) is None
        enable_database_use()
    assert levels.standing(None).peak_usd == 1100.0, "no kill lowers the highest equity"
    return levels.day_start_usd, levels.high_water_usd


def test_a_kill_at_any_commit_leaves_all_of_the_old_levels_or_of_the_new(tmp_path: Path) -> None:
    """Between two of five commits yesterday's start became that of today, which was lower."""
    left = []
    for dies_at in range(1, 12):
        database = tmp_path / f"{dies_at}.sqlite"
        code = turn_of_the_day(database, dies_at)
        left.append(seen_by_the_next(database))
        if code != KILLED:
            break
    assert code == 0, "one of the bots lived to the end"
    assert left == [OLD, NEW, NEW], "the third commit is that of the highest equity"
