"""Simulated hours on a stepped clock with one-minute candles, to count candles never analysed."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

from plimsoll.lab.replay import run_replay
from plimsoll.lab.replay_plan import ReplayPlan
from tests.conftest import ROOT
from tests.latency.figures import missed_candles
from tests.latency.run import PAIRS, WIDE

BEGIN = datetime(2025, 4, 7, tzinfo=UTC)
HOURS = 24.0
PART_HOURS = 6.0
"""What is replayed at once, and kept: a bot that is cut off loses no more than that."""
PART = "part.json"
SUMMED = ("hours", "candles", "missed", "orders", "halts", "loops", "seconds")


def simulated_day(folder: Path, *, hours: float = HOURS) -> None:
    """Replay twenty pairs in live mode, part by part, and keep what each part leaves.

    Parts that were finished there before are not replayed again.
    """
    for number in range(ceil(hours / PART_HOURS)):
        begin = number * PART_HOURS
        _replay_part(folder / f"from-{begin:02g}", begin, min(PART_HOURS, hours - begin))


def kept_day(folder: Path) -> dict[str, Any] | None:
    """Return the sums of the parts that were finished in a folder; ``None`` without any."""
    files = sorted(folder.glob(f"*/{PART}"))
    parts = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    if not parts:
        return None
    sums = {name: sum(part[name] for part in parts) for name in SUMMED}
    return {**sums, "parts": len(parts)}


def _replay_part(place: Path, begin_hours: float, hours: float) -> None:
    file, loops = place / PART, place / "loops.jsonl"
    if file.exists() and json.loads(file.read_text(encoding="utf-8"))["hours"] == hours:
        return
    shutil.rmtree(place, ignore_errors=True)  # of a part that was cut off, or was shorter
    place.mkdir(parents=True)
    record = run_replay(_plan(BEGIN + timedelta(hours=begin_hours), hours, loops), place / "replay")
    told = [json.loads(line) for line in loops.read_text(encoding="utf-8").splitlines()]
    candles, missed = missed_candles(told)
    part = {
        "hours": hours,
        "candles": candles,
        "missed": missed,
        "orders": record.orders,
        "halts": record.halts,
        "loops": len(told),
        "seconds": round(record.seconds, 1),
        "hash": record.hash,
    }
    half = file.with_suffix(".half")
    half.write_text(json.dumps(part), encoding="utf-8")
    half.rename(file)


def _plan(begin: datetime, hours: float, loops: Path) -> ReplayPlan:
    os.environ["PYTHONPATH"] = str(ROOT)  # where the bot finds the stopwatch
    stopwatch = {"class": "tests.latency.stopwatch.Stopwatch", "path": str(loops.resolve())}
    return ReplayPlan(
        "EveryMinute",
        begin,
        begin + timedelta(hours=hours),
        strategy_path=Path(__file__).parent / "strategies",
        market="synthetic",
        mode="live",
        realism="minute",
        pairs=PAIRS,
        segment_days=0,
        balance_usd=100_000.0,
        overlay={
            "stake_amount": 500,
            "max_open_trades": len(PAIRS),
            "latency_at_once": False,
            "latency_round": 30,
            "plimsoll": {"risk": WIDE},
            "log_config": {"handlers": {"stopwatch": stopwatch}},
        },
    )
