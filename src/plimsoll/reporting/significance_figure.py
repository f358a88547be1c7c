"""What a track record proves, as one PNG: its interval as it grew, and the ranks of its search."""

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from plimsoll.core import PlimsollError
from plimsoll.performance.overfitting import Overfitting
from plimsoll.performance.sharpe_track import TrackPoint
from plimsoll.reporting.drawing import HOLD_COLOUR, LOSS, MUTED, STYLE, WIN

BINS = 40


def significance_png(
    track: Sequence[TrackPoint], search: Overfitting | None, *, title: str
) -> bytes:
    """Return the picture as a PNG of 1600 × 700 pixels; without a search its panel is left out.

    Raises
    ------
    PlimsollError
        When the track has fewer than two points.
    """
    if len(track) < 2:
        raise PlimsollError(f"a picture of a track needs two points, found {len(track)}")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(16, 7), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(1, 1 if search is None else 2, squeeze=False)
        _draw_track(panels[0, 0], track)
        if search is not None:
            _draw_ranks(panels[0, 1], search)
        figure.suptitle(title, x=0.012, ha="left", fontsize=16, fontweight="bold")
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw_track(axis: Axes, track: Sequence[TrackPoint]) -> None:
    days = [one.days for one in track]
    axis.fill_between(
        days,
        [one.low for one in track],
        [one.high for one in track],
        color=WIN,
        alpha=0.2,
        lw=0,
        label="95 % interval",
    )
    axis.plot(days, [one.sharpe for one in track], color=WIN, lw=2, label="Sharpe ratio, a year's")
    axis.axhline(0.0, color=HOLD_COLOUR, lw=1, ls="--")
    axis.set_xlabel("days of the track record")
    axis.set_title("How precisely it is known", loc="left", fontsize=12.5)
    axis.legend(loc="upper right", frameon=False)
    axis.margins(x=0.01)


def _draw_ranks(axis: Axes, search: Overfitting) -> None:
    farthest = float(np.abs(search.logits).max()) or 1.0
    edges = np.linspace(-farthest, farthest, BINS + 1)
    axis.hist(search.logits, bins=edges.tolist(), color=WIN, alpha=0.8)
    for patch, left in zip(axis.patches, edges[:-1], strict=True):
        if left < 0:
            patch.set_facecolor(LOSS)
    axis.axvline(0.0, color=HOLD_COLOUR, lw=1, ls="--")
    axis.set_xlabel("logit of the best trial's rank on the other days; 0 is the median")
    axis.set_ylabel("splits")
    axis.set_title(
        f"Probability of overfitting {search.probability:.0%} ({search.trials:,} trials)",
        loc="left",
        fontsize=12.5,
    )
    axis.tick_params(labelcolor=MUTED)
