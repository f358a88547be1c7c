"""The real bot on a stepped clock: the same twice, cut off and gone on, in both modes.

What takes minutes is marked slow: ``make replay`` runs it.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.lab.replay import run_replay
from plimsoll.lab.replay_plan import ReplayPlan, ReplayRecord
from tests.conftest import REAL_DATA, ROOT

pytestmark = pytest.mark.freqtrade

BEGIN = datetime(2025, 4, 7, tzinfo=UTC)
STRATEGIES = ROOT / "tests/support/strategies"
FOREIGN = ROOT / "tests/foreign/strategies"
PATIENCE_SECONDS = 900.0
FIXED: dict[str, Any] = {
    "stake_amount": 500,
    "max_open_trades": 2,
    # Guards that deny would leave little to compare.
    "plimsoll": {"risk": {"max_correlation": 1, "max_consecutive_losses": 20}},
}
PLAN = ReplayPlan(
    "ReplayedPulse",
    BEGIN,
    BEGIN + timedelta(days=1),
    strategy_path=STRATEGIES,
    market="synthetic",
    overlay=FIXED,
)
TWO_DAYS = replace(
    PLAN, end=BEGIN + timedelta(days=2), segment_days=1, timeframe="1h", pairs=("BTC/USDT:USDT",)
)


def rows(record: ReplayRecord, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(record.database)) as connection:
        return connection.execute(query).fetchall()


def errors(record: ReplayRecord) -> list[str]:
    lines = (record.folder / "bot.log").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if " ERROR - " in line or "Traceback" in line]


def books(record: ReplayRecord) -> dict[str, Any]:
    return dict(json.loads((record.folder / "venue-books.json").read_text(encoding="utf-8")))


@pytest.mark.slow
def test_a_day_in_live_mode_leaves_trades_with_stops_fills_and_books(tmp_path: Path) -> None:
    record = run_replay(replace(PLAN, mode="live", timeframe="15m"), tmp_path / "run")
    assert errors(record) == []
    assert list((record.folder / "user_data/registry").rglob("*.json")) != [], "of its own"
    assert "no loop for" not in (record.folder / "bot.log").read_text(encoding="utf-8")
    assert record.trades >= 3
    assert record.fills >= 2 * (record.trades - 2)
    spans = rows(record, "SELECT open_date, close_date FROM trades")
    assert all(one[0] >= "2025-04-07 00:00:01" for one in spans), "the simulated time"
    assert rows(record, "SELECT count(*) FROM orders WHERE ft_order_side = 'stoploss'")[0][0] > 0
    held = {one[0] for one in rows(record, "SELECT pair FROM trades WHERE is_open")}
    assert len(books(record)["positions"]) == len(held)
    summary = json.loads((record.folder / "summary.json").read_text(encoding="utf-8"))
    assert (summary["hash"], summary["trades"]) == (record.hash, record.trades)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["dry-run", "live"])
def test_two_runs_have_one_hash_and_so_has_one_that_replaces_nothing(
    tmp_path: Path, mode: Any
) -> None:
    plan = replace(PLAN, mode=mode)
    once = run_replay(plan, tmp_path / "once")
    assert once.trades >= 3
    assert run_replay(plan, tmp_path / "twice").hash == once.hash
    assert run_replay(replace(plan, plain=True), tmp_path / "plain").hash == once.hash
    assert run_replay(replace(plan, seed=8), tmp_path / "other").hash != once.hash


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["dry-run", "live"])
def test_a_run_that_was_killed_goes_on_and_has_the_hash_of_one_that_was_not(
    tmp_path: Path, mode: Any
) -> None:
    plan = replace(TWO_DAYS, mode=mode)
    whole = run_replay(plan, tmp_path / "whole")
    killed_at = kill_in_second_segment(plan, tmp_path / "killed")
    resumed = run_replay(plan, tmp_path / "killed")
    assert killed_at > BEGIN + timedelta(days=1)
    assert resumed.resumed_at == BEGIN + timedelta(days=1)
    assert resumed.days_run == 1
    assert resumed.hash == whole.hash
    assert whole.trades >= 3


def kill_in_second_segment(plan: ReplayPlan, folder: Path) -> datetime:
    """Run a replay in a process of its own and kill it; return the market's time then."""
    script = (
        "import pickle, sys\n"
        "from pathlib import Path\n"
        "from plimsoll.lab.replay import run_replay\n"
        "plan = pickle.load(open(sys.argv[1], 'rb'))\n"
        "run_replay(plan, Path(sys.argv[2]), lambda p: print(p.now.isoformat(), flush=True))\n"
    )
    import pickle

    folder.parent.mkdir(exist_ok=True)
    file = folder.with_suffix(".plan")
    file.write_bytes(pickle.dumps(plan))
    with subprocess.Popen(
        [sys.executable, "-c", script, str(file), str(folder)], stdout=subprocess.PIPE, text=True
    ) as child:
        deadline, until = time.monotonic() + PATIENCE_SECONDS, BEGIN + timedelta(days=1, hours=6)
        assert child.stdout is not None
        now = BEGIN
        while now < until and time.monotonic() < deadline:
            now = datetime.fromisoformat(child.stdout.readline().strip())
        os.kill(child.pid, signal.SIGKILL)
    return now


@pytest.mark.slow
@pytest.mark.parametrize("realism", ["minute", "probe"])
def test_every_realism_runs_to_its_end(tmp_path: Path, realism: Any) -> None:
    record = run_replay(replace(PLAN, realism=realism), tmp_path / "run")
    assert errors(record) == []
    assert record.trades >= 3


@pytest.mark.slow
@pytest.mark.parametrize("name", ["EmaCrossRoi", "FuturesLongShort", "DcaLadder", "LimitMaker"])
def test_strategies_of_others_are_replayed_with_their_guards(tmp_path: Path, name: str) -> None:
    plan = replace(PLAN, strategy=name, strategy_path=FOREIGN, overlay={})
    record = run_replay(plan, tmp_path / "run")
    assert errors(record) == []
    assert record.trades >= 1
    assert list((record.decision_log / "decisions").glob("*.jsonl")) != []


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.skipif(not REAL_DATA.exists(), reason="needs the real market data")
def test_recorded_candles_are_replayed(tmp_path: Path) -> None:
    plan = replace(PLAN, strategy="TrendFollow", strategy_path=None, overlay={})
    record = run_replay(replace(plan, market="replay", datadir=REAL_DATA), tmp_path / "run")
    assert record.trades >= 3
    assert asdict(record)["hash"] == record.hash
