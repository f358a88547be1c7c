"""What a figure shows and how it looks: curves, a price panel, marks, colours, thinning.

Colours are from the Okabe-Ito set, which colour-blind readers can distinguish; a marker's shape
also shows the outcome, and dots mark buy and hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

WIN, LOSS = "#0072B2", "#D55E00"
STRATEGY_COLOURS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8B5FBF", "#A6761D")
STRATEGY_DASHES: tuple[str, ...] = ("-", "-", "-", "-", "--", "--")
HOLD_COLOUR, EVENT_COLOUR, PRICE_COLOUR = "#808890", "#B3261E", "#8A929A"

INK, MUTED, GRID, PAPER = "#1b2126", "#5b646c", "#dfe3e6", "#fdfdfe"
"""Colours of the page itself; in SVG each becomes a CSS variable, so that dark mode works."""
CSS_VARIABLES = {
    WIN: "var(--win-mark)",
    LOSS: "var(--loss-mark)",
    EVENT_COLOUR: "var(--event)",
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    PAPER: "var(--paper)",
}

HALTED, REDUCING = "halted", "reducing"
SPAN_STYLES = {
    HALTED: (EVENT_COLOUR, "halted", "would be halted"),
    REDUCING: ("#E69F00", "smaller stakes or none", "stakes would be smaller or none"),
}
"""Colour and name of each kind of span, and its name where guards only observed."""
FLATTENED, CLOSED, REARMED = "flatten", "closed", "rearmed"
POINT_STYLES = {
    HALTED: ("v", EVENT_COLOUR, "halt", "would halt"),
    FLATTENED: ("s", EVENT_COLOUR, "everything closed", "would close everything"),
    CLOSED: ("x", LOSS, "position closed", "would close a position"),
    REARMED: ("^", WIN, "re-armed", "would be re-armed"),
}
"""Marker, colour and name of each kind of point, and its name where guards only observed."""

MOST_POINTS = 1600
"""Points a line keeps: more than a screen has columns."""
MOST_LISTED_MARKS, MOST_MARK_LETTERS = 6, 78
"""Marks that the PNG explains, and how much of each text; the page lists all of them."""

STYLE: "dict[RcKeyType, Any]" = {
    "font.family": ["DejaVu Sans"],
    "font.size": 10.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.facecolor": PAPER,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "figure.facecolor": PAPER,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "plimsoll",
    "text.parse_math": False,
}


@dataclass(frozen=True, eq=False)
class Curve:
    """One account as a line: equity in USD on a UTC index."""

    name: str
    equity: "pd.Series[float]"
    is_hold: bool = False


@dataclass(frozen=True, eq=False)
class PricePanel:
    """Candles of one pair (``date``, ``high``, ``low``, ``close``) and the trades on it."""

    pair: str
    candles: pd.DataFrame
    trades: pd.DataFrame
    strategy: str


@dataclass(frozen=True)
class Mark:
    """A moment to mark with a numbered line; the page lists what the numbers mean."""

    at: pd.Timestamp
    text: str


@dataclass(frozen=True)
class Span:
    """A time in which a guard held the account: ``kind`` is one of `SPAN_STYLES`.

    ``observed``: the guard only noted it, and nothing was held.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    kind: str
    observed: bool = False


@dataclass(frozen=True)
class Point:
    """A moment at which a guard did something: ``kind`` is one of `POINT_STYLES`."""

    at: pd.Timestamp
    kind: str
    observed: bool = False


@dataclass(frozen=True, eq=False)
class Drawing:
    """All that the figures show. ``spans`` and ``points`` are what the guards did, on equity."""

    title: str
    subtitle: str
    curves: Sequence[Curve]
    price: PricePanel | None
    marks: Sequence[Mark]
    spans: Sequence[Span] = ()
    points: Sequence[Point] = ()
    unit: str = "USD"


def thin(series: "pd.Series[float]", most_points: int = MOST_POINTS) -> "pd.Series[float]":
    """Keep the lowest, highest and last value of each equal slice of rows.

    Extremes survive, so a drawn drawdown is as deep as the real one. A series of at most
    ``most_points`` values comes back as it is. NaN rows are dropped.
    """
    series = series.dropna()
    if len(series) <= most_points:
        return series
    values = series.to_numpy(dtype="float64")
    edges = np.linspace(0, len(values), most_points // 3 + 1).astype(int)
    keep = {0, len(values) - 1}
    for start, end in pairwise(edges):
        part = values[start:end]
        keep.update((start + int(part.argmin()), start + int(part.argmax()), end - 1))
    return series.iloc[sorted(keep)]


def merged_bars(candles: pd.DataFrame) -> pd.DataFrame:
    """Join candles into at most `MOST_POINTS` bars: last close, highest high, lowest low."""
    per_bar = -(-len(candles) // MOST_POINTS)
    if per_bar <= 1:
        return candles[["high", "low", "close"]]
    groups = np.arange(len(candles)) // per_bar
    bars = candles.groupby(groups).agg({"high": "max", "low": "min", "close": "last"})
    bars.index = candles.index[::per_bar]
    return bars


def tick_text(span: float) -> Callable[[float, object], str]:
    """Format values so that neighbouring ticks of an axis of this span differ."""
    digits = int(np.clip(np.ceil(1.0 - np.log10(max(span, 1e-8))), 0, 8))
    return lambda value, _: f"{value:,.{digits}f}"
