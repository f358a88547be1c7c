"""The picture of a walk-forward: the tested account, the paths, and where the winners lay."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from plimsoll.reporting.drawing import EVENT_COLOUR, GRID, MUTED, STYLE, WIN

PANELS_A_ROW = 3


@dataclass(frozen=True, slots=True)
class ParameterPanel:
    """The winners' values of a parameter by window; ``low`` and ``high`` are its range."""

    name: str
    values: Sequence[float]
    low: float
    high: float


def walk_forward_png(
    returns: "pd.Series[float]",
    borders: Sequence[pd.Timestamp],
    parameters: Sequence[ParameterPanel],
    sharpes: Sequence[float],
    *,
    title: str,
    subtitle: str,
) -> bytes:
    """Return the picture as a PNG 1600 pixels wide.

    ``returns`` are those of each tested day, ``borders`` where windows begin, ``sharpes`` those
    of the paths (none leaves their panel out).
    """
    rows = -(-len(parameters) // PANELS_A_ROW)
    with mpl.rc_context({**STYLE, "font.size": 11}):
        height = 1.1 + 4.0 + 2.3 * rows
        figure = Figure(figsize=(16, height), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.add_gridspec(1 + rows, 6, height_ratios=[4.0, *[2.3] * rows])
        wide = 4 if sharpes else 6
        _draw_account(figure.add_subplot(grid[0, :wide]), returns, borders)
        if sharpes:
            _draw_paths(figure.add_subplot(grid[0, wide:]), sharpes)
        for number, one in enumerate(parameters):
            row, column = divmod(number, PANELS_A_ROW)
            axis = figure.add_subplot(grid[1 + row, 2 * column : 2 * column + 2])
            _draw_parameter(axis, one)
        figure.text(0.012, 1 - 0.3 / height, title, va="center", fontsize=17, fontweight="bold")
        figure.text(0.012, 1 - 0.65 / height, subtitle, va="center", color=MUTED, fontsize=11)
        rect = (0.006, 0.004, 0.988, 1 - 0.85 / height)
        figure.set_layout_engine("constrained", rect=rect, h_pad=0.06)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw_account(axis: Axes, returns: "pd.Series[float]", borders: Sequence[pd.Timestamp]) -> None:
    first = pd.DatetimeIndex(returns.index)[:1] - pd.Timedelta(days=1)
    grown = pd.concat([pd.Series([1.0], index=first), (1.0 + returns).cumprod()])
    axis.plot(date2num(grown.index), grown.to_numpy(), color=WIN, linewidth=1.7)
    for border in borders:
        axis.axvline(float(date2num(border)), color=GRID, linewidth=1.2)
    axis.axhline(1.0, color=MUTED, linewidth=0.8)
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}×"))
    locator = AutoDateLocator(minticks=4, maxticks=9)
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    axis.set_title("Account over all tests, out of sample", loc="left", fontsize=12)


def _draw_paths(axis: Axes, sharpes: Sequence[float]) -> None:
    axis.hist(sharpes, bins=max(5, min(20, len(sharpes))), color=WIN, edgecolor="white")
    axis.axvline(0.0, color=EVENT_COLOUR, linewidth=1.2)
    axis.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axis.set_title(f"Sharpe ratio a year of {len(sharpes)} paths", loc="left", fontsize=12)


def _draw_parameter(axis: Axes, one: ParameterPanel) -> None:
    windows = range(1, len(one.values) + 1)
    axis.plot(windows, one.values, marker="o", color=WIN, linewidth=1.4)
    width = one.high - one.low
    axis.set_ylim(one.low - 0.05 * width, one.high + 0.05 * width)
    axis.set_xticks(list(windows))
    axis.set_title(f"{one.name} by window, over its range", loc="left", fontsize=11)
