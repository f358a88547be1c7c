"""Each panel's query, answered by a real Prometheus and drawn, where Grafana itself is not."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure

from tests.conftest import ROOT
from tests.metrics.dashboards import Board, Panel

FOLDER = ROOT / "docs/images"
COLUMNS = 2
LINES = 8
"""As many series of a panel as can be told apart."""
INK, MUTED = "#1f2933", "#7b8794"
COLOURS = ("#0b6e99", "#c2410c", "#4d7c0f", "#7e22ce", "#b45309", "#0f766e", "#be123c", "#475569")


@dataclass(frozen=True)
class Series:
    """One line of a panel: its legend, UTC seconds, and values."""

    legend: str
    at: tuple[float, ...]
    values: tuple[float, ...]


Ask = Callable[[str], list[dict[str, object]]]
"""Takes a query, returns the rows of Prometheus's ``query_range``."""


def series(panel: Panel, ask: Ask) -> list[Series]:
    """Return what a panel shows; NaN and infinite values stay as they are."""
    found = []
    for query, legend in panel.queries:
        for row in ask(query.replace("$bot", ".*")):
            labels, values = dict(row["metric"]), list(row["values"])  # type: ignore[call-overload]
            text = legend
            for name, value in labels.items():
                text = text.replace("{{" + name + "}}", str(value))
            at = tuple(float(one[0]) for one in values)
            found.append(Series(text, at, tuple(float(one[1]) for one in values)))
    return found


def draw(board: Board, ask: Ask, folder: Path = FOLDER) -> tuple[Path, list[str]]:
    """Draw a dashboard; return the file, and the titles of panels without a single value."""
    small = [panel for panel in board.panels if panel.small]
    large = [panel for panel in board.panels if not panel.small]
    across = max(len(small), 1) * COLUMNS
    rows = math.ceil(len(large) / COLUMNS)
    with mpl.rc_context({"font.size": 8, "text.color": INK, "axes.labelcolor": INK}):
        figure = Figure(figsize=(12, 1.4 * bool(small) + 2.3 * rows), layout="constrained")
        heights = [0.55] * bool(small) + [1.0] * rows
        grid = figure.add_gridspec(len(heights), across, height_ratios=heights)
        figure.suptitle(board.title, fontsize=12, fontweight="bold", x=0.01, ha="left")
        empty = []
        for number, panel in enumerate(small):
            shown = series(panel, ask)
            cell = figure.add_subplot(grid[0, number * COLUMNS : (number + 1) * COLUMNS])
            _figure(cell, panel, shown)
            empty += [] if _values(shown) else [panel.title]
        width = across // COLUMNS
        for number, panel in enumerate(large):
            row, column = divmod(number, COLUMNS)
            place = grid[row + bool(small), column * width : (column + 1) * width]
            shown = series(panel, ask)
            _lines(figure.add_subplot(place), panel, shown)
            empty += [] if _values(shown) else [panel.title]
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{board.uid}.png"
        figure.savefig(file, dpi=80)
    return file, empty


def said(value: float, unit: str) -> str:
    """Return a value as the panel's unit shows it."""
    if not math.isfinite(value):
        return "no value"
    if unit == "percentunit":
        return f"{100 * value:.2f} %"
    if unit == "currencyUSD":
        return f"${value:,.2f}"
    if unit == "s":
        return f"{value:.2f} s" if abs(value) < 120 else f"{value / 60:.1f} min"
    if unit == "bytes":
        return f"{value / 2**20:.0f} MiB"
    return f"{value:g}"


def _values(shown: Sequence[Series]) -> bool:
    return any(math.isfinite(value) for one in shown for value in one.values)


def _figure(axes: Axes, panel: Panel, shown: Sequence[Series]) -> None:
    axes.set_axis_off()
    axes.set_title(panel.title, fontsize=8, color=MUTED, loc="left")
    text = said(shown[0].values[-1], panel.unit) if shown and shown[0].values else "no data"
    axes.text(0.0, 0.4, text, fontsize=13, fontweight="bold", transform=axes.transAxes, va="center")


def _lines(axes: Axes, panel: Panel, shown: Sequence[Series]) -> None:
    axes.set_title(panel.title, fontsize=9, loc="left")
    for one, colour in zip(shown[:LINES], COLOURS, strict=False):
        at = [datetime.fromtimestamp(second, UTC) for second in one.at]
        axes.plot(at, one.values, lw=1.3, color=colour, label=one.legend, drawstyle="steps-post")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, alpha=0.2)
    axes.tick_params(colors=MUTED)
    if not _values(shown):
        why = f"empty without {panel.needs}" if panel.needs else "no data"
        axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", color=MUTED)
        axes.set_xticks([])
        return
    axes.xaxis.set_major_formatter(DateFormatter("%H:%M", tz=UTC))
    axes.yaxis.set_major_formatter(lambda value, _: said(value, panel.unit))
    more = len(shown) - LINES
    title = f"and {more} more" if more > 0 else None
    axes.legend(fontsize=6.5, frameon=False, loc="upper left", ncols=2, title=title)
