"""The target of the shipped strategies, and how far each account of the page came."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from plimsoll.cli.results_cells import code, guarded, named, number, percent

if TYPE_CHECKING:
    from plimsoll.lab.study_rows import StudyRow

TARGET_SHARPE, TARGET_DRAWDOWN = 1.0, 0.12
BEAR, SIDEWAYS = 2022, 2023
NOTHING = 1e-9
"""A return of a halted account that is not exactly 0 by rounding."""

TARGET = """
## Against the target

The target: out-of-sample Sharpe above {sharpe:g}, drawdown below {drawdown:.0%}, 2022 and 2023
positive, and a higher annual return per unit of drawdown than buy and hold, over the whole span and
out of sample. Out of sample is 2024-01 to 2025-06: the research chose everything on earlier years
and looked at these months once before. 2022 and 2023 are in sample. For buy and hold that ratio is
{held} over the whole span and {held_check} in those 18 months (the better of both rows).
"""


@dataclass(frozen=True, slots=True)
class Trials:
    """How many simulations the research recorded, and how many of them looked at the check."""

    recorded: int
    checks: int


def read_trials(file: Path) -> Trials | None:
    """Count the log of trials; ``None`` where there is none."""
    if not file.is_file():
        return None
    with file.open(encoding="utf-8", newline="") as lines:
        stages = [row["stage"] for row in csv.DictReader(lines)]
    return Trials(len(stages), sum(stage.startswith("CHECK") for stage in stages))


def verdict(rows: "Sequence[StudyRow]") -> str:
    """Return what was reached of the target, in one paragraph."""
    judged = _judged(rows)
    if not judged:
        return "None of these rows can be judged against the target: none covers its span."
    reached = [named(row) for row in judged if all(met for _, met in criteria(row, rows))]
    best = max(judged, key=lambda row: _or_least(_check_sharpe(row)))
    text = ["**The target was not reached:** no account met all of it, with guards or without.\n"]
    if reached:
        text = [f"**The target was reached** by {'; '.join(reached)}.\n"]
    text.append(
        f"- The best Sharpe out of sample, {number(_check_sharpe(best))}, is that of "
        f"{named(best)}; the target is above {TARGET_SHARPE:g}. Its best days: {_best_days(best)}."
    )
    for row in judged:
        if row.strategy == "Ensemble":
            made = row.performance
            text.append(
                f"- The ensemble, guards {row.guarding}: Sharpe out of sample "
                f"{number(_check_sharpe(row))}, drawdown {percent(made.max_drawdown_fraction)}, "
                f"2022 {percent(row.years.get(BEAR, math.nan))}, "
                f"2023 {percent(row.years.get(SIDEWAYS, math.nan))}."
            )
    return "\n".join(text)


def target(rows: "Sequence[StudyRow]") -> str:
    """Return the target, and how far each account came."""
    judged = _judged(rows)
    if not judged:
        return ""
    whole, later = _held(rows)
    text = TARGET.format(
        sharpe=TARGET_SHARPE,
        drawdown=TARGET_DRAWDOWN,
        held=number(whole),
        held_check=number(later),
    )
    titles = ["strategy", "guards", "Sharpe out of sample", "drawdown", "2022", "2023"]
    titles += ["a year / drawdown", "the same out of sample", "met"]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for row in judged:
        outcomes = criteria(row, rows)
        cells = [code(row.strategy), guarded(row)]
        cells += [f"{value} {'✓' if met else '✗'}" for value, met in outcomes]
        cells += [f"{sum(met for _, met in outcomes)} of {len(outcomes)}"]
        lines.append("| " + " | ".join(cells) + " |")
    return f"{text}\n" + "\n".join(lines)


def criteria(row: "StudyRow", rows: "Sequence[StudyRow]") -> list[tuple[str, bool]]:
    """Return each value that the target asks for, and whether it is met; unknown is not met."""
    whole, later = _held(rows)
    made, check = row.performance, row.check
    bear, sideways = (row.years.get(year, math.nan) for year in (BEAR, SIDEWAYS))
    later_calmar = math.nan if check is None else check.calmar
    sharpe = _check_sharpe(row)
    return [
        (number(sharpe), sharpe > TARGET_SHARPE),
        (percent(made.max_drawdown_fraction), made.max_drawdown_fraction < TARGET_DRAWDOWN),
        (percent(bear), bear > NOTHING),
        (percent(sideways), sideways > NOTHING),
        (number(made.calmar), made.calmar > whole),
        (number(later_calmar), later_calmar > later),
    ]


def _judged(rows: "Sequence[StudyRow]") -> "list[StudyRow]":
    return [row for row in rows if not row.is_baseline and row.check is not None]


def _held(rows: "Sequence[StudyRow]") -> tuple[float, float]:
    """Return the best return a year over drawdown of the baselines that held: whole, check."""
    held = [row for row in rows if row.is_baseline and not math.isnan(row.performance.calmar)]
    whole = [row.performance.calmar for row in held]
    later = [row.check.calmar for row in held if row.check is not None]
    best, best_later = (max(values, default=math.nan) for values in (whole, later))
    return best, best_later


def _check_sharpe(row: "StudyRow") -> float:
    return math.nan if row.check is None else row.check.sharpe


def _best_days(row: "StudyRow") -> str:
    """Return the two days that made most: how much of an account is luck."""
    import pandas as pd

    from plimsoll.performance.measures import daily_returns

    best = daily_returns(row.equity).nlargest(2)
    return ", ".join(
        f"{midnight - timedelta(days=1):%Y-%m-%d} {percent(float(value))}"
        for midnight, value in zip(pd.DatetimeIndex(best.index), best, strict=True)
    )


def _or_least(value: float) -> float:
    return -math.inf if math.isnan(value) else value
