"""Each panel's query, answered by a real Prometheus and drawn on the dashboard's own grid.

Grafana itself does not run in the tests; a picture has its panels where Grafana puts them, with
the same legends, units, words and colours.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import DateFormatter, MinuteLocator, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import Locator, MaxNLocator, MultipleLocator

from tests.conftest import ROOT
from tests.metrics.dashboards import COLUMNS, UNKNOWN, Board, Panel, Shape, built

FOLDER = ROOT / "docs/images"
WIDTH_INCHES, CELL_INCHES, DPI = 12.0, 0.27, 90
"""Of the whole, of one row of the grid, and dots an inch."""
HEAD_INCHES, PAD_INCHES = 0.45, 0.1
LINES, LEGENDS = 12, 12
"""As many series of a panel as can be told apart."""
INK, MUTED, FRAME, PAPER = "#1f2933", "#5f6b76", "#d5dbe1", "#f6f8fa"
SERIES = (
    *("#0b6e99", "#c2410c", "#4d7c0f", "#7e22ce", "#b45309", "#0f766e", "#be123c", "#475569"),
    *("#1d4ed8", "#a21caf", "#65a30d", "#92400e"),
)
NAMED = {
    "text": INK,
    "green": "#3a8f3f",
    "orange": "#d9822b",
    "red": "#c4302b",
    "transparent": "#e6eaee",
}
"""Grafana's names of colours."""
LONGEST_LEGEND = 34
IN_MINUTES = 120
SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True)
class Series:
    """One line of a panel: its legend, UTC seconds, and values."""

    legend: str
    at: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def has_value(self) -> bool:
        """Whether any of its values is a number."""
        return any(math.isfinite(value) for value in self.values)


Ask = Callable[[Panel, str], list[dict[str, Any]]]
"""Takes a panel and a query of it, returns rows as Prometheus's ``query_range`` has them."""


def series(panel: Panel, ask: Ask) -> list[Series]:
    """Return what a panel shows; NaN and infinite values stay as they are."""
    found = []
    for query, legend in panel.queries:
        for row in ask(panel, query):
            text = legend
            for name, value in row["metric"].items():
                text = text.replace("{{" + name + "}}", str(value))
            at = tuple(float(one[0]) for one in row["values"])
            found.append(Series(text, at, tuple(float(one[1]) for one in row["values"])))
    return found


def said(value: float, unit: str) -> str:
    """Return a value as the panel's unit shows it."""
    if not math.isfinite(value):
        return UNKNOWN
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    if unit == "currencyUSD":
        return f"-${-value:,.2f}" if value < 0 else f"${value:,.2f}"
    if unit == "s":
        return f"{value:.3g} s" if abs(value) < IN_MINUTES else f"{value / 60:.3g} min"
    if unit == "bytes":
        return f"{value / 2**20:.4g} MiB"
    return f"{value:,.6g}"


def draw(
    board: Board, ask: Ask, span: tuple[float, float], folder: Path = FOLDER
) -> tuple[Path, list[str]]:
    """Draw a dashboard over a span of UTC seconds.

    Returns the file, and the titles of panels without a single value.
    """
    placed = json.loads(built(board))["panels"]
    rows = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in placed)
    height = rows * CELL_INCHES + HEAD_INCHES
    panels, empty = iter(board.panels), []
    with mpl.rc_context({"font.size": 7.5, "text.color": INK, "axes.labelcolor": INK}):
        figure = Figure(figsize=(WIDTH_INCHES, height), facecolor=PAPER)
        FigureCanvasAgg(figure)
        figure.text(0.008, 1 - 0.28 / height, board.title, fontsize=13, fontweight="bold")
        for one in placed:
            place = one["gridPos"]
            if one["type"] == "row":
                at = height - HEAD_INCHES - (place["y"] + 0.72) * CELL_INCHES
                figure.text(0.008, at / height, one["title"], fontsize=9, color=MUTED)
                continue
            panel = next(panels)
            shown = series(panel, ask)
            _panel(figure, height, place, panel, shown, span)
            empty += [] if any(each.has_value for each in shown) else [panel.title]
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{board.uid}.png"
        figure.savefig(file, dpi=DPI, facecolor=PAPER, pil_kwargs={"optimize": True})
    return file, empty


def _panel(
    figure: Figure,
    height: float,
    place: dict[str, int],
    panel: Panel,
    shown: Sequence[Series],
    span: tuple[float, float],
) -> None:
    """Draw one panel in its place of the grid: frame, title, and what it shows."""
    unit = WIDTH_INCHES / COLUMNS
    left, width = place["x"] * unit + PAD_INCHES / 2, place["w"] * unit - PAD_INCHES
    tall = place["h"] * CELL_INCHES - PAD_INCHES
    bottom = height - HEAD_INCHES - place["y"] * CELL_INCHES - PAD_INCHES / 2 - tall
    frame = figure.add_axes(
        (left / WIDTH_INCHES, bottom / height, width / WIDTH_INCHES, tall / height),
        facecolor="white",
    )
    frame.set_xticks([])
    frame.set_yticks([])
    for spine in frame.spines.values():
        spine.set_color(FRAME)
    frame.text(0.09 / width, 1 - 0.17 / tall, panel.title, fontsize=8, fontweight="bold")
    if not any(one.has_value for one in shown):
        why = f"Empty without\n{panel.needs}." if panel.needs else UNKNOWN
        frame.text(0.5, 0.42, why, ha="center", va="center", color=MUTED, fontsize=8)
        return
    if panel.shape is Shape.FIGURE:
        _figure(frame, panel, shown)
        return
    legend = panel.shape is Shape.LINES and len(shown)
    below = 0.26 + 0.135 * (math.ceil(min(legend, LEGENDS) / 3) if legend else 0)
    aside = 1.62 if panel.shape is Shape.STATES else 0.66
    inner = figure.add_axes(
        (
            (left + aside) / WIDTH_INCHES,
            (bottom + below) / height,
            (width - aside - 0.16) / WIDTH_INCHES,
            (tall - below - 0.3) / height,
        ),
        facecolor="white",
    )
    inner.spines[["top", "right"]].set_visible(False)
    inner.spines[["left", "bottom"]].set_color(FRAME)
    inner.tick_params(colors=MUTED, length=2, labelsize=6.5)
    (_states if panel.shape is Shape.STATES else _lines)(inner, panel, shown)
    inner.set_xlim(*(_day_of(second) for second in span))
    inner.xaxis.set_major_formatter(DateFormatter("%H:%M", tz=UTC))
    inner.xaxis.set_major_locator(MinuteLocator(interval=_minutes(span)))
    if legend:
        _legend(frame, shown, width, tall)


def _minutes(span: tuple[float, float]) -> int:
    """Return how many minutes lie between two marks of the time, for about eight of them."""
    minutes = (span[1] - span[0]) / 60
    return next((step for step in (1, 2, 5, 10, 30) if minutes / step <= 8), 60)


def _figure(frame: Axes, panel: Panel, shown: Sequence[Series]) -> None:
    value = shown[0].values[-1]
    text, colour = said(value, panel.unit), INK
    if panel.words is not None and value in panel.words:
        text, name = panel.words[int(value)]
        colour = NAMED[name]
    elif panel.bounds is not None:
        warning, bad = panel.bounds
        colour = NAMED["red" if value >= bad else "orange" if value >= warning else "text"]
    frame.text(
        *(0.5, 0.4, text), ha="center", va="center", fontsize=17, fontweight="bold", color=colour
    )


def _day_of(second: float) -> float:
    return float(date2num(datetime.fromtimestamp(second, UTC)))


def _times(one: Series) -> list[float]:
    return [_day_of(second) for second in one.at]


def _lines(axes: Axes, panel: Panel, shown: Sequence[Series]) -> None:
    """Draw a step line for each series; the first ones are wider, to be seen under others."""
    widths = [3.4, 2.3, 1.4] if len(shown) <= 3 else [1.4] * LINES
    for one, colour, width in zip(shown[:LINES], SERIES, widths, strict=False):
        axes.plot(_times(one), one.values, lw=width, color=colour, drawstyle="steps-post")
        if len(one.at) == 1:
            axes.plot(_times(one), one.values, "o", ms=3, color=colour)
    axes.grid(visible=True, color=FRAME, lw=0.5)
    values = [value for one in shown[:LINES] for value in one.values if math.isfinite(value)]
    low, high = min(values), max(values)
    if high - low < 1e-9:
        room = 1.0 if panel.unit == "none" else abs(high) * 0.1 or 1.0
    else:
        room = (high - low) * 0.12
    axes.set_ylim(low - room, high + room)
    axes.yaxis.set_major_locator(_marks(panel.unit, high + room - (low - room)))
    axes.ticklabel_format(axis="y", useOffset=False)
    in_minutes = panel.unit == "s" and high > IN_MINUTES
    axes.yaxis.set_major_formatter(
        lambda value, _: f"{value / 60:.3g} min" if in_minutes else said(value, panel.unit)
    )


def _marks(unit: str, height: float) -> Locator:
    """Return where the value axis has its marks: of times at whole seconds and minutes."""
    if unit == "s" and height > SECONDS[0]:
        return MultipleLocator(next((one for one in SECONDS if height / one <= 6), SECONDS[-1]))
    return MaxNLocator(5, integer=unit == "none")


def _states(axes: Axes, panel: Panel, shown: Sequence[Series]) -> None:
    """Draw a bar for each series, with a colour a value; nothing where there is no value."""
    words = panel.words or {}
    for place, one in enumerate(reversed(shown)):
        times = _times(one)
        step = min((b - a for a, b in pairwise(times)), default=5 / 86_400)
        for at, value in zip(times, one.values, strict=True):
            if value in words:
                colour = NAMED[words[int(value)][1]]
                axes.barh(place, step * 1.02, left=at, height=0.72, color=colour, lw=0)
    axes.set_yticks(range(len(shown)), [_short(one.legend) for one in reversed(shown)])
    axes.margins(y=0.03)
    axes.spines["left"].set_visible(False)
    keys = [f"{text}" for text, _ in words.values()]
    for number, (text, name) in enumerate(words.values()):
        axes.annotate(
            f"\u25a0 {text}",
            (1.0 - 0.24 * (len(keys) - 1 - number), 1.03),
            xycoords="axes fraction",
            ha="right",
            fontsize=6.5,
            color=NAMED[name] if name != "transparent" else "#9aa5b1",
        )


def _legend(frame: Axes, shown: Sequence[Series], width: float, tall: float) -> None:
    """Write the legends below a panel, three a line, as Grafana does."""
    for number, (one, colour) in enumerate(zip(shown[:LEGENDS], SERIES, strict=False)):
        row, column = divmod(number, 3)
        rows = math.ceil(min(len(shown), LEGENDS) / 3)
        at = (0.12 + column * (width - 0.2) / 3) / width, (0.06 + 0.135 * (rows - 1 - row)) / tall
        frame.text(at[0], at[1] - 0.01 / tall, "\u25ac", color=colour, fontsize=7)
        more = len(shown) - LEGENDS
        text = one.legend
        if number == LEGENDS - 1 and more > 0:
            text = f"{text} and {more} more"
        frame.text(at[0] + 0.13 / width, at[1], _short(text), fontsize=6.5, color=MUTED)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_LEGEND else f"{text[: LONGEST_LEGEND - 1]}…"
