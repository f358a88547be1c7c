"""The picture of a selection: what each feature is worth, window by window, beside the shadows."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from plimsoll.reporting.drawing import EVENT_COLOUR, HOLD_COLOUR, MUTED, STYLE, WIN

MOST = 60
"""Features that fit a picture; the rest is in the table."""
MILLI = 1_000.0


@dataclass(frozen=True, slots=True)
class Worth:
    """A feature: by how much the log loss grows without it (nats a row), and in each window."""

    name: str
    value: float
    by_window: Sequence[float]
    kept: bool


def selection_png(features: Sequence[Worth], shadow: float, *, title: str, subtitle: str) -> bytes:
    """Return the picture as a PNG 1200 pixels wide, its height by the number of features.

    ``shadow`` is what a feature is worth that knows nothing.
    """
    shown = features[:MOST]
    height = 1.9 + 0.26 * len(shown)
    with mpl.rc_context({**STYLE, "font.size": 10}):
        figure = Figure(figsize=(12, height), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        axis = figure.subplots()
        places = np.arange(len(shown))
        axis.barh(
            places,
            [one.value * MILLI for one in shown],
            color=[WIN if one.kept else HOLD_COLOUR for one in shown],
            height=0.7,
        )
        for number in range(len(shown[0].by_window)):
            values = [one.by_window[number] * MILLI for one in shown]
            label = "each window" if number == 0 else None
            axis.plot(values, places, ls="", marker="|", ms=8, color=MUTED, label=label)
        axis.axvline(
            shadow * MILLI, color=EVENT_COLOUR, lw=1.2, ls="--", label="best shadow, on average"
        )
        axis.set_yticks(places, [one.name for one in shown])
        axis.set_ylim(len(shown) - 0.3, -0.7)
        axis.set_xlabel("growth of the log loss when it is moved in time, 1/1000 nat a row")
        axis.legend(loc="lower right", frameon=False)
        figure.text(0.012, 1 - 0.3 / height, title, va="center", fontsize=15, fontweight="bold")
        figure.text(0.012, 1 - 0.62 / height, subtitle, va="center", color=MUTED)
        rect = (0.006, 0.004, 0.988, 1 - 0.85 / height)
        figure.set_layout_engine("constrained", rect=rect)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
