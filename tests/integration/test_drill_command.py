"""``plimsoll drill`` as a user runs it, on a strategy that knows nothing of Plimsoll."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest

from plimsoll.lab.processes import child_environment, command
from tests.integration.test_demo import plimsoll_processes
from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.freqtrade

STRATEGY = """
import talib.abstract as ta
from freqtrade.strategy import IStrategy


class Stranger(IStrategy):
    timeframe = "5m"
    startup_candle_count = 30
    minimal_roi = {"0": 0.5}
    stoploss = -0.25

    def populate_indicators(self, dataframe, metadata):
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    """A user folder that holds a strategy of a stranger's and nothing else."""
    folder = tmp_path / "mine"
    (folder / "strategies").mkdir(parents=True)
    (folder / "strategies" / "Stranger.py").write_text(STRATEGY, encoding="utf-8")
    return folder


def drill(*words: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [command("plimsoll"), "drill", *words, "--out", str(folder / "drills"), "--json"],
        capture_output=True,
        text=True,
        env={**child_environment(), **environment},
        cwd=folder,
    )


@pytest.mark.timeout(600)
def test_a_strangers_strategy_is_closed_halted_told_and_rearmed_and_nothing_is_left(
    tmp_path: Path, userdir: Path
) -> None:
    before = sorted(userdir.rglob("*"))
    secrets = {"FREQTRADE__TELEGRAM__TOKEN": "1:a", "FREQTRADE__DRY_RUN": "false"}
    done = drill("Stranger", "--userdir", str(userdir), folder=tmp_path, **secrets)
    assert done.returncode == 0, done.stderr + done.stdout
    record = json.loads(done.stdout)
    assert record["held_by"].startswith("drawdown: ")
    assert record["rearmed"] is True
    assert 0 < record["held_after_seconds"] <= record["flat_after_seconds"]
    assert set(record["exits"]) == {"plimsoll_drawdown"}
    assert 8_000 < record["equity_usd"]["enforce"] < 9_300
    subjects = [step["text"].partition(":")[0] for step in record["steps"]]
    assert subjects[-8:] == ["held", "flat", "denied", "told", "status", "resume", "status", "end"]
    assert [file for file in sorted(userdir.rglob("*")) if "__pycache__" not in str(file)] == before
    assert plimsoll_processes(tmp_path) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_bots_beside_each_other_show_what_the_guards_kept(
    tmp_path: Path, userdir: Path
) -> None:
    done = drill("Stranger", "--userdir", str(userdir), "--compare", folder=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    record = json.loads(done.stdout)
    on, off = (record["equity_usd"][mode] for mode in ("enforce", "observe"))
    assert on - off > 500
    assert ElementTree.parse(record["picture"]).getroot().tag.endswith("svg")
    assert plimsoll_processes(tmp_path) == []


@pytest.mark.timeout(300)
def test_a_strategy_that_is_not_there_is_refused_before_the_exchange_starts(
    tmp_path: Path, userdir: Path
) -> None:
    done = drill("Nobody", "--userdir", str(userdir), folder=tmp_path)
    assert done.returncode == 2
    assert "Nobody" in done.stderr
    assert done.stderr.rstrip().endswith(f"in a file of {userdir / 'strategies'}, found none")
    assert "exchange" not in done.stdout
    assert done.stderr.count("\n") == 1
    assert plimsoll_processes(tmp_path) == []


PASSWORD = "drill-horse-battery"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_on_a_postgresql_of_ones_own_and_its_password_is_nowhere(
    tmp_path: Path, userdir: Path, postgres: PostgresServer
) -> None:
    name = postgres.new_database()
    postgres.add_role("driller", PASSWORD)
    postgres.execute(f"ALTER DATABASE {name} OWNER TO driller")
    url = postgres.url(name, driver="psycopg", user="driller")
    words = ("Stranger", "--userdir", str(userdir), "--db-url", url)
    secret = {"PGPASSWORD": PASSWORD}
    with shown_arguments() as seen:
        done = drill(*words, folder=tmp_path, **secret)
    assert done.returncode == 0, done.stderr + done.stdout
    record = json.loads(done.stdout)
    assert record["rearmed"] is True
    assert any(url in step["text"] for step in record["steps"])
    assert not list(tmp_path.rglob("*.sqlite"))
    assert any(url in line for line in seen), "its bot was seen"
    assert not any(PASSWORD in line for line in seen)
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert not [file for file in written if PASSWORD.encode() in file.read_bytes()]
    again = drill(*words, folder=tmp_path, **secret)
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1
    assert "to be empty, found" in again.stderr
    assert " rows in trades" in again.stderr


@contextmanager
def shown_arguments() -> Iterator[set[str]]:
    """Collect the arguments of every process for the length of the block, as ``ps`` shows them."""
    seen: set[str] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.2):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    seen.add(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()
