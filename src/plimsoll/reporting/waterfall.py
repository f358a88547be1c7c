"""From one sum to another by named steps: a bar a step, each beginning where the last one ended."""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from plimsoll.reporting.canvas import Layout, Panel, panel
from plimsoll.reporting.drawing import LOSS, MUTED, PRICE_COLOUR, STYLE, WIN
from plimsoll.reporting.words import money_digits, number

SMALL_SPAN = 5.0
"""A span of which whole numbers make too few ticks."""


@dataclass(frozen=True)
class Waterfall:
    """A sum, the steps that change it (name and amount, in order), and what they leave."""

    title: str
    first: tuple[str, float]
    steps: Sequence[tuple[str, float]]
    last: tuple[str, float]
    unit: str = "USD"

    @property
    def bars(self) -> list[tuple[str, float, float]]:
        """Return name, start and height of every bar, the first and the last from zero."""
        starts = accumulate((amount for _, amount in self.steps), initial=self.first[1])
        steps = [
            (name, start, amount) for (name, amount), start in zip(self.steps, starts, strict=False)
        ]
        return [(self.first[0], 0.0, self.first[1]), *steps, (self.last[0], 0.0, self.last[1])]


def waterfall_panel(key: str, drawn: Waterfall, caption: str) -> Panel:
    """Return a figure for a page; its data stand beside it as a table."""

    def draw(axis: Axes, layout: Layout) -> None:
        del layout
        draw_waterfall(axis, drawn)

    largest = min(drawn.steps, key=lambda step: step[1], default=("nothing", 0.0))
    digits = money_digits(drawn.unit)
    summary = f"{drawn.first[0].capitalize()} {number(drawn.first[1], digits)}, {drawn.last[0]} "
    summary += f"{number(drawn.last[1], digits)} {drawn.unit}."
    if largest[1] < 0:
        summary += f" Most was taken by {largest[0]}: {number(largest[1], digits)}."
    rows = [(name, number(height, digits)) for name, _, height in drawn.bars]
    return panel(key, (drawn.title, summary, caption), draw, 3.4, ("Step", drawn.unit), rows)


def draw_waterfall(axis: Axes, drawn: Waterfall) -> None:
    """Draw the bars from top to bottom, each with its amount beside it."""
    bars, digits = drawn.bars, money_digits(drawn.unit)
    ends = [edge for _, start, height in bars for edge in (start, start + height)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = (high - low or 1.0) * 0.22
    for row, (_, start, height) in enumerate(bars):
        is_whole = row in (0, len(bars) - 1)
        colour = PRICE_COLOUR if is_whole else (WIN if height > 0 else LOSS)
        axis.barh(row, height, left=start, color=colour, height=0.66)
        end = max(start, start + height)
        text = number(height, 0 if abs(height) >= 100 else digits)
        axis.annotate(
            text if is_whole or height <= 0 else f"+{text}",
            (end, row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
        )
        if row < len(bars) - 1:
            level = start + height
            axis.plot([level, level], [row, row + 1], color=MUTED, linewidth=0.7)
    axis.axvline(0.0, color=MUTED, linewidth=0.9)
    axis.set_yticks(range(len(bars)), [name for name, _, _ in bars])
    axis.invert_yaxis()
    axis.set_xlim(low - (room * 0.3 if low < 0 else 0.0), high + room)
    axis.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axis.xaxis.set_major_formatter(FuncFormatter(_ticks(high - low)))
    axis.set_xlabel(drawn.unit)
    axis.grid(visible=False, axis="y")


def _ticks(span: float) -> Callable[[float, object], str]:
    """Format the amounts of an axis of this span so that neighbours differ."""
    digits = 0 if span >= SMALL_SPAN else min(math.ceil(1.0 - math.log10(span or 1.0)), 8)
    return lambda value, _: number(value, digits)


def waterfalls_png(
    falls: Sequence[Waterfall], *, title: str, subtitle: str, columns: int = 3
) -> bytes:
    """Return several waterfalls side by side as a PNG 1600 pixels wide.

    Raises
    ------
    ValueError
        When there is none.
    """
    if not falls:
        raise ValueError("a picture of waterfalls needs one at least")
    rows = -(-len(falls) // columns)
    height = 1.0 + 3.1 * rows
    with mpl.rc_context({**STYLE, "font.size": 11.5}):
        figure = Figure(figsize=(16, height), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for place, axis in enumerate(axes):
            if place >= len(falls):
                axis.set_axis_off()
                continue
            draw_waterfall(axis, falls[place])
            axis.set_title(falls[place].title, loc="left", fontsize=12.5)
        figure.text(0.012, 1 - 0.3 / height, title, va="center", fontsize=18, fontweight="bold")
        figure.text(0.012, 1 - 0.66 / height, subtitle, va="center", color=MUTED, fontsize=13)
        rect = (0.006, 0.004, 0.988, 1 - 0.92 / height)
        figure.set_layout_engine("constrained", rect=rect, h_pad=0.08)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
