"""A simulated day on a stepped clock with one-minute candles, to count candles never analysed."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plimsoll.lab.replay import run_replay
from plimsoll.lab.replay_plan import ReplayPlan
from tests.conftest import ROOT
from tests.latency.figures import missed_candles
from tests.latency.run import PAIRS, WIDE

BEGIN = datetime(2025, 4, 7, tzinfo=UTC)


def simulated_day(folder: Path, *, hours: int = 24) -> dict[str, Any]:
    """Replay twenty pairs in live mode; return candles, missed ones, orders, halts and seconds.

    A day that was finished there before is not replayed again.
    """
    file, loops = folder / "day.json", folder / "loops.jsonl"
    if file.exists():
        return dict(json.loads(file.read_text(encoding="utf-8")))
    folder.mkdir(parents=True, exist_ok=True)
    loops.unlink(missing_ok=True)
    os.environ["PYTHONPATH"] = str(ROOT)  # where the bot finds the stopwatch
    stopwatch = {"class": "tests.latency.stopwatch.Stopwatch", "path": str(loops.resolve())}
    plan = ReplayPlan(
        "EveryMinute",
        BEGIN,
        BEGIN + timedelta(hours=hours),
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
    record = run_replay(plan, folder / "replay")
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
    file.write_text(json.dumps(day), encoding="utf-8")
    return day
