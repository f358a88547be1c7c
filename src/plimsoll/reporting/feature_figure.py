"""A feature on its price, as one PNG: the close above, the column below or upon it."""

import io

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from plimsoll.core import PlimsollError
from plimsoll.features import FeatureUse, Unit
from plimsoll.reporting.drawing import (
    GRID,
    HOLD_COLOUR,
    INK,
    MUTED,
    PRICE_COLOUR,
    STRATEGY_COLOURS,
    STYLE,
    WIN,
    merged_bars,
    thin,
    tick_text,
)

ZERO_MATTERS = frozenset({Unit.FRACTION, Unit.SIGNED, Unit.DEVIATIONS, Unit.RATIO})


def feature_png(
    candles: pd.DataFrame, use: FeatureUse, column: pd.Series, *, pair: str, timeframe: str
) -> bytes:
    """Return the picture as a PNG of 1600 × 900 pixels.

    Parameters
    ----------
    candles
        ``date`` (UTC), ``high``, ``low``, ``close``: the rows to show.
    use
        The feature, for its name, unit and source.
    column
        The feature on the same rows; rows without a value are shaded.
    pair, timeframe
        What the candles are of.

    Raises
    ------
    PlimsollError
        When no shown row has a value.
    """
    if not column.notna().any():
        raise PlimsollError(
            f"{use.column} has no value in the candles shown: it needs "
            f"{use.lookback_candles} candles before and no missing value among them"
        )
    shown = candles.set_index(pd.DatetimeIndex(candles["date"]))
    values = pd.Series(column.to_numpy("float64"), index=shown.index)
    on_price = use.feature.unit is Unit.PRICE
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(16, 9), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        heights = [1.0] if on_price else [1.25, 1.0]
        panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)
        price, below = panels[0, 0], panels[-1, 0]
        _draw_price(price, shown, pair, timeframe)
        _draw_feature(below, values, use)
        for panel in panels[:, 0]:
            _shade_unknown(panel, values)
            panel.margins(x=0.005)
            locator = AutoDateLocator()
            panel.xaxis.set_major_locator(locator)
            panel.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        price.legend(loc="upper left", frameon=False)
        below.legend(loc="upper left", frameon=False)
        below.set_xlabel("candle open, UTC")
        _caption(figure, use, values)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _caption(figure: Figure, use: FeatureUse, values: pd.Series) -> None:
    feature = use.feature
    parts = [f"{name} {value:g}" for name, value in use.parameters]
    text = f"{feature.summary}  {', '.join(parts)}" if parts else feature.summary
    known = values.notna().mean()
    source = f"Source: {feature.source}. Lookback {use.lookback_candles} candles"
    if known < 1:
        source += f"; {1 - known:.1%} of the rows shown have no value (grey)"
    figure.text(0.012, 0.972, use.column, va="center", fontsize=17, fontweight="bold")
    figure.text(0.012, 0.941, text.replace("`", ""), va="center", color=INK, fontsize=11.5)
    figure.text(0.012, 0.916, source, va="center", color=MUTED, fontsize=10)
    rect = (0.006, 0.004, 0.988, 0.892)
    figure.set_layout_engine("constrained", rect=rect, h_pad=0.06, hspace=0.04)


def _draw_price(axis: Axes, shown: pd.DataFrame, pair: str, timeframe: str) -> None:
    merged = merged_bars(shown)
    axis.fill_between(
        merged.index, merged["low"], merged["high"], color=PRICE_COLOUR, alpha=0.25, lw=0
    )
    axis.plot(
        merged.index, merged["close"], color=PRICE_COLOUR, lw=1.2, label=f"{pair} {timeframe}"
    )
    axis.set_ylabel("price")
    span = float(merged["high"].max() - merged["low"].min())
    axis.yaxis.set_major_formatter(FuncFormatter(tick_text(span)))


def _draw_feature(axis: Axes, values: pd.Series, use: FeatureUse) -> None:
    colour = STRATEGY_COLOURS[0] if use.feature.unit is Unit.PRICE else WIN
    label: str | None = use.column
    for start, stop in _runs(values.notna().to_numpy()):
        part = thin(values.iloc[start:stop])
        marker = "." if len(part) == 1 else None
        axis.plot(part.index, part, color=colour, lw=1.3, marker=marker, label=label)
        label = None
    low, high = float(values.min()), float(values.max())
    if use.feature.unit is not Unit.PRICE:
        axis.set_ylabel(str(use.feature.unit))
        axis.yaxis.set_major_formatter(FuncFormatter(tick_text(high - low)))
    if use.feature.unit in ZERO_MATTERS and low < 0 < high:
        axis.axhline(0.0, color=HOLD_COLOUR, lw=1, ls="--", zorder=1)


def _shade_unknown(axis: Axes, values: pd.Series) -> None:
    times = date2num(pd.DatetimeIndex(values.index))
    for start, stop in _runs(values.isna().to_numpy()):
        end = times[min(stop, len(times) - 1)]
        axis.axvspan(times[start], end, color=GRID, alpha=0.6, lw=0, zorder=0)


def _runs(mask: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
