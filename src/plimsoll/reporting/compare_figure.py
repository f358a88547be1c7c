"""The picture of a comparison: both accounts, and how each does by the market's state."""

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from plimsoll.performance.comparison import Apart
from plimsoll.performance.forecasts import Bin
from plimsoll.reporting.drawing import HOLD_COLOUR, MUTED, STYLE, WIN

HEIGHT = 7.0


def compare_png(
    candidate: "pd.Series[float]",
    baseline: "pd.Series[float]",
    states: Sequence[Apart],
    forecasts: Sequence[Bin] = (),
    *,
    names: tuple[str, str],
    title: str,
    subtitle: str,
) -> bytes:
    """Return the picture as a PNG of 1600 × 700 pixels.

    ``candidate`` and ``baseline`` are daily returns on the same days; without ``states`` or
    ``forecasts`` their panel is left out.
    """
    with mpl.rc_context({**STYLE, "font.size": 11}):
        figure = Figure(figsize=(16, HEIGHT), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        widths = [2.2, *([1.0] if states else []), *([1.0] if forecasts else [])]
        panels = figure.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0]
        _draw_accounts(panels[0], candidate, baseline, names)
        if states:
            _draw_states(panels[1], states, names)
        if forecasts:
            _draw_forecasts(panels[-1], forecasts)
        figure.text(0.012, 1 - 0.3 / HEIGHT, title, va="center", fontsize=17, fontweight="bold")
        figure.text(0.012, 1 - 0.65 / HEIGHT, subtitle, va="center", color=MUTED, fontsize=11)
        rect = (0.006, 0.004, 0.988, 1 - 0.85 / HEIGHT)
        figure.set_layout_engine("constrained", rect=rect, h_pad=0.06, w_pad=0.06)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw_accounts(
    axis: Axes, candidate: "pd.Series[float]", baseline: "pd.Series[float]", names: tuple[str, str]
) -> None:
    for returns, name, colour in zip(
        (baseline, candidate), reversed(names), (HOLD_COLOUR, WIN), strict=True
    ):
        grown = (1.0 + returns).cumprod() - 1.0
        axis.plot(grown.index, grown.to_numpy(), color=colour, lw=1.8, label=name)
    axis.axhline(0.0, color=MUTED, lw=0.8, ls="--")
    locator = AutoDateLocator(maxticks=7)
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axis.yaxis.set_major_formatter(PercentFormatter(xmax=1.0, decimals=0))
    axis.set_title("Return since the first day, open positions marked", loc="left", fontsize=12)
    axis.legend(loc="upper left", frameon=False)


def _draw_states(axis: Axes, states: Sequence[Apart], names: tuple[str, str]) -> None:
    places = np.arange(len(states), dtype="float64")
    for shift, side, name, colour in (
        (-0.2, "baseline", names[1], HOLD_COLOUR),
        (0.2, "candidate", names[0], WIN),
    ):
        values = [getattr(one, side).sharpe or 0.0 for one in states]
        axis.bar(places + shift, values, width=0.38, color=colour, label=name)
    axis.axhline(0.0, color=MUTED, lw=0.8)
    labels = [f"{one.name}\n{one.candidate.days} days" for one in states]
    axis.set_xticks(places, labels)
    axis.set_title("Sharpe ratio a year, by the market's state", loc="left", fontsize=12)
    axis.legend(loc="best", frameon=False)


def _draw_forecasts(axis: Axes, forecasts: Sequence[Bin]) -> None:
    most = max(one.count for one in forecasts)
    axis.plot([0, 1], [0, 1], color=MUTED, lw=0.8, ls="--")
    axis.plot(
        [one.forecast for one in forecasts], [one.occurred for one in forecasts], color=WIN, lw=1.2
    )
    axis.scatter(
        [one.forecast for one in forecasts],
        [one.occurred for one in forecasts],
        s=[30 + 270 * one.count / most for one in forecasts],
        color=WIN,
        zorder=3,
    )
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1)
    axis.set_xlabel("forecast: up, given that it moves")
    axis.set_ylabel("how often it was up")
    axis.set_title("Do its probabilities hold?", loc="left", fontsize=12)
