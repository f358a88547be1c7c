"""Rows and sections of the page of the benchmarks: a figure beside its target."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import fill

WIDTH = 100
HEADINGS = (("What", "Figure", "Target", "Met"), ("---", "--:", "---", "---"))


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the bench: its key, what it is, its unit, and the target if there is one.

    ``absent`` is what is told of a figure that may be not a number, when it is.
    """

    figure: str
    words: str
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    absent: str | None = None

    def cells(self, value: float) -> tuple[str, ...]:
        """Return what it is, the figure, the target and whether it is met."""
        target, met = "–", "–"
        if self.at_most is not None:
            target, met = f"at most {_limit(self.at_most)}{self.unit}", _met(value <= self.at_most)
        elif self.at_least is not None:
            target = f"at least {_limit(self.at_least)}{self.unit}"
            met = _met(value >= self.at_least)
        if self.absent is not None and math.isnan(value):
            return self.words, self.absent, target, "–" if target == "–" else "**no**"
        return self.words, f"{_shown(value)}{self.unit}", target, met


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a heading, and how they were measured."""

    title: str
    measured: str
    rows: tuple[Row, ...]

    def text(self, figures: Mapping[str, float], *, also: str = "") -> str:
        """Return the section in Markdown; ``also`` is said after how it was measured."""
        rows = [row.cells(figures[row.figure]) for row in self.rows]
        table = "\n".join(_lines([*HEADINGS, *rows]))
        measured = fill(f"{self.measured} {also}".rstrip(), WIDTH, break_on_hyphens=False)
        return f"## {self.title}\n\n{measured}\n\n{table}\n"


def _met(is_met: bool) -> str:
    return "yes" if is_met else "**no**"


def _limit(value: float) -> str:
    return f"{value:,.0f}" if value >= 10_000 else f"{value:g}"


def _lines(rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in rows]


def _shown(value: float) -> str:
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"
