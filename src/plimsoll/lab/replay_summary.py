"""What a replay says of itself: ``summary.json`` for programs, ``summary.md`` for people."""

import json
from dataclasses import asdict
from typing import Any

from freqtrade import __version__ as freqtrade_version

import plimsoll
from plimsoll.lab.replay_evidence import Evidence
from plimsoll.lab.replay_plan import ReplayRecord

AS_JSON, AS_TEXT = "summary.json", "summary.md"


def write_summary(record: ReplayRecord, evidence: Evidence, told: dict[str, Any]) -> None:
    """Write both into the run's folder; ``told`` is the plan as its folder keeps it."""
    closed = [one for one in evidence.trades if not one["is_open"]]
    summary = {
        "plan": told,
        "plimsoll": plimsoll.__version__,
        "freqtrade": freqtrade_version,
        "hash": record.hash,
        "trades": record.trades,
        "closed_trades": len(closed),
        "orders": record.orders,
        "fills": record.fills,
        "halts": record.halts,
        "profit_usd": sum(one["close_profit_abs"] or 0.0 for one in closed),
        "funding_usd": sum(one["funding_fees"] or 0.0 for one in evidence.trades),
        "segments": record.segments,
        "resumed_at": None if record.resumed_at is None else record.resumed_at.isoformat(),
        "days_run": record.days_run,
        "seconds": round(record.seconds, 1),
        "processor_seconds": round(record.processor_seconds, 1),
        "days_a_minute": round(record.days_a_minute, 1),
        "books": None if record.agreement is None else asdict(record.agreement),
    }
    text = json.dumps(summary, indent=1) + "\n"
    (record.folder / AS_JSON).write_text(text, encoding="utf-8")
    (record.folder / AS_TEXT).write_text(_text(record, summary, closed), encoding="utf-8")


def _text(record: ReplayRecord, summary: dict[str, Any], closed: list[dict[str, Any]]) -> str:
    plan = record.plan
    market = "recorded candles" if plan.market == "replay" else f"synthetic, seed {plan.seed}"
    resumed = "" if record.resumed_at is None else f", gone on from {record.resumed_at:%Y-%m-%d}"
    facts = {
        "Span": f"{plan.begin:%Y-%m-%d} to {plan.end:%Y-%m-%d}, {plan.days:g} days",
        "Market": f"{', '.join(plan.pairs)}: {market}",
        "Mode": f"{plan.mode}, realism {plan.realism}, spread × {plan.spread_scale:g}",
        "Trades": f"{record.trades}, {len(closed)} of them closed; {record.orders} orders",
        "Fills at the exchange": f"{record.fills}" if plan.mode == "live" else "none: dry-run",
        "Halts and re-armings": f"{record.halts}",
        "Profit of closed trades": f"{summary['profit_usd']:+,.2f} USDT, fees and funding in it",
        "Funding": f"{summary['funding_usd']:+,.2f} USDT",
        "Pace": f"{record.days_run:g} days in {record.seconds:.0f} s{resumed}: "
        f"{record.days_a_minute:.1f} simulated days a minute",
        "Made with": f"plimsoll {summary['plimsoll']}, code {summary['plan']['code']}, "
        f"Freqtrade {summary['freqtrade']}",
        "Hash": f"`{record.hash}`",
    }
    reasons: dict[str, list[float]] = {}
    for one in closed:
        reasons.setdefault(one["exit_reason"] or "?", []).append(one["close_profit_abs"] or 0.0)
    lines = [f"# {plan.strategy} replayed", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in facts.items()]
    if reasons:
        lines += ["", "| Exit | Trades | Profit (USDT) |", "|---|---:|---:|"]
        lines += [
            f"| {reason} | {len(made)} | {sum(made):+,.2f} |"
            for reason, made in sorted(reasons.items())
        ]
    return "\n".join(lines) + "\n"
