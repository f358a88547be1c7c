"""Figures for a page: the same drawing laid out for a desk and for a phone, as SVG text.

A figure that is only scaled down has letters of 5 pixels on a phone; so each is drawn twice, and
the page's style sheet shows one of them.
"""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib as mpl
from markupsafe import escape
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import HOURLY, MINUTELY, MONTHLY, AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from plimsoll.reporting.drawing import CSS_VARIABLES, STYLE


@dataclass(frozen=True)
class Layout:
    """How wide a figure is, and what fits into it."""

    name: str
    width_inches: float
    most_ticks: int
    legend_columns: int
    most_points: int
    font_size: float


_KEY_LETTERS = 6
"""Letters that would fit where an entry of a key has its sign and the space behind it."""

WIDE = Layout("wide", 9.2, 9, 6, 1600, 9.5)
NARROW = Layout("narrow", 4.3, 4, 2, 500, 9.5)
LAYOUTS = (WIDE, NARROW)

Draw = Callable[[Axes, Layout], None]


@dataclass(frozen=True, eq=False)
class Panel:
    """One figure of a page, with all that a reader who does not see it needs.

    ``svgs`` has one SVG text a layout. ``summary`` says what the figure shows, ``caption`` data,
    period and costs. ``columns`` and ``rows`` are its data as text.
    """

    key: str
    title: str
    summary: str
    caption: str
    svgs: Sequence[tuple[str, str]]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def svgs(
    key: str, title: str, summary: str, draw: Draw, *, height_inches: float = 3.0
) -> list[tuple[str, str]]:
    """Draw a figure in every layout; return the layout's name and the SVG text of each.

    ``key`` is unique in a page: it begins the ids inside of the figure.
    """
    made = []
    for layout in LAYOUTS:
        height = height_inches if layout is WIDE else min(height_inches, 3.5)
        svg = drawn(f"{key}-{layout.name}", draw, layout, height_inches=height)
        made.append((layout.name, described(svg, f"{key}-{layout.name}", title, summary)))
    return made


def panel(
    key: str,
    words: tuple[str, str, str],
    draw: Draw,
    height_inches: float,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> Panel:
    """Draw a figure in every layout and put it together with its words and data.

    ``words`` are its title, summary and caption, as `Panel` has them.
    """
    title, summary, caption = words
    made = svgs(key, title, summary, draw, height_inches=height_inches)
    return Panel(key, title, summary, caption, made, columns, rows)


def drawn(salt: str, draw: Draw, layout: Layout, *, height_inches: float) -> str:
    """Draw one figure in one layout as SVG text for inlining in HTML."""
    with mpl.rc_context({**STYLE, "svg.hashsalt": salt, "font.size": layout.font_size}):
        figure = Figure(figsize=(layout.width_inches, height_inches), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.subplots(), layout)
        out = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(out, format="svg", metadata=nothing)
    return for_inlining(out.getvalue())


def for_inlining(svg: str) -> str:
    """Drop what an HTML page must not repeat or fetch; let the page's variables colour it."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)
    svg = re.sub(r'(<svg [^>]*?)width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg [^>]*?)height="[^"]*"', r'\1role="img"', svg, count=1)
    for colour, variable in CSS_VARIABLES.items():
        svg = svg.replace(colour.lower(), variable)
    return svg


def described(svg: str, key: str, title: str, summary: str) -> str:
    """Give a figure its name and description for readers who do not see it."""
    words = (
        f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(summary)}</desc>'
    )
    opened = svg.index(">", svg.index("<svg")) + 1
    labelled = svg[: opened - 1] + f' aria-labelledby="{key}-t {key}-d">'
    return labelled + words + svg[opened:]


def time_axis(axis: Axes, layout: Layout) -> None:
    """Set short dates along the lower edge, as many as the layout has room for."""
    locator = AutoDateLocator(minticks=2, maxticks=layout.most_ticks)
    longer = {MONTHLY: [12], HOURLY: [24], MINUTELY: [60]}  # else a phone has too many dates
    steps = {unit: [*locator.intervald[unit], *more] for unit, more in longer.items()}
    locator.intervald = {**locator.intervald, **steps}
    axis.xaxis.set_major_locator(locator)
    days = ["%Y", "%b %Y", "%d %b", "%d %b\n%H:%M", "%H:%M", "%H:%M:%S"]
    axis.xaxis.set_major_formatter(
        ConciseDateFormatter(
            locator,
            formats=days,
            zero_formats=["", "%Y", *days[2:4], *days[3:5]],
            offset_formats=[""] * 6,
            show_offset=False,
        )
    )


def key_above(axis: Axes, handles: Sequence[Line2D | Patch], layout: Layout) -> None:
    """Put the key above the axes, where it covers no data."""
    labels = [_cut(str(handle.get_label()), layout) for handle in handles]
    axis.legend(
        handles=list(handles),
        labels=labels,
        loc="lower left",
        bbox_to_anchor=(-0.008, 1.0),
        ncols=_columns(labels, layout),
        frameon=False,
        borderaxespad=0.15,
        handlelength=1.7,
        columnspacing=1.3,
        handletextpad=0.5,
    )


def _columns(labels: Sequence[str], layout: Layout) -> int:
    """Return the most columns of a key that fit side by side, its rows about equally full.

    A key that is wider than the axes would make the axes narrow.
    """
    for columns in range(min(len(labels), layout.legend_columns), 1, -1):
        rows = -(-len(labels) // columns)
        if -(-len(labels) // rows) != columns:
            continue
        parts = [labels[start : start + rows] for start in range(0, len(labels), rows)]
        if sum(max(map(len, part)) + _KEY_LETTERS for part in parts) <= _letters(layout):
            return columns
    return 1


def _cut(label: str, layout: Layout) -> str:
    most = _letters(layout) - _KEY_LETTERS
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _letters(layout: Layout) -> int:
    """Return how many letters of the layout's size fit above the axes."""
    return int(layout.width_inches * 72.0 * 0.88 / (layout.font_size * 0.55))
