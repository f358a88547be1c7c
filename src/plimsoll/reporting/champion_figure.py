"""Champion against challenger as one PNG: what each would have made, and how sure that is."""

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from plimsoll.champions.judging import Judgement
from plimsoll.champions.seat import Outcome
from plimsoll.core import PlimsollError
from plimsoll.reporting.canvas import WIDE, time_axis
from plimsoll.reporting.drawing import HOLD_COLOUR, LOSS, MUTED, STYLE, WIN

LEAST = 2


def champion_png(
    outcomes: Sequence[Outcome],
    judged: Judgement,
    *,
    champion: str,
    other: str,
    title: str,
    needed: int,
) -> bytes:
    """Return the picture as a PNG of 1600 × 700 pixels.

    On the left the sum of both models' returns by candle, in per cent of the stake; on the right
    the Sharpe ratio of the other less the champion's, a year's, with its interval.

    Raises
    ------
    PlimsollError
        With fewer than two outcomes.
    """
    if len(outcomes) < LEAST:
        raise PlimsollError(f"a picture of a trial needs two outcomes, found {len(outcomes)}")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(16, 7), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2, width_ratios=[3, 1])
        _draw_sums(left, outcomes, champion, other, needed)
        _draw_difference(right, judged, champion, other)
        figure.suptitle(title, x=0.012, ha="left", fontsize=16, fontweight="bold")
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw_sums(
    axis: Axes, outcomes: Sequence[Outcome], champion: str, other: str, needed: int
) -> None:
    times = date2num([one.since for one in outcomes])
    series = [(champion, [one.own for one in outcomes], HOLD_COLOUR)]
    series.append((other, [one.other for one in outcomes], WIN))
    for name, returns, colour in series:
        axis.plot(times, np.cumsum(returns) * 100.0, color=colour, lw=2, label=name)
    axis.axhline(0.0, color=MUTED, lw=0.8, ls="--")
    time_axis(axis, WIDE)
    axis.set_ylabel("sum of returns after costs (%)")
    axis.set_title(
        f"In shadow: {len(outcomes)} of {needed} candles that neither has seen",
        loc="left",
        fontsize=12.5,
    )
    axis.legend(loc="upper left", frameon=False)
    axis.margins(x=0.01)


def _draw_difference(axis: Axes, judged: Judgement, champion: str, other: str) -> None:
    axis.set_title("Difference in Sharpe ratio", loc="left", fontsize=12.5)
    axis.set_xticks([])
    axis.axhline(0.0, color=HOLD_COLOUR, lw=1, ls="--")
    if judged.difference is None or judged.low is None or judged.high is None:
        axis.text(0.5, 0.5, "not known yet", ha="center", va="center", transform=axis.transAxes)
        axis.set_yticks([])
        return
    colour = WIN if judged.low > 0 else LOSS if judged.high < 0 else MUTED
    reach = [[judged.difference - judged.low], [judged.high - judged.difference]]
    axis.errorbar(
        [0], [judged.difference], yerr=reach, fmt="o", color=colour, capsize=14, lw=2.5, ms=9
    )
    axis.set_xlim(-1, 1)
    axis.set_ylabel(f"{other} less {champion}, a year's")
