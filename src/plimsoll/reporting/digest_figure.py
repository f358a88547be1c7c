"""The picture of a digest: equity and drawdown with the guards' acts, and where the money went."""

import io
import warnings

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from plimsoll.journal.words import printable
from plimsoll.reporting.canvas import WIDE, Layout, key_above, time_axis
from plimsoll.reporting.digest import Digest
from plimsoll.reporting.digest_words import empty_words, signed, title
from plimsoll.reporting.drawing import (
    HOLD_COLOUR,
    INK,
    LOSS,
    MUTED,
    STRATEGY_COLOURS,
    STYLE,
    WIN,
    Curve,
    Drawing,
    Point,
    Span,
    thin,
    tick_text,
)
from plimsoll.reporting.guard_marks import draw_guards
from plimsoll.reporting.guard_story import guard_points, guard_spans
from plimsoll.reporting.waterfall import Waterfall, draw_waterfall
from plimsoll.reporting.words import DASH, percent

OWN = STRATEGY_COLOURS[0]
_TILES = 6
TITLE_LETTERS = 78
"""Letters of a heading that fit in full size."""
LEAST_BARS = 8
"""Room for so many trades, so that one alone is a bar and no wall."""


def digest_drawing(digest: Digest) -> Drawing:
    """Return the curves of a digest with what the guards did, for `plimsoll.reporting.figures`."""
    curves = [] if digest.equity is None else [Curve(digest.name, digest.equity)]
    if digest.benchmark is not None and curves:
        curves.append(Curve(digest.benchmark_name, digest.benchmark, is_hold=True))
    spans, points = _guards(digest)
    return Drawing(title(digest), digest.market, curves, None, (), spans, points, digest.currency)


def causes_fall(digest: Digest) -> Waterfall | None:
    """Return what the account made, cause by cause; None where it is not known."""
    if digest.causes is None:
        return None
    first, *steps = digest.steps
    last = ("made", digest.causes.made_usd)
    return Waterfall("Where it came from", first, steps, last, digest.currency)


def digest_png(digest: Digest) -> bytes:
    """Return the picture, 1600 by 1000 pixels; the same digest gives the same bytes."""
    with mpl.rc_context({**STYLE, "font.size": 12.5}):
        figure = Figure(figsize=(16, 10), dpi=100)
        FigureCanvasAgg(figure)
        _heading(figure, digest)
        if digest.equity is None:
            figure.text(0.03, 0.6, empty_words(digest), va="center", wrap=True)
        else:
            edges = {"top": 0.73, "bottom": 0.06}
            heights = {"height_ratios": (1.55, 1.0)}
            left = figure.add_gridspec(
                2, 1, left=0.065, right=0.635, hspace=0.13, **edges, **heights
            )
            side = figure.add_gridspec(
                2, 1, left=0.735, right=0.975, hspace=0.4, **edges, **heights
            )
            above = figure.add_subplot(left[0])
            below = figure.add_subplot(left[1], sharex=above)
            draw_equity(above, digest, WIDE)
            above.tick_params(labelbottom=False)
            draw_drawdown(below, digest, WIDE)
            _side(figure, digest, side)
        out = io.BytesIO()
        with warnings.catch_warnings():  # a letter that no font has is a box, and no word to cron
            warnings.filterwarnings("ignore", message="Glyph")
            figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def draw_equity(axis: Axes, digest: Digest, layout: Layout) -> None:
    """Draw the account, what holding made of the same money, and the guards' acts."""
    drawing = digest_drawing(digest)
    handles: list[Line2D | Patch] = []
    for curve in drawing.curves:
        line = thin(curve.equity, layout.most_points)
        handles += axis.plot(
            date2num(line.index),
            line.to_numpy(),
            linewidth=1.9,
            color=HOLD_COLOUR if curve.is_hold else OWN,
            linestyle=":" if curve.is_hold else "-",
            label=curve.name if curve.is_hold else "account",
        )
    handles += draw_guards(axis, drawing)
    axis.set_ylabel(f"Equity ({drawing.unit})")
    axis.yaxis.set_major_locator(MaxNLocator(nbins=6))
    low, high = axis.get_ylim()
    axis.yaxis.set_major_formatter(FuncFormatter(tick_text(high - low)))
    _days(axis, digest, layout)
    key_above(axis, handles, layout)


def draw_drawdown(axis: Axes, digest: Digest, layout: Layout) -> None:
    """Draw the fall from the highest value of the account's life."""
    curve = digest.drawdown
    if curve is None:
        return
    line = -thin(curve, layout.most_points) * 100.0
    times = date2num(line.index)
    axis.fill_between(times, line.to_numpy(), 0.0, color=LOSS, alpha=0.25, linewidth=0)
    axis.plot(times, line.to_numpy(), color=LOSS, linewidth=1.4)
    for span in digest_drawing(digest).spans:
        axis.axvspan(date2num(span.start), date2num(span.end), color=LOSS, alpha=0.07, linewidth=0)
    axis.set_ylabel("Below the high (%)")
    axis.set_ylim(min(float(line.min()) * 1.12, -0.01), 0.0)
    axis.yaxis.set_major_locator(MaxNLocator(nbins=4))
    _days(axis, digest, layout)


def _days(axis: Axes, digest: Digest, layout: Layout) -> None:
    axis.set_xlim(date2num(digest.period.start), date2num(digest.period.end))
    time_axis(axis, layout)


def _guards(digest: Digest) -> tuple[list[Span], list[Point]]:
    """Return spans and points inside the period; what began before it is cut at its begin."""
    start, end = digest.period.start, digest.period.end
    if digest.story is None:
        return [], []
    spans = [
        Span(max(one.start, start), min(one.end, end), one.kind, one.observed)
        for _, one in guard_spans(digest.story, end)
        if one.start < end and one.end > start
    ]
    return spans, [one for one in guard_points(digest.story) if start <= one.at < end]


def _heading(figure: Figure, digest: Digest) -> None:
    heading = title(digest)
    size = min(21.0, 21.0 * TITLE_LETTERS / len(heading))
    figure.text(0.03, 0.955, heading, va="center", fontsize=size, fontweight="bold")
    source = "" if digest.source is None else f", {digest.source}"
    said = printable(f"{digest.market}{source}; whole days of UTC")
    figure.text(0.03, 0.915, said, va="center", color=MUTED, fontsize=13)
    for place, (label, value, colour) in enumerate(_tiles(digest)[:_TILES]):
        left = 0.03 + place * 0.96 / _TILES
        figure.text(left, 0.862, label, va="center", color=MUTED, fontsize=12.5)
        figure.text(left, 0.825, value, va="center", fontsize=20, fontweight="bold", color=colour)


def _tiles(digest: Digest) -> list[tuple[str, str, str]]:
    made = (
        DASH
        if digest.equity is None
        else signed(float(digest.equity.iloc[-1] - digest.equity.iloc[0]), digest.digits)
    )
    ran = digest.operation
    colour = WIN if made.startswith("+") else LOSS if made.startswith("−") else INK
    return [
        (f"Made ({digest.currency})", made, colour),
        ("Return", percent(digest.return_fraction), INK),
        ("Holding", percent(digest.benchmark_fraction), INK),
        ("Deepest below the high", percent(-digest.drawdown_fraction), INK),
        ("Trades closed, won", f"{digest.closed_count}, {digest.won}", INK),
        ("Uptime", DASH if ran is None else percent(ran.up_fraction), INK),
    ]


def _side(figure: Figure, digest: Digest, side: GridSpec) -> None:
    fall = causes_fall(digest)
    axis = figure.add_subplot(side[0])
    if fall is not None:
        draw_waterfall(axis, fall)
        axis.set_title(fall.title, loc="left", fontsize=13.5)
    below = figure.add_subplot(side[1])
    _draw_trades(below, digest)


def _draw_trades(axis: Axes, digest: Digest) -> None:
    """Draw the profit of every closed trade, in the order of their closing."""
    closed = digest.closed
    axis.set_title("Closed trades, in their order", loc="left", fontsize=13.5)
    axis.axhline(0.0, color=MUTED, linewidth=0.9)
    if closed is None or closed.empty:
        axis.text(0.5, 0.5, "none", transform=axis.transAxes, ha="center", color=MUTED)
        axis.set_yticks([])
    else:
        profits = closed.sort_values("close_date", kind="stable")["profit_abs"]
        colours = [WIN if profit > 0.0 else LOSS for profit in profits]
        axis.bar(range(1, len(profits) + 1), profits.to_numpy(), color=colours, width=0.8)
        axis.set_xlim(0.4, max(len(profits), LEAST_BARS) + 0.6)
        axis.yaxis.set_major_locator(MaxNLocator(nbins=5))
        axis.set_ylabel(digest.currency)
    axis.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axis.grid(visible=False, axis="x")
    if closed is None or closed.empty:
        axis.set_xticks([])


def days_of(series: "pd.Series[float]") -> pd.DatetimeIndex:
    """Return the day of each value; one of exactly midnight is of the day that ends."""
    return (pd.DatetimeIndex(series.index).as_unit("ns") - pd.Timedelta(1, unit="ns")).floor("D")


def drawdown_rows(digest: Digest) -> list[tuple[str, str]]:
    """Return the deepest fall of each day, both its midnights included, as rows of text."""
    curve = digest.drawdown
    if curve is None:
        return []
    begun = curve.groupby(pd.DatetimeIndex(curve.index).floor("D")).max()
    by_day = pd.concat([begun, curve.groupby(days_of(curve)).max()]).groupby(level=0).max()
    days = pd.DatetimeIndex(by_day.index)
    return [
        (f"{day:%Y-%m-%d}", percent(-float(value)))
        for day, value in zip(days, by_day, strict=True)
        if digest.period.start <= day < digest.period.end
    ]
