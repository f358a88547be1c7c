"""What the guards did, drawn: bands and marks on an equity curve, and denials over time."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from plimsoll.performance.guard_acts import GuardActs
from plimsoll.reporting.canvas import Layout, Panel, key_above, panel, time_axis
from plimsoll.reporting.drawing import (
    HOLD_COLOUR,
    PAPER,
    POINT_STYLES,
    SPAN_STYLES,
    STRATEGY_COLOURS,
    Drawing,
    Point,
)
from plimsoll.reporting.words import day_text

MOST_RULES = 6
"""Rules that a figure of denials tells apart; the others are one."""


def draw_guards(axis: Axes, drawing: Drawing) -> list[Line2D | Patch]:
    """Draw bands and marks on the first curve of a drawing; return what the key says of them.

    What was only observed is hatched and hollow, so that it does not look like what was done.
    """
    handles: list[Line2D | Patch] = []
    for kind, observed in dict.fromkeys((one.kind, one.observed) for one in drawing.spans):
        colour, done, watched = SPAN_STYLES[kind]
        look: dict[str, Any] = {"facecolor": colour, "edgecolor": "none"}
        if observed:
            look = {"facecolor": "none", "edgecolor": colour, "hatch": "////"}
        alpha = 0.45 if observed else 0.13
        for span in drawing.spans:
            if (span.kind, span.observed) == (kind, observed):
                start, end = date2num(span.start), date2num(span.end)
                axis.axvspan(start, end, alpha=alpha, linewidth=0, zorder=1, **look)
        handles.append(Patch(alpha=0.5, label=watched if observed else done, **look))
    for kind, observed in dict.fromkeys((one.kind, one.observed) for one in drawing.points):
        points = [one for one in drawing.points if (one.kind, one.observed) == (kind, observed)]
        handles.append(_marked(axis, drawing, points))
    return handles


def _marked(axis: Axes, drawing: Drawing, points: list[Point]) -> Line2D:
    marker, colour, done, watched = POINT_STYLES[points[0].kind]
    observed = points[0].observed
    line = drawing.curves[0].equity
    places = np.clip(line.index.searchsorted([one.at for one in points]), 0, len(line) - 1)
    is_cross = marker == "x"
    (drawn,) = axis.plot(
        date2num([one.at for one in points]),
        line.to_numpy()[places],
        linestyle="none",
        marker=marker,
        markersize=5.0 if is_cross else 8.0,
        markerfacecolor=PAPER if observed else colour,
        markeredgecolor=colour if observed or is_cross else PAPER,
        markeredgewidth=1.2 if observed or is_cross else 0.8,
        zorder=6,
        label=watched if observed else done,
    )
    return drawn


def denials_panel(
    key: str, acts: GuardActs, span: tuple[pd.Timestamp, pd.Timestamp], caption: str
) -> Panel | None:
    """Draw what was denied or cut over the run, by rule; None when nothing was."""
    days = [(day, one.rule, n) for one in acts.denials for day, n in one.by_day.items()]
    if not days:
        return None
    binned, word = _binned(days, (span[1] - span[0]) / pd.Timedelta(days=1))

    def draw(axis: Axes, layout: Layout) -> None:
        base = np.zeros(len(binned))
        times = date2num(binned.index)
        width = {"day": 1.0, "week": 7.0, "month": 28.0}[word] * 0.86
        handles: list[Line2D | Patch] = []
        for place, name in enumerate(binned.columns):
            colour = STRATEGY_COLOURS[place] if place < MOST_RULES else HOLD_COLOUR
            values = binned[name].to_numpy(dtype="float64")
            axis.bar(times, values, width, bottom=base, align="edge", color=colour)
            handles.append(Patch(color=colour, label=str(name)))
            base = base + values
        axis.set_xlim(date2num(span[0]), date2num(span[1]))
        axis.set_ylabel(f"Denied or cut per {word}")
        axis.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        time_axis(axis, layout)
        key_above(axis, handles, layout)

    counts = ", ".join(f"{name} {int(total):,}" for name, total in binned.sum().items())
    summary = f"{sum(n for *_, n in days):,} in all: {counts}."
    rows = [
        (day_text(at), *(f"{int(value):,}" for value in values))
        for at, values in zip(pd.DatetimeIndex(binned.index), binned.to_numpy(), strict=True)
        if values.any()
    ]
    words = (f"Denials and cuts per {word}", summary, caption)
    return panel(key, words, draw, 2.6, (word.capitalize(), *map(str, binned.columns)), rows)


def _binned(days: Sequence[tuple[date, str, int]], length: float) -> tuple[pd.DataFrame, str]:
    """Sum denials by rule over days, weeks or months; the rarest rules become one column."""
    frame = pd.DataFrame(days, columns=["day", "rule", "count"])
    frame["day"] = pd.to_datetime(frame["day"], utc=True)
    table = frame.pivot_table(index="day", columns="rule", values="count", aggfunc="sum")
    table = table.fillna(0.0).sort_index()
    order = table.sum().sort_values(ascending=False).index
    kept = table[order[:MOST_RULES]].copy()
    if len(order) > MOST_RULES:
        kept["other rules"] = table[order[MOST_RULES:]].sum(axis=1)
    for rule, word, most in (("D", "day", 70.0), ("W-MON", "week", 600.0)):
        if length <= most:
            return kept.resample(rule, label="left", closed="left").sum(), word
    return kept.resample("MS").sum(), "month"
