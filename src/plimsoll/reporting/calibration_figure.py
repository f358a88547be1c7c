"""How often a gate opens, as one PNG: by the strength of the edge, and criterion by criterion."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from plimsoll.core import PlimsollError
from plimsoll.reporting.drawing import HOLD_COLOUR, LOSS, MUTED, STRATEGY_COLOURS, STYLE, WIN

MARKERS = ("o", "s", "^", "D", "v", "P")
MOST_WRONG, LEAST_RIGHT = 0.05, 0.80
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Point:
    """A share of markets on which the gate opened, its interval, and their mean Sharpe ratio."""

    sharpe: float
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bars:
    """The share of markets that met each criterion, without an edge and with one."""

    without: Mapping[str, float]
    planted: Mapping[str, float]


def calibration_png(
    curves: Mapping[str, Sequence[Point]], bars: Bars, *, years: float, title: str
) -> bytes:
    """Return the picture as a PNG of 1600 × 700 pixels; ``years`` are those tested.

    Raises
    ------
    PlimsollError
        When no curve has a point.
    """
    if not any(curves.values()):
        raise PlimsollError("a picture of a calibration needs a point, found none")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(16, 7), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2, width_ratios=(3, 2))
        _draw_curves(left, curves, years)
        _draw_bars(right, bars)
        figure.suptitle(title, x=0.012, ha="left", fontsize=16, fontweight="bold")
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw_curves(axis: Axes, curves: Mapping[str, Sequence[Point]], years: float) -> None:
    for place, (name, points) in enumerate(curves.items()):
        ordered = sorted(points, key=lambda one: one.sharpe)
        shares = [one.share for one in ordered]
        below = [one.share - one.low for one in ordered]
        above = [one.high - one.share for one in ordered]
        axis.errorbar(
            [one.sharpe for one in ordered],
            shares,
            yerr=[below, above],
            color=STRATEGY_COLOURS[place % len(STRATEGY_COLOURS)],
            marker=MARKERS[place % len(MARKERS)],
            lw=1.6,
            elinewidth=1.0,
            capsize=3,
            label=name,
        )
    reach = [one.sharpe for points in curves.values() for one in points]
    grid = np.linspace(min(reach), max(reach), 200)
    normal = NormalDist()
    ideal = [normal.cdf(one * math.sqrt(years) - normal.inv_cdf(LEVEL)) for one in grid]
    axis.plot(grid, ideal, color=HOLD_COLOUR, lw=1.2, ls="--", label="the bound alone, normal days")
    for share, colour, words in (
        (MOST_WRONG, LOSS, "5 %: at most, without an edge"),
        (LEAST_RIGHT, WIN, "80 %: at least, with one"),
    ):
        axis.axhline(share, color=colour, lw=1, ls=":")
        axis.annotate(
            words, (0.99, share), xycoords=("axes fraction", "data"), ha="right", va="bottom",
            color=colour, fontsize=9.5,
        )  # fmt: skip
    axis.axvline(0.0, color=MUTED, lw=0.8)
    axis.set_ylim(-0.02, 1.02)
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axis.set_xlabel("mean yearly Sharpe ratio out of sample, after costs")
    axis.set_ylabel("markets on which the gate opened")
    axis.legend(loc="upper left", frameon=False)


def _draw_bars(axis: Axes, bars: Bars) -> None:
    names = list(bars.without)
    places = np.arange(len(names))
    axis.barh(places - 0.2, [bars.without[name] for name in names], 0.38, color=LOSS, label="none")
    planted = [bars.planted.get(name, 0.0) for name in names]
    axis.barh(places + 0.2, planted, 0.38, color=WIN, label="the strongest planted")
    axis.set_yticks(places, [name.replace("_", " ") for name in names])
    axis.invert_yaxis()
    axis.set_xlim(0, 1)
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axis.set_xlabel("markets that meet the criterion, whatever the others say")
    axis.legend(title="edge", loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False)
