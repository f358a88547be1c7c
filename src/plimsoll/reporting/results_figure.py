"""The picture of a results page: what many accounts made of 1, in panels under one another."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from PIL import Image

from plimsoll.reporting.drawing import (
    EVENT_COLOUR,
    HOLD_COLOUR,
    LOSS,
    MUTED,
    PAPER,
    STRATEGY_COLOURS,
    STYLE,
    WIN,
    Curve,
    thin,
)

COLOURS = (*STRATEGY_COLOURS, WIN, LOSS)
DASHES: tuple[str, ...] = ("-", "--", ":")
"""Line styles by round: once the colours are used up, the next curve starts over dashed."""
MOST_POINTS = 450
"""Fewer than a report's: a dozen lines lie over one another, and the file is kept small."""
HOLD_DASHES = ((0, (1, 1.2)), (0, (4, 1.5)), (0, (6, 1.5, 1, 1.5)))


@dataclass(frozen=True, eq=False)
class Panel:
    """Accounts to compare; ``halts`` is when the account of a curve was halted, by its name."""

    title: str
    curves: Sequence[Curve]
    halts: Mapping[str, pd.Timestamp]


@dataclass(frozen=True)
class Bar:
    """One measure of one strategy with guards off and on, as fractions of 0 or below."""

    name: str
    off: float
    on: float


def guards_png(panels: Sequence[tuple[str, Sequence[Bar]]], *, title: str, subtitle: str) -> bytes:
    """Return measures side by side as a PNG 1600 pixels wide: what was without and with guards.

    Each panel is a name and a bar for each strategy; the same strategies in all of them.

    Raises
    ------
    ValueError
        When there is no panel, or one without a bar.
    """
    if not panels or not all(bars for _, bars in panels):
        raise ValueError("a picture of what the guards bought needs a bar in every panel")
    with mpl.rc_context({**STYLE, "font.size": 13}):
        height = 1.9 + 0.52 * len(panels[0][1])
        figure = Figure(figsize=(16, height), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axis, (name, bars) in zip(axes, panels, strict=True):
            _draw_bars(axis, name, bars)
        figure.text(0.012, 1 - 0.3 / height, title, va="center", fontsize=18, fontweight="bold")
        figure.text(0.012, 1 - 0.68 / height, subtitle, va="center", color=MUTED, fontsize=13)
        axes[0].legend(
            loc="lower left", bbox_to_anchor=(-0.02, 1.06), ncols=2, frameon=False, borderaxespad=0
        )
        rect = (0.006, 0.004, 0.988, 1 - 0.95 / height)
        figure.set_layout_engine("constrained", rect=rect, w_pad=0.12)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return _with_few_colours(out)


def _draw_bars(axis: Axes, name: str, bars: Sequence[Bar]) -> None:
    rows = range(len(bars))
    thick = 0.38
    for shift, side, colour in ((-thick / 2, "off", LOSS), (thick / 2, "on", WIN)):
        values = [getattr(bar, side) for bar in bars]
        places = [row + shift for row in rows]
        axis.barh(places, values, height=thick, color=colour, label=f"guards {side}")
        for place, value in zip(places, values, strict=True):
            text = f"{value:.1%}".replace("-0.0%", "0.0%").replace("-", "−")
            axis.annotate(
                text,
                (value, place),
                xytext=(-4, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=10,
            )
    axis.set_yticks(list(rows), [bar.name for bar in bars])
    axis.set_ylim(len(bars) - 0.4, -0.6)
    axis.set_xlim(min(min(bar.off, bar.on) for bar in bars) * 1.25 - 1e-6, 0)
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.grid(visible=False, axis="y")
    axis.set_title(name.capitalize(), loc="right", fontsize=13)


def results_png(panels: Sequence[Panel], *, title: str, subtitle: str) -> bytes:
    """Return the panels as a PNG, 1600 pixels wide and 560 a panel high.

    Equity is shown as a multiple of its first value on a logarithmic axis, the same in all
    panels. A name has one colour throughout. A cross is where an account was halted.

    Raises
    ------
    ValueError
        When there is no panel, or one without a curve.
    """
    if not panels or not all(panel.curves for panel in panels):
        raise ValueError("a picture of results needs a curve in every panel")
    styles = _styles(panels)
    with mpl.rc_context({**STYLE, "font.size": 10}):
        figure = Figure(figsize=(16, 1.0 + 5.2 * len(panels)), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(len(panels), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
        for axis, panel in zip(axes, panels, strict=True):
            _draw(axis, panel, styles)
        ends = [curve.equity.index[[0, -1]] for panel in panels for curve in panel.curves]
        axes[0].set_xlim(date2num(min(end[0] for end in ends)), date2num(max(e[1] for e in ends)))
        axes[-1].set_xlabel("Time (UTC)")
        height = figure.get_figheight()
        figure.text(0.012, 1 - 0.3 / height, title, va="center", fontsize=17, fontweight="bold")
        figure.text(0.012, 1 - 0.65 / height, subtitle, va="center", color=MUTED, fontsize=11)
        rect = (0.006, 0.004, 0.988, 1 - 0.85 / height)
        figure.set_layout_engine("constrained", rect=rect, h_pad=0.06)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return _with_few_colours(out)


def _with_few_colours(png: io.BytesIO) -> bytes:
    """Return a PNG with a palette: lines and text need no more, and it has a third of the size."""
    small = io.BytesIO()
    with Image.open(png) as picture:
        picture.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(
            small, format="png", optimize=True
        )
    return small.getvalue()


def _draw(axis: Axes, panel: Panel, styles: Mapping[str, dict[str, Any]]) -> None:
    last = {
        curve.name: float(curve.equity.iloc[-1] / curve.equity.iloc[0]) for curve in panel.curves
    }
    for curve in sorted(panel.curves, key=lambda one: -last[one.name]):
        line = thin(curve.equity / float(curve.equity.iloc[0]), MOST_POINTS)
        label = f"{curve.name}  {last[curve.name] - 1:+.1%}"
        axis.plot(date2num(line.index), line.to_numpy(), label=label, **styles[curve.name])
        halted = panel.halts.get(curve.name)
        if halted is not None:
            level = cast("float", (curve.equity / float(curve.equity.iloc[0])).asof(halted))
            axis.plot(
                date2num(halted),
                level,
                marker="X",
                markersize=10,
                color=EVENT_COLOUR,
                markeredgecolor=PAPER,
                zorder=6,
            )
    axis.axhline(1.0, color=MUTED, linewidth=0.8)
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0)))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    axis.set_ylabel("Equity, multiple of the start")
    axis.set_title(panel.title, loc="left", fontsize=12)
    locator = AutoDateLocator(minticks=6, maxticks=12)
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    axis.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, borderaxespad=0.4)


def _styles(panels: Sequence[Panel]) -> dict[str, dict[str, Any]]:
    """Give each name its line, in the order of first appearance."""
    styles: dict[str, dict[str, Any]] = {}
    holds = 0
    for curve in (curve for panel in panels for curve in panel.curves):
        if curve.name in styles:
            continue
        if curve.is_hold:
            styles[curve.name] = {
                "color": HOLD_COLOUR,
                "linestyle": HOLD_DASHES[holds % len(HOLD_DASHES)],
                "linewidth": 1.3,
            }
            holds += 1
            continue
        turn, colour = divmod(len(styles) - holds, len(COLOURS))
        styles[curve.name] = {
            "color": COLOURS[colour],
            "linestyle": DASHES[turn % len(DASHES)],
            "linewidth": 1.7,
        }
    return styles
