"""The picture of a Monte Carlo: where the real run lies among those of the lot."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from plimsoll.reporting.drawing import EVENT_COLOUR, MUTED, STYLE, WIN

COLUMNS = 6
"""Of the grid, so that one, two or three panels fill a row."""
MOST_BARS = 30


@dataclass(frozen=True, slots=True)
class LotPanel:
    """The runs' figures and the real one; a share is drawn in percent."""

    title: str
    values: Sequence[float]
    real: float
    is_share: bool = False


def monte_carlo_png(rows: Sequence[Sequence[LotPanel]], *, title: str, subtitle: str) -> bytes:
    """Return the picture as a PNG 1600 pixels wide; a row has one to three panels."""
    height = 1.1 + 3.4 * len(rows)
    with mpl.rc_context({**STYLE, "font.size": 11}):
        figure = Figure(figsize=(16, height), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.add_gridspec(len(rows), COLUMNS)
        for place, panels in enumerate(rows):
            width = COLUMNS // len(panels)
            for number, panel in enumerate(panels):
                columns = slice(number * width, (number + 1) * width)
                _draw(figure.add_subplot(grid[place, columns]), panel)
        figure.text(0.012, 1 - 0.3 / height, title, va="center", fontsize=17, fontweight="bold")
        figure.text(0.012, 1 - 0.65 / height, subtitle, va="center", color=MUTED, fontsize=11)
        rect = (0.006, 0.004, 0.988, 1 - 0.85 / height)
        figure.set_layout_engine("constrained", rect=rect, h_pad=0.06)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw(axis: Axes, panel: LotPanel) -> None:
    bars = max(8, min(MOST_BARS, len(panel.values) // 8))
    axis.hist(panel.values, bins=bars, color=WIN, edgecolor="white")
    axis.axvline(panel.real, color=EVENT_COLOUR, linewidth=2.0, label="real")
    axis.margins(y=0.2)
    axis.legend(loc="upper right", frameon=False)
    axis.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    if panel.is_share:
        axis.xaxis.set_major_formatter(PercentFormatter(xmax=1.0, decimals=None))
    axis.set_title(panel.title, loc="left", fontsize=12)
