"""A run's summary has the same figures for people as for programs."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plimsoll.lab.replay_evidence import Evidence
from plimsoll.lab.replay_plan import ReplayPlan, ReplayRecord
from plimsoll.lab.replay_summary import write_summary

BEGIN = datetime(2025, 4, 7, tzinfo=UTC)
PLAN = ReplayPlan("Mine", BEGIN, BEGIN + timedelta(days=2), market="synthetic", mode="live")


def trade(reason: str | None, profit: float | None) -> dict[str, object]:
    return {
        "is_open": reason is None,
        "exit_reason": reason,
        "close_profit_abs": profit,
        "funding_fees": -0.5,
    }


def record(folder: Path) -> ReplayRecord:
    return ReplayRecord(
        plan=PLAN,
        folder=folder,
        database=folder / "trades.sqlite",
        decision_log=folder,
        event_log=None,
        hash="f00d",
        trades=4,
        orders=9,
        fills=7,
        halts=1,
        segments=1,
        resumed_at=None,
        days_run=2.0,
        seconds=12.0,
        processor_seconds=14.0,
    )


def test_both_summaries_say_the_same(tmp_path: Path) -> None:
    trades = [trade("roi", 1200.5), trade("roi", -20.0), trade("stop_loss", -80.25)]
    evidence = Evidence([*trades, trade(None, None)], [], [], [])
    write_summary(record(tmp_path), evidence, {"code": "c0de"})
    said = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert (said["profit_usd"], said["closed_trades"], said["days_a_minute"]) == (1100.25, 3, 10.0)
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    for line in (
        "# Mine replayed",
        "| Span | 2025-04-07 to 2025-04-09, 2 days |",
        "| Trades | 4, 3 of them closed; 9 orders |",
        "| Fills at the exchange | 7 |",
        "| Profit of closed trades | +1,100.25 USDT, fees and funding in it |",
        "| Funding | -2.00 USDT |",
        "| roi | 2 | +1,180.50 |",
        "| stop_loss | 1 | -80.25 |",
        "| Hash | `f00d` |",
    ):
        assert line in text.splitlines()


def test_a_run_without_trades_has_no_table_of_exits(tmp_path: Path) -> None:
    made = replace(record(tmp_path), trades=0, resumed_at=BEGIN + timedelta(days=1))
    write_summary(made, Evidence([], [], [], []), {"code": "c0de"})
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "Exit" not in text
    assert "gone on from 2025-04-08" in text
