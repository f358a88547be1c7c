"""Simulated days on a stepped clock with one-minute candles, to count candles never analysed."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plimsoll.lab.replay import run_replay
from plimsoll.lab.replay_plan import ReplayPlan
from tests.conftest import ROOT
from tests.latency.figures import missed_candles
from tests.latency.run import PAIRS, WIDE

BEGIN = datetime(2025, 4, 7, tzinfo=UTC)
LEFT = "day.json"
SUMMED = ("candles", "missed", "orders", "halts", "loops", "seconds")


def simulated_days(folder: Path, *, days: int = 1) -> None:
    """Replay twenty pairs in live mode, a day at a time, and keep what each day leaves.

    Days that were finished there before are not replayed again; one that was cut off is.
    """
    for number in range(days):
        _replay_day(folder / f"{number}", BEGIN + timedelta(days=number))


def kept_days(folder: Path) -> dict[str, Any] | None:
    """Return the sums of the days that were finished in a folder; ``None`` without any."""
    files = sorted(folder.glob(f"*/{LEFT}"))
    days = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    if not days:
        return None
    sums = {name: sum(day[name] for day in days) for name in SUMMED}
    return {**sums, "days": len(days)}


def _replay_day(place: Path, begin: datetime) -> None:
    file, loops = place / LEFT, place / "loops.jsonl"
    if file.exists():
        return
    shutil.rmtree(place, ignore_errors=True)  # of a day that was cut off
    place.mkdir(parents=True)
    record = run_replay(_plan(begin, loops), place / "replay")
    told = [json.loads(line) for line in loops.read_text(encoding="utf-8").splitlines()]
    candles, missed = missed_candles(told)
    day = {
        "candles": candles,
        "missed": missed,
        "orders": record.orders,
        "halts": record.halts,
        "loops": len(told),
        "seconds": round(record.seconds, 1),
        "hash": record.hash,
    }
    half = file.with_suffix(".half")
    half.write_text(json.dumps(day), encoding="utf-8")
    half.rename(file)


def _plan(begin: datetime, loops: Path) -> ReplayPlan:
    os.environ["PYTHONPATH"] = str(ROOT)  # where the bot finds the stopwatch
    stopwatch = {"class": "tests.latency.stopwatch.Stopwatch", "path": str(loops.resolve())}
    return ReplayPlan(
        "EveryMinute",
        begin,
        begin + timedelta(days=1),
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
