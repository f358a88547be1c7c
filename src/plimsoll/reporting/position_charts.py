"""The figures of what was held: exposure, costs and funding, excursions of the trades."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from plimsoll.performance.breakdown import Group
from plimsoll.reporting.canvas import Layout, Panel, key_above, panel, time_axis
from plimsoll.reporting.drawing import (
    HOLD_COLOUR,
    LOSS,
    MUTED,
    PAPER,
    STRATEGY_COLOURS,
    WIN,
    thin,
    tick_text,
)
from plimsoll.reporting.tables import month_ends
from plimsoll.reporting.words import counted, number, percent

OWN = STRATEGY_COLOURS[0]


def exposure_panel(key: str, exposure: pd.DataFrame, caption: str) -> Panel:
    """Draw long and short notional over time in percent of equity."""
    known = exposure.dropna() * 100.0
    gross = known["long_fraction"] + known["short_fraction"]

    def draw(axis: Axes, layout: Layout) -> None:
        for name, colour, sign in (("long", WIN, 1.0), ("short", LOSS, -1.0)):
            line = thin(known[f"{name}_fraction"] * sign, layout.most_points)
            axis.fill_between(
                date2num(line.index),
                line.to_numpy(),
                0.0,
                step="pre",
                color=colour,
                alpha=0.55,
                lw=0,
            )
        axis.axhline(0.0, color=MUTED, linewidth=0.8)
        axis.margins(x=0.0)
        axis.set_ylabel("Exposure (% of equity)")
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):,.0f}"))
        time_axis(axis, layout)
        named = (("long", WIN), ("short, below 0", LOSS))
        key_above(axis, [Patch(color=c, alpha=0.55, label=n) for n, c in named], layout)

    title = "Exposure over time"
    summary = (
        f"Notional of open positions in percent of equity: {number(float(gross.mean()), 1)} % on "
        f"average, {number(float(gross.max()), 1)} % at most; nothing was open in "
        f"{percent(float((gross <= 0).mean()), 1)} of the time."
    )
    ends = [known[f"{side}_fraction"].resample("MS").mean() for side in ("long", "short")]
    rows = [
        (f"{at:%Y-%m}", number(float(own), 1), number(float(other), 1))
        for at, own, other in zip(pd.DatetimeIndex(ends[0].index), *ends, strict=True)
    ]
    return panel(
        key,
        (title, summary, caption),
        draw,
        2.6,
        ("Month", "Long, mean (%)", "Short, mean (%)"),
        rows,
    )


def costs_panel(
    key: str, costs: pd.DataFrame, profit_before_usd: float, unit: str, caption: str
) -> Panel:
    """Draw fees and funding paid so far."""
    named = (("fees_usd", "fees, spread, slippage", OWN), ("funding_usd", "funding", "#CC79A7"))

    def draw(axis: Axes, layout: Layout) -> None:
        handles: list[Line2D | Patch] = []
        for column, label, colour in named:
            line = thin(costs[column], layout.most_points)
            handles += axis.plot(
                date2num(line.index), line.to_numpy(), color=colour, linewidth=1.5, label=label
            )
        axis.axhline(0.0, color=MUTED, linewidth=0.8)
        axis.margins(x=0.0)
        axis.set_ylabel(f"Paid so far ({unit})")
        low, high = axis.get_ylim()
        axis.yaxis.set_major_formatter(FuncFormatter(tick_text(high - low)))
        time_axis(axis, layout)
        key_above(axis, handles, layout)

    title = "Costs and funding"
    fees, funding = (float(costs[column].iloc[-1]) for column, *_ in named)
    word = "paid" if funding >= 0 else "received"
    summary = (
        f"{number(fees)} {unit} of fees, {number(abs(funding))} {unit} of funding {word}. Before "
        f"both, the closed trades made {number(profit_before_usd)} {unit}."
    )
    rows = [
        (at, paid, other)
        for (at, paid), (_, other) in zip(
            month_ends(costs["fees_usd"]), month_ends(costs["funding_usd"]), strict=True
        )
    ]
    return panel(
        key,
        (title, summary, caption),
        draw,
        2.5,
        ("Day", f"Fees so far ({unit})", f"Funding so far ({unit})"),
        rows,
    )


def hours_panel(key: str, groups: Sequence[Group], unit: str, caption: str) -> Panel:
    """Draw the profit of the trades by the UTC hour of their opening."""
    profits = {int(group.key): group.profit_usd for group in groups}

    def draw(axis: Axes, layout: Layout) -> None:
        hours = sorted(profits)
        values = [profits[hour] for hour in hours]
        axis.bar(hours, values, 0.8, color=[WIN if one > 0 else LOSS for one in values], alpha=0.85)
        axis.axhline(0.0, color=MUTED, linewidth=0.8)
        axis.set_xlim(-0.6, 23.6)
        axis.set_xticks(range(0, 24, 2 if layout.most_ticks > 5 else 6))
        axis.set_xlabel("Hour of opening (UTC)")
        axis.set_ylabel(f"Profit ({unit})")
        low, high = axis.get_ylim()
        axis.yaxis.set_major_formatter(FuncFormatter(tick_text(high - low)))

    best, worst = (pick(groups, key=lambda one: one.profit_usd) for pick in (max, min))
    summary = (
        f"Best {best.key}:00 with {number(best.profit_usd)} {unit} in "
        f"{counted(best.trades, 'trade')}, worst {worst.key}:00 with {number(worst.profit_usd)} "
        f"{unit} in {counted(worst.trades, 'trade')}. With 24 hours to choose from, some look good "
        "by chance."
    )
    rows = [
        (one.key, f"{one.trades:,}", number(one.profit_usd), number(one.average_usd))
        for one in groups
    ]
    columns = ("Hour (UTC)", "Trades", f"Profit ({unit})", "Average")
    words = ("Profit by hour of opening", summary, caption)
    return panel(key, words, draw, 2.4, columns, rows)


def excursion_panel(key: str, rows: pd.DataFrame, caption: str) -> Panel:
    """Draw how far each trade went against and for its entry: two scatters in one."""

    def draw(axis: Axes, layout: Layout) -> None:
        del layout
        handles: list[Line2D | Patch] = []
        size = float(np.clip(2200.0 / max(len(rows), 1), 7.0, 34.0))
        for is_win, colour, shape, label in (
            (True, WIN, "o", "won"),
            (False, LOSS, "X", "lost"),
        ):
            part = rows[rows["is_win"] == is_win]
            axis.scatter(
                part["adverse_fraction"] * 100.0,
                part["favourable_fraction"] * 100.0,
                s=size,
                marker=shape,
                color=colour,
                alpha=0.7,
                edgecolors=PAPER,
                linewidths=0.3,
            )
            handles.append(
                Line2D([], [], linestyle="none", marker=shape, color=colour, label=label)
            )
        most = max(axis.get_xlim()[1], axis.get_ylim()[1])
        axis.plot([0.0, most], [0.0, most], color=HOLD_COLOUR, linewidth=0.9, linestyle=":")
        axis.set_xlim(left=0.0)
        axis.set_ylim(bottom=0.0)
        axis.set_xlabel("Furthest against the entry, MAE (%)")
        axis.set_ylabel("Furthest for it, MFE (%)")
        axis.legend(handles=handles, loc="upper right", frameon=False)

    title = "Excursions of the trades"
    won, lost = rows[rows["is_win"]], rows[~rows["is_win"]]
    summary = " ".join(
        f"{name}: {counted(len(part), 'trade')}, median MAE "
        f"{percent(float(part['adverse_fraction'].median()))}, median MFE "
        f"{percent(float(part['favourable_fraction'].median()))}."
        for name, part in (("Won", won), ("Lost", lost))
        if len(part)
    )
    quarters = (0.1, 0.25, 0.5, 0.75, 0.9)
    data = [
        (
            f"{name}, {label}",
            *(percent(float(part[column].quantile(one))) for one in quarters),
        )
        for name, part in (("Won", won), ("Lost", lost))
        for label, column in (("MAE", "adverse_fraction"), ("MFE", "favourable_fraction"))
        if len(part)
    ]
    return panel(
        key,
        (title, summary, caption),
        draw,
        3.4,
        ("", *(f"{one:.0%} below" for one in quarters)),
        data,
    )
