"""How often the gate opened, with the interval that so many markets allow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.stats import beta

Row = Mapping[str, Any]
COVERED = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, and the exact interval of the true share."""

    passed: int
    count: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """Return the share itself; NaN of nothing."""
        return self.passed / self.count if self.count else float("nan")

    def words(self) -> str:
        """Return it with its interval, in per cent."""
        if not self.count:
            return "-"
        return f"{self.value:.1%} ({self.low:.1%} to {self.high:.1%})"


def share_of(passed: int, count: int, covered: float = COVERED) -> Share:
    """Return a share with its interval (Clopper & Pearson 1934, Biometrika 26): never too short."""
    tail = (1.0 - covered) / 2.0
    low = float(beta.ppf(tail, passed, count - passed + 1)) if passed else 0.0
    high = float(beta.ppf(1.0 - tail, passed + 1, count - passed)) if passed < count else 1.0
    return Share(passed, count, low, high)


def passes(rows: Sequence[Row]) -> Share:
    """Return how often the gate opened."""
    return share_of(sum(bool(row["go"]) for row in rows), len(rows))


def by_criterion(rows: Sequence[Row]) -> dict[str, Share]:
    """Return how often each criterion was met, whatever the others said."""
    names = list(rows[0]["passed"]) if rows else []
    return {
        name: share_of(sum(bool(row["passed"][name]) for row in rows), len(rows)) for name in names
    }


def alone(rows: Sequence[Row]) -> dict[str, int]:
    """Return of how many markets each criterion was the only one that kept the gate shut."""
    kept: dict[str, int] = {}
    for row in rows:
        failed = [name for name, met in row["passed"].items() if not met]
        if len(failed) == 1:
            kept[failed[0]] = kept.get(failed[0], 0) + 1
    return kept


def mean_sharpe(rows: Sequence[Row]) -> tuple[float, float]:
    """Return the mean yearly Sharpe ratio out of sample over markets, and its standard error.

    Markets on which nothing was traded count as 0.
    """
    values = np.nan_to_num([_known(row["figures"]["sharpe"]) for row in rows])
    if not len(values):
        return float("nan"), float("nan")
    error = float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return float(values.mean()), error


def reached(points: Sequence[tuple[float, float]], wanted: float) -> float | None:
    """Return where a curve of (x, share) first reaches a share, between its points; else None."""
    ordered = sorted(points)
    for (x0, y0), (x1, y1) in pairwise(ordered):
        if y0 < wanted <= y1:
            return x0 + (wanted - y0) / (y1 - y0) * (x1 - x0)
    return ordered[0][0] if ordered and ordered[0][1] >= wanted else None


def _known(value: float | None) -> float:
    return float("nan") if value is None else value
