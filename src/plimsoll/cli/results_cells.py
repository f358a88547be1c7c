"""How a figure, a name and a sum stand in a table of the results page."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plimsoll.lab.study_rows import StudyRow


def code(name: str) -> str:
    """Return a strategy's name as code; what is no class stays as it is."""
    return name if " " in name else f"`{name}`"


def percent(value: float) -> str:
    """Return a fraction in percent with one decimal; a dash for NaN, never minus nothing."""
    return "–" if math.isnan(value) else f"{value:.1%}".replace("-0.0%", "0.0%").replace("-", "−")


def number(value: float) -> str:
    """Return a number with two decimals; a dash for NaN, never minus nothing."""
    return "–" if math.isnan(value) else f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def amount(value: float) -> str:
    """Return a sum without decimals; a dash for NaN."""
    return "–" if math.isnan(value) else f"{value:,.0f}"


def funding(paid_usd: float) -> str:
    """Return funding in USD and whether it was paid or received."""
    if round(paid_usd) == 0:
        return "0"
    return f"{abs(paid_usd):,.0f} {'paid' if paid_usd > 0 else 'received'}"


def named(row: "StudyRow") -> str:
    """Return an account's name: its strategy and how its guards were."""
    return f"{code(row.strategy)}, guards {row.guarding}"


def guarded(row: "StudyRow") -> str:
    """Return how the guards of an account were and when they halted it; a dash for a baseline."""
    if row.is_baseline:
        return "–"
    halted = "" if row.halt is None else f", halted {row.halt.at:%Y-%m}"
    return f"{row.guarding}{halted}"


def grid(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, a line a row."""
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    return "\n".join([*lines, *("| " + " | ".join(cells) + " |" for cells in rows)])
