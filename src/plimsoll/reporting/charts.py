"""The figures of one account's returns: falls, rolling Sharpe ratio, histogram of the days.

Each function returns a `Panel`: both layouts as SVG text, with title, description, caption and the
data as rows of text.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.ticker import MaxNLocator

from plimsoll.performance.drawdown import Fall, drawdown_curve
from plimsoll.performance.measures import daily_returns
from plimsoll.reporting.canvas import Layout, Panel, panel, time_axis
from plimsoll.reporting.drawing import (
    EVENT_COLOUR,
    LOSS,
    MUTED,
    STRATEGY_COLOURS,
    WIN,
    thin,
)
from plimsoll.reporting.tables import month_ends
from plimsoll.reporting.words import counted, day_text, number, percent

MOST_FALLS = 5
OWN = STRATEGY_COLOURS[0]


def falls_panel(key: str, equity: "pd.Series[float]", falls: Sequence[Fall], caption: str) -> Panel:
    """Draw the drawdown curve with the worst falls shaded and numbered."""
    curve = drawdown_curve(equity)

    def draw(axis: Axes, layout: Layout) -> None:
        line = -thin(curve, layout.most_points) * 100.0
        axis.plot(date2num(line.index), line.to_numpy(), color=OWN, linewidth=1.3)
        for place, fall in enumerate(falls, start=1):
            until = fall.recovered_at if fall.recovered_at is not None else equity.index[-1]
            part = line[(line.index >= fall.peak_at) & (line.index <= until)]
            times = date2num(part.index)
            alpha = 0.28 if place == 1 else 0.15
            axis.fill_between(times, part.to_numpy(), 0.0, color=EVENT_COLOUR, alpha=alpha, lw=0)
            axis.annotate(
                str(place),
                (date2num(fall.trough_at), -fall.max_fraction * 100.0),
                xytext=(0, -9),
                textcoords="offset points",
                ha="center",
                va="center",
                color=EVENT_COLOUR,
                fontweight="bold",
            )
        axis.margins(x=0.0, y=0.16)
        axis.set_ylim(top=0.0)
        axis.set_ylabel("Drawdown (%)")
        axis.yaxis.set_major_locator(MaxNLocator(nbins=5))
        time_axis(axis, layout)

    title = "Falls from the highest value so far"
    summary = "The account never fell below an earlier value."
    if falls:
        worst = falls[0]
        summary = (
            f"The deepest fall was {percent(worst.max_fraction)}, from {day_text(worst.peak_at)} "
            f"to {day_text(worst.trough_at)}; the worst {len(falls)} are shaded."
        )
    data = month_ends(-curve * 100.0)
    return panel(
        key,
        (title, summary, caption),
        draw,
        2.7,
        ("Day", "Drawdown (%)"),
        data,
    )


def rolling_panel(key: str, sharpe: "pd.Series[float]", window_days: int, caption: str) -> Panel:
    """Draw the Sharpe ratio of a moving window; ``sharpe`` spans the run, NaN where not defined."""
    known = sharpe.dropna()

    def draw(axis: Axes, layout: Layout) -> None:
        line = sharpe if len(sharpe) <= layout.most_points else thin(known, layout.most_points)
        axis.axhline(0.0, color=MUTED, linewidth=1.0)
        axis.plot(date2num(line.index), line.to_numpy(), color=OWN, linewidth=1.5)
        axis.set_xlim(date2num(sharpe.index[0]), date2num(sharpe.index[-1]))
        axis.set_ylabel(f"Sharpe, last {window_days} days")
        axis.yaxis.set_major_locator(MaxNLocator(nbins=5))
        time_axis(axis, layout)

    title = f"Rolling Sharpe ratio, {window_days} days"
    summary = (
        f"Between {number(float(known.min()))} and {number(float(known.max()))}; "
        f"{number(float(known.iloc[-1]))} at the end; above 0 on "
        f"{percent(float((known > 0).mean()), 0)} of the days."
    )
    error = number(np.sqrt(365.0 / window_days), 1)
    note = f" Its standard error over {window_days} days is about {error}."
    return panel(
        key,
        (title, summary, caption + note),
        draw,
        2.5,
        ("Day", "Sharpe"),
        month_ends(known),
    )


def returns_panel(key: str, equity: "pd.Series[float]", caption: str) -> Panel | None:
    """Draw the histogram of the days' returns; None when the account never changed.

    Days without a change are told and not drawn: an account that rests has hundreds of them.
    """
    returns = daily_returns(equity) * 100.0
    moved = returns[returns.abs() > 1e-9]
    if moved.empty:
        return None
    words = ("Returns of the days", _returns_summary(returns, len(moved)), caption)
    return histogram_panel(key, words, np.asarray(moved, dtype="float64"), "day", returns.mean())


def trades_panel(key: str, trades: pd.DataFrame, caption: str) -> Panel:
    """Draw the histogram of the trades' returns: profit after costs over the entry's value.

    ``trades`` are closed ones, one at least.
    """
    entry = trades["amount"] * trades["open_rate"]
    returns = np.asarray(trades["profit_abs"] / entry * 100.0, dtype="float64")
    middle, best, worst = (number(float(pick(returns)), 2) for pick in (np.median, max, min))
    summary = (
        f"{counted(len(returns), 'trade')}, in percent of the entry's value after costs, without "
        f"leverage. Median {middle} %, mean {number(float(returns.mean()), 2)} % (dashed line), "
        f"worst {worst} %, best {best} %."
    )
    words = ("Returns of the trades", summary, caption)
    return histogram_panel(key, words, returns, "trade", float(returns.mean()))


def histogram_panel(
    key: str,
    words: tuple[str, str, str],
    values: "np.ndarray[Any, np.dtype[np.float64]]",
    noun: str,
    mean: float,
) -> Panel:
    """Draw how many returns in percent fell where, losses and gains apart, and their mean."""
    edges = _edges(values)
    counts, _ = np.histogram(values, edges)

    def draw(axis: Axes, layout: Layout) -> None:
        del layout
        colours = [LOSS if right <= 0.0 else WIN for right in edges[1:]]
        axis.bar(edges[:-1], counts, np.diff(edges), align="edge", color=colours, alpha=0.85)
        axis.axvline(mean, color=MUTED, linewidth=1.2, linestyle="--")
        axis.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        axis.set_ylabel(f"{noun.capitalize()}s")
        axis.set_xlabel(f"Return of a {noun} (%)")
        axis.margins(x=0.02)

    rows = [
        (f"{number(low)} to {number(high)}", f"{count:,}")
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        if count
    ]
    columns = (f"Return of a {noun} (%)", f"{noun.capitalize()}s")
    return panel(key, words, draw, 2.8, columns, rows)


def _returns_summary(returns: "pd.Series[float]", moved: int) -> str:
    worst, mean, best = (number(float(one), 3) for one in returns.agg(["min", "mean", "max"]))
    tail = float(returns.nsmallest(max(1, len(returns) // 20)).mean())
    summary = f"{counted(len(returns), 'day')}. Mean {mean} % (dashed line), worst {worst} %, best "
    summary += f"{best} %; the worst twentieth of them returned {number(tail)} % on average."
    still = len(returns) - moved
    return (
        f"{summary} {counted(still, 'day')} without a change are not drawn." if still else summary
    )


def _edges(values: "np.ndarray[Any, np.dtype[np.float64]]") -> "list[float]":
    """Return the edges of about 40 equal bins, one of which lies at 0."""
    spread = float(np.ptp(values))
    step = spread / 40.0 if spread > 0.0 else max(float(np.abs(values).max()), 0.01) / 20.0
    low = int(np.floor(values.min() / step))
    high = max(int(np.ceil(values.max() / step)), low + 1)
    return [place * step for place in range(low, high + 1)]
