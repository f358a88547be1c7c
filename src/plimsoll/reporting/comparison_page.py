"""The page that shows several records side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.ticker import MaxNLocator

from plimsoll.performance.drawdown import drawdown_curve
from plimsoll.performance.measures import Performance
from plimsoll.reporting.canvas import Layout, Panel, key_above, panel, time_axis
from plimsoll.reporting.comparison import (
    Comparison,
    correlations,
    differences,
    growth,
    monthly,
)
from plimsoll.reporting.drawing import MUTED, PAPER, STRATEGY_COLOURS, thin
from plimsoll.reporting.guard_sections import guards_state
from plimsoll.reporting.report_table import METRICS, Column, Row, dash_notes, measure_row
from plimsoll.reporting.tables import Cell, Table, month_ends, plain_table
from plimsoll.reporting.trading_record import TradingRecord
from plimsoll.reporting.whole_file import write_whole
from plimsoll.reporting.words import DASH, number, time_text

HTML_NAME = "comparison.html"
_GUARD_ROWS = (
    *("Guards", "Halts", "First halt (UTC)", "Days halted", "Re-armed", "Entries denied"),
    *("Stakes cut", "Positions closed", "Denies most"),
)
DASHES = ("-", "--", ":", "-.")
"""Line styles: one more for each round of the colours."""
WARNING = "Figures of different runs: read what differs below before comparing them. A result in "
WARNING += "the past says little about the next one."
SAME = "Period, pairs, timeframe, costs, guards, balance and origin of the prices are the same."


def render_comparison(compared: Comparison, folder: Path) -> dict[str, Path]:
    """Write ``comparison.html`` into ``folder``, whole or not at all; return where."""
    text = comparison_html(compared).encode()
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / HTML_NAME, text)
    return {"html": folder / HTML_NAME}


def comparison_html(compared: Comparison) -> str:
    """Return the whole page; it fetches nothing and runs no script. Same input, same bytes."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = Markup  # Matplotlib and `canvas.described` escape their text
    own = [record.performance for record in compared.records]
    shared = compared.shared_performance
    return environment.get_template("comparison.html.j2").render(
        compared=compared,
        warning=WARNING,
        same=SAME,
        differences=differences(compared),
        equity=_growth_panel(compared),
        falls=_falls_panel(compared),
        figures=_figures(compared, own),
        shared_figures=None if shared is None else _figures(compared, shared),
        shared=compared.shared,
        guards=_guards_table(compared),
        months=_month_table(compared),
        correlation=_correlation_table(compared),
        facts=[(name, list(r.facts.items())) for name, r in _named(compared)],
        time=time_text,
    )


def _named(compared: Comparison) -> list[tuple[str, TradingRecord]]:
    return list(zip(compared.names, compared.records, strict=True))


def _figures(compared: Comparison, measured: Sequence[Performance]) -> dict[str, Any]:
    columns = [
        Column(performance, not record.trades.empty, record.is_baseline)
        for performance, record in zip(measured, compared.records, strict=True)
    ]
    rows: list[Row] = [measure_row(metric, columns) for metric in METRICS]
    return {"rows": rows, "dashes": dash_notes(list(compared.names), columns)}


def _growth_panel(compared: Comparison) -> Panel:
    curves = [(name, growth(record)) for name, record in _named(compared)]
    halts = [_halts(record) for record in compared.records]
    ends = "; ".join(f"{name} {number(float(c.iloc[-1]), 2, ' %')}" for name, c in curves)
    title = "Equity, change since each one's start"
    summary = f"At the end: {ends}."
    if any(halts):
        summary += " A cross on a curve: its guards halted it there."
    return _curves_panel("growth", title, summary, "Change (%)", curves, halts)


def _halts(record: TradingRecord) -> list[pd.Timestamp]:
    halts = () if record.acts is None else record.acts.halts
    times = [pd.Timestamp(act.at) for act in halts]
    return [at for at in times if record.start <= at <= record.end]


def _falls_panel(compared: Comparison) -> Panel:
    curves = [(name, -drawdown_curve(r.equity) * 100.0) for name, r in _named(compared)]
    worst = "; ".join(f"{name} {number(float(c.min()), 2, ' %')}" for name, c in curves)
    title = "Fall from the highest value so far"
    nothing: list[list[pd.Timestamp]] = [[] for _ in curves]
    return _curves_panel("falls", title, f"Deepest: {worst}.", "Drawdown (%)", curves, nothing)


def _curves_panel(
    key: str,
    title: str,
    summary: str,
    unit: str,
    curves: "Sequence[tuple[str, pd.Series[float]]]",
    crosses: Sequence[Sequence[pd.Timestamp]],
) -> Panel:
    def draw(axis: Axes, layout: Layout) -> None:
        axis.axhline(0.0, color=MUTED, linewidth=0.9)
        handles = []
        for place, (name, curve) in enumerate(curves):
            turn, colour = divmod(place, len(STRATEGY_COLOURS))
            line = thin(curve, layout.most_points)
            handles += axis.plot(
                date2num(line.index),
                line.to_numpy(),
                label=name,
                color=STRATEGY_COLOURS[colour],
                linestyle=DASHES[turn % len(DASHES)],
                linewidth=1.6,
            )
            times = pd.DatetimeIndex(list(crosses[place]), tz="UTC")
            axis.scatter(
                date2num(times),
                curve.reindex(times, method="ffill").to_numpy(dtype="float64"),
                marker="X",
                s=60,
                color=STRATEGY_COLOURS[colour],
                edgecolors=PAPER,
                linewidths=0.6,
                zorder=5,
            )
        axis.margins(x=0.0)
        axis.set_ylabel(unit)
        axis.yaxis.set_major_locator(MaxNLocator(nbins=6))
        time_axis(axis, layout)
        key_above(axis, handles, layout)

    ends = [dict(month_ends(curve)) for _, curve in curves]
    days = sorted({day for one in ends for day in one})
    rows = [(day, *(one.get(day, DASH) for one in ends)) for day in days]
    caption = "Each curve over its own period, in percent of its own starting balance."
    columns = ("Day", *(name for name, _ in curves))
    return panel(key, (title, summary, caption), draw, 3.9, columns, rows)


def _guards_table(compared: Comparison) -> Table:
    columns = [_guards_column(record) for record in compared.records]
    rows = [(label, *cells) for label, *cells in zip(_GUARD_ROWS, *columns, strict=True)]
    made = plain_table("What the guards did", ("", *compared.names), rows)
    notes = ["A dash: nothing recorded it, or it did not happen."]
    if any(r.acts is not None and r.acts.observed for r in compared.records):
        notes.append("Where guards only observed, the column says what they would have done.")
    return Table(made.title, made.columns, made.rows, notes)


def _guards_column(record: TradingRecord) -> list[str]:
    acts, state = record.acts, guards_state(record)
    if acts is None:
        return [state, *[DASH] * 8]
    total = acts.totals
    first = acts.halts[0] if acts.halts else None
    return [
        state,
        f"{len(acts.halts):,}",
        DASH if first is None else f"{first.rule}, {time_text(pd.Timestamp(first.at))}",
        f"{number(total.days_halted, 1)} of {number(total.days_of_run, 1)}",
        f"{total.rearmed:,}",
        f"{total.entries_denied:,} of {total.entries_asked:,}",
        f"{total.stakes_cut:,}",
        f"{total.positions_closed:,}",
        _most_denying(record),
    ]


def _most_denying(record: TradingRecord) -> str:
    denials = [] if record.acts is None else list(record.acts.denials)
    if not denials:
        return DASH
    most = max(denials, key=lambda one: one.count)
    return f"{most.rule} ({most.count:,})"


def _month_table(compared: Comparison) -> Table:
    frame = monthly(compared)
    rows = [
        [Cell(str(month), is_text=True), *(_heat(float(value)) for value in values)]
        for month, values in zip(frame.index, frame.to_numpy(dtype="float64"), strict=True)
    ]
    note = "In percent. A dash: no day of that run lies in that month."
    return Table("Return by month (UTC)", ("", *compared.names), rows, [note], is_wide=True)


def _heat(value: float) -> Cell:
    if value != value:
        return Cell(DASH)
    return Cell(number(value * 100.0, 2), max(-1.0, min(1.0, value / 0.15)), is_heat=True)


def _correlation_table(compared: Comparison) -> Table | None:
    made = correlations(compared)
    if made is None:
        return None
    rows = [[str(name), *(number(float(v)) for v in made.loc[name])] for name in made.index]
    table = plain_table("Correlation of daily returns", ("", *compared.names), rows)
    note = "Over the days that two runs share, 10 at least; a dash where they share fewer, or "
    note += "where one of them never changed."
    return Table(table.title, table.columns, table.rows, [note])
