"""The figures of ``plimsoll results`` as JSON."""

import math
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plimsoll.lab.study_holes import Holes
    from plimsoll.lab.study_rows import Findings, StudyRow


def record(findings: "Findings", call: str, made_at: datetime) -> dict[str, Any]:
    """Return all figures as JSON holds them; what is not defined is null."""
    return {
        "call": call,
        "made_at": made_at.isoformat(),
        "costs_bps": findings.costs_bps,
        "code_fingerprint": findings.code_fingerprint,
        "freqtrade_version": findings.freqtrade_version,
        "split": findings.split and findings.split.isoformat(),
        "holes": [_hole(hole) for hole in findings.holes],
        "rows": [_row(row) for row in findings.rows],
        "correlations": _correlations(findings),
    }


def _hole(hole: "Holes") -> dict[str, Any]:
    spans = {"first": hole.first.isoformat(), "end": hole.end.isoformat()}
    return {**asdict(hole), **spans}


def _row(row: "StudyRow") -> dict[str, Any]:
    from plimsoll.performance.worst import worst_day, worst_month

    halt = row.halt and {"rule": row.halt.rule, "at": row.halt.at.isoformat()}
    return {
        "study": row.study.name,
        "timerange": row.study.timerange,
        "timeframe": row.study.timeframe,
        "pairs": [pair for pair in row.study.pairs if pair not in row.left_out],
        "pairs_left_out": row.left_out,
        "universe": row.study.universe,
        "members": row.members,
        "strategy": row.strategy,
        "guards": row.guarding,
        "backtest": row.kept and row.kept.name,
        "halt": halt,
        "years": {year: _plain(value) for year, value in row.years.items()},
        "days_halted": row.days_halted,
        "worst_day_fraction": worst_day(row.equity),
        "worst_month_fraction": worst_month(row.equity),
        "sharpe_precision": row.precision and asdict(row.precision),
        "promised": row.promised and row.promised.as_record(),
        "held": row.held and row.held.as_record(),
        "held_by_year": {year: book.as_record() for year, book in row.held_years.items()},
        "promised_by_year": {year: book.as_record() for year, book in row.promised_years.items()},
        "shortfall": row.shortfall and row.shortfall.to_dict(),
        "before_split": row.earlier and row.earlier.as_record(),
        "out_of_sample": row.check and row.check.as_record(),
        **row.performance.as_record(),
    }


def _correlations(findings: "Findings") -> dict[str, dict[str, dict[str, float | None]]]:
    """Return a matrix for each way of guarding, baselines in each."""
    from plimsoll.performance.correlations import daily_correlations

    matrices = {}
    for guarding in dict.fromkeys(row.guarding for row in findings.rows if not row.is_baseline):
        table = daily_correlations(
            {
                row.strategy: row.equity
                for row in findings.rows
                if row.is_baseline or row.guarding == guarding
            }
        )
        matrices[guarding] = {
            str(name): {str(other): _plain(float(value)) for other, value in values.items()}
            for name, values in table.iterrows()
        }
    return matrices


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
