"""The figures of a report: equity, drawdown and trades on price, as SVG text or one PNG.

Drawn through matplotlib's object API with the Agg and SVG canvases: no display, no state, the
same bytes for the same input.
"""

import io
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from plimsoll.performance.drawdown import drawdown_curve
from plimsoll.reporting.canvas import WIDE, Layout, key_above, svgs, time_axis
from plimsoll.reporting.drawing import (
    EVENT_COLOUR,
    HOLD_COLOUR,
    INK,
    LOSS,
    MOST_LISTED_MARKS,
    MOST_MARK_LETTERS,
    MUTED,
    PAPER,
    PRICE_COLOUR,
    STRATEGY_COLOURS,
    STRATEGY_DASHES,
    STYLE,
    WIN,
    Curve,
    Drawing,
    Mark,
    PricePanel,
    merged_bars,
    thin,
    tick_text,
)
from plimsoll.reporting.guard_marks import draw_guards


def equity_svgs(drawing: Drawing, key: str, title: str, summary: str) -> list[tuple[str, str]]:
    """Return the equity figure for inlining in HTML, one SVG text a layout."""
    return _svgs(drawing, _draw_equity, key, title, summary, height_inches=3.7)


def price_svgs(drawing: Drawing, key: str, title: str, summary: str) -> list[tuple[str, str]]:
    """Return trades on price, one SVG text a layout; the drawing must have a price panel."""
    return _svgs(drawing, _draw_price, key, title, summary, height_inches=4.2)


def overview_png(drawing: Drawing) -> bytes:
    """Return all panels under one another as a PNG of 1600 × 1000 pixels."""
    panels = [_draw_equity, _draw_drawdown]
    heights = [3.3, 2.0]
    if drawing.price is not None:
        panels.insert(0, _draw_price)
        heights.insert(0, 4.0)
    with mpl.rc_context({**STYLE, "font.size": 10}):
        figure = Figure(figsize=(16, 10), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
        for axis, draw in zip(axes, panels, strict=True):
            draw(axis, drawing, WIDE)
            _draw_marks(axis, drawing.marks, numbered=axis is axes[0])
        axes[-1].set_xlabel(_time_label(drawing))
        figure.align_ylabels()
        _caption(figure, drawing)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _caption(figure: Figure, drawing: Drawing) -> None:
    """Write title and subtitle above the panels, and what the numbers mean below them."""
    figure.text(0.012, 0.972, drawing.title, va="center", fontsize=17, fontweight="bold")
    figure.text(0.012, 0.938, drawing.subtitle, va="center", color=MUTED, fontsize=11)
    alone = len(drawing.marks) == 1
    listed = [
        f"{number}  {mark.at:%Y-%m-%d %H:%M}  {_shortened(mark.text, alone=alone)}"
        for number, mark in enumerate(drawing.marks[:MOST_LISTED_MARKS], start=1)
    ]
    for place, text in enumerate(listed):
        row, column = divmod(place, 2)
        bottom = 0.014 + 0.021 * (-(-len(listed) // 2) - 1 - row)
        figure.text(0.012 + 0.5 * column, bottom, text, va="center", color=EVENT_COLOUR)
    below = 0.004 + 0.021 * -(-len(listed) // 2)
    rect = (0.006, below, 0.988, 0.922 - below)
    figure.set_layout_engine("constrained", rect=rect, h_pad=0.06, w_pad=0.08, hspace=0.03)


def _shortened(text: str, *, alone: bool) -> str:
    """Cut a text to its column; a mark that is alone has both."""
    most = 2 * MOST_MARK_LETTERS if alone else MOST_MARK_LETTERS
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _svgs(
    drawing: Drawing,
    draw: Callable[[Axes, Drawing, Layout], None],
    key: str,
    title: str,
    summary: str,
    *,
    height_inches: float,
) -> list[tuple[str, str]]:
    def whole(axis: Axes, layout: Layout) -> None:
        draw(axis, drawing, layout)
        axis.set_xlabel(_time_label(drawing))
        _draw_marks(axis, drawing.marks, numbered=True)

    return svgs(key, title, summary, whole, height_inches=height_inches)


def _draw_equity(axis: Axes, drawing: Drawing, layout: Layout) -> None:
    handles: list[Line2D | Patch] = []
    for curve, style in _styled(drawing.curves):
        line = thin(curve.equity, layout.most_points)
        handles += axis.plot(date2num(line.index), line.to_numpy(), label=curve.name, **style)
    handles += draw_guards(axis, drawing)
    axis.set_ylabel(f"Equity ({drawing.unit})")
    axis.yaxis.set_major_locator(MaxNLocator(nbins=6))
    low, high = axis.get_ylim()
    axis.yaxis.set_major_formatter(FuncFormatter(tick_text(high - low)))
    _finish(axis, drawing, layout)
    key_above(axis, handles, layout)


def _draw_drawdown(axis: Axes, drawing: Drawing, layout: Layout) -> None:
    for curve, style in _styled(drawing.curves):
        line = -thin(drawdown_curve(curve.equity), layout.most_points) * 100.0
        axis.plot(date2num(line.index), line.to_numpy(), label=curve.name, **style)
    axis.set_ylabel("Drawdown (%)")
    axis.set_ylim(top=0.0)
    axis.margins(y=0.08)
    axis.yaxis.set_major_locator(MaxNLocator(nbins=5))
    _finish(axis, drawing, layout)


def _draw_price(axis: Axes, drawing: Drawing, layout: Layout) -> None:
    panel = drawing.price
    if panel is None:
        raise ValueError("this drawing has no price panel")
    candles = panel.candles.set_index("date")
    bars = merged_bars(candles)
    times = date2num(bars.index)
    axis.fill_between(times, bars["low"], bars["high"], color=PRICE_COLOUR, alpha=0.28, linewidth=0)
    axis.plot(times, bars["close"], color=PRICE_COLOUR, linewidth=0.9, label="price, high to low")
    shown = panel.trades[panel.trades["pair"] == panel.pair]
    _draw_trades(axis, shown)
    axis.set_ylabel(f"{panel.pair.split(':')[0]} price")
    low, high = axis.get_ylim()
    axis.yaxis.set_major_formatter(FuncFormatter(tick_text(high - low)))
    _finish(axis, drawing, layout)
    _price_legend(axis, panel, len(shown), layout)


def _draw_trades(axis: Axes, trades: pd.DataFrame) -> None:
    size = float(np.clip(1800.0 / max(len(trades), 1), 9.0, 52.0))
    closed = trades[trades["close_date"].notna()]
    for outcome, colour in ((True, WIN), (False, LOSS)):
        rows = closed[(closed["profit_abs"] > 0) == outcome]
        opened, ended = date2num(rows["open_date"]), date2num(rows["close_date"])
        rates = rows["open_rate"].to_numpy("float64"), rows["close_rate"].to_numpy("float64")
        axis.plot(
            np.vstack([opened, ended]), np.vstack(rates), color=colour, linewidth=0.9, alpha=0.55
        )
        for is_short, shape in ((False, "^"), (True, "v")):
            side = rows["is_short"].to_numpy(bool) == is_short
            axis.scatter(
                opened[side],
                rates[0][side],
                s=size,
                marker=shape,
                color=colour,
                edgecolors=PAPER,
                linewidths=0.5,
                zorder=4,
            )
        exit_shape = "o" if outcome else "X"
        axis.scatter(
            ended,
            rates[1],
            s=size * 0.8,
            marker=exit_shape,
            facecolors=PAPER if outcome else colour,
            edgecolors=colour,
            linewidths=1.1 if outcome else 0.3,
            zorder=5,
        )
    _draw_open_trades(axis, trades[trades["close_date"].isna()], size)


def _draw_open_trades(axis: Axes, trades: pd.DataFrame, size: float) -> None:
    for is_short, shape in ((False, "^"), (True, "v")):
        rows = trades[trades["is_short"].to_numpy(bool) == is_short]
        axis.scatter(
            date2num(rows["open_date"]),
            rows["open_rate"].to_numpy("float64"),
            s=size,
            marker=shape,
            facecolors=PAPER,
            edgecolors=INK,
            linewidths=1.0,
            zorder=4,
        )


def _price_legend(axis: Axes, panel: PricePanel, shown: int, layout: Layout) -> None:
    def key(marker: str, colour: str, label: str, face: str | None = None) -> Line2D:
        return Line2D(
            [],
            [],
            linestyle="none",
            marker=marker,
            markersize=6.5,
            markerfacecolor=colour if face is None else face,
            markeredgecolor=colour,
            label=label,
        )

    handles = [
        key("^", MUTED, "long entry"),
        key("v", MUTED, "short entry"),
        key("o", WIN, "exit with profit", PAPER),
        key("X", LOSS, "exit with loss"),
    ]
    what = f"{shown} trade{'' if shown == 1 else 's'} of {panel.strategy}"
    lead = Line2D([], [], linestyle="none", label=what)
    key_above(axis, [lead, *handles], layout)


def _finish(axis: Axes, drawing: Drawing, layout: Layout) -> None:
    """Set the time axis to the span of the curves."""
    ends = [curve.equity.index[[0, -1]] for curve in drawing.curves]
    if ends:
        axis.set_xlim(
            date2num(min(pair[0] for pair in ends)), date2num(max(pair[1] for pair in ends))
        )
    time_axis(axis, layout)


def _time_label(drawing: Drawing) -> str:
    first = min(curve.equity.index[0] for curve in drawing.curves)
    last = max(curve.equity.index[-1] for curve in drawing.curves)
    return f"UTC, {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _draw_marks(axis: Axes, marks: Sequence[Mark], *, numbered: bool) -> None:
    low, high = axis.get_xlim()
    for number, (at, level) in enumerate(_levels(marks, (low, high)), start=1):
        if not low <= at <= high:
            continue
        axis.axvline(at, color=EVENT_COLOUR, linewidth=1.1, linestyle=(0, (4, 2)), zorder=3)
        if not numbered:
            continue
        axis.annotate(
            str(number),
            (at, 0.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 9 + 15 * level),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=8.5,
            color="#ffffff",
            zorder=6,
            bbox={"boxstyle": "circle,pad=0.22", "facecolor": EVENT_COLOUR, "linewidth": 0},
        )


def _levels(marks: Sequence[Mark], limits: tuple[float, float]) -> list[tuple[float, int]]:
    """Place each mark's number one row higher while it would touch the one before it."""
    near = (limits[1] - limits[0]) * 0.024
    placed: list[tuple[float, int]] = []
    for mark in marks:
        at = float(date2num(mark.at))
        taken = {level for other, level in placed if abs(other - at) < near}
        level = next(row for row in range(len(taken) + 1) if row not in taken)
        placed.append((at, level))
    return placed


def _styled(curves: Sequence[Curve]) -> list[tuple[Curve, dict[str, Any]]]:
    styled: list[tuple[Curve, dict[str, Any]]] = []
    count = 0
    for curve in curves:
        if curve.is_hold:
            style: dict[str, Any] = {"color": HOLD_COLOUR, "linestyle": (0, (1, 1.2))}
        else:
            turn = count % len(STRATEGY_COLOURS)
            style = {"color": STRATEGY_COLOURS[turn], "linestyle": STRATEGY_DASHES[turn]}
            count += 1
        styled.append((curve, {**style, "linewidth": 1.5 if curve.is_hold else 1.7}))
    return styled
