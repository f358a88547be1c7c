"""The page and the picture of a report, put together from its sections."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup

from plimsoll.core.errors import PlimsollError
from plimsoll.performance.measures import DAYS_PER_YEAR
from plimsoll.reporting import figures
from plimsoll.reporting.canvas import Panel
from plimsoll.reporting.drawing import Curve, Drawing, Mark, PricePanel
from plimsoll.reporting.guard_sections import against_section, guards_section, guards_state
from plimsoll.reporting.guard_story import guard_points, guard_spans
from plimsoll.reporting.report_table import (
    METRICS,
    Column,
    Row,
    dash_notes,
    journal,
    measure_row,
    why_dash,
)
from plimsoll.reporting.sections import (
    Section,
    account_caption,
    account_sections,
    costs_text,
)
from plimsoll.reporting.tables import month_ends
from plimsoll.reporting.target_section import target_section
from plimsoll.reporting.trading_record import RecordSource, TradingRecord
from plimsoll.reporting.words import DASH, number, percent, time_text

if TYPE_CHECKING:
    from plimsoll.reporting.report import Report

HOLD_NAME = "Buy and hold (no costs)"
JOURNAL_ROWS = 100
"""Most recent trades that the page lists of each strategy."""

_WARNINGS = {
    "simulated": "Simulated market: these figures show that the machinery works. "
    "They say nothing about profit.",
    "real": "Past prices, assumed fills. A result in the past says little about the next "
    "one, and less the more variants were tried.",
    "unstated": "The origin of the prices is not stated: do not read these figures as "
    "evidence of profit.",
}

_BOT_WARNINGS = {
    RecordSource.DRY_RUN: "Paper money: Freqtrade assumed the fills, and no order moved a price. "
    "A result in the past says little about the next one.",
    RecordSource.LIVE: "Real fills, as the bot recorded them. A result in the past says little "
    "about the next one.",
}
"""What stands above a bot's page where its prices were real, or are not known to be."""


class ReportError(PlimsollError):
    """The report has nothing to show, or contradicts itself."""


class Tile(NamedTuple):
    """One figure of the top of the page: what it is, its value, what it rests on, its tone."""

    label: str
    value: str
    note: str
    tone: str = ""


def html(report: "Report") -> str:
    """Return the whole page; it fetches nothing and runs no script."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = Markup  # matplotlib and `canvas.described` escape their text
    drawing = _drawing(report)
    names, columns = _columns(report)
    return environment.get_template("report.html.j2").render(
        report=report,
        warning=_warning(report),
        tiles=_tiles(report.main),
        facts=_facts(report),
        names=names,
        rows=_measures(report, columns),
        dashes=dash_notes(names, columns),
        overview=_equity_panel(drawing, report, "equity"),
        first=_first_sections(report),
        sections=account_sections(report.main, report.market, "main"),
        others=_others(report),
        price=_price(drawing, report, "price"),
        marks=drawing.marks,
        chapter=_chapter(report.paper),
        journals=[(track.name, journal(track.trades, JOURNAL_ROWS)) for track in report.strategies],
        journal_rows=JOURNAL_ROWS,
        time=time_text,
    )


def png(report: "Report") -> bytes:
    """Return the picture: equity with the guards' marks, falls, and trades on the price."""
    return figures.overview_png(_drawing(report))


def _warning(report: "Report") -> str:
    """Return what the figures may be taken for: by the market, then by who filled the orders."""
    of_market = _WARNINGS[report.market_kind]
    return (
        of_market
        if report.market_kind == "simulated"
        else _BOT_WARNINGS.get(report.main.source, of_market)
    )


def _columns(report: "Report") -> tuple[list[str], list[Column]]:
    names = [f"{r.name} (baseline)" if r.is_baseline else r.name for r in report.strategies]
    columns = [Column(r.performance, True, r.is_baseline) for r in report.strategies]  # noqa: FBT003
    if report.hold_performance is not None:
        names.append(report.main.benchmark_name or HOLD_NAME)
        columns.append(Column(report.hold_performance, False, True))  # noqa: FBT003
    return names, columns


def _measures(report: "Report", columns: list[Column]) -> list[Row]:
    """Return the table of measures, its money in the currency of the account."""
    unit = f" {report.main.stake_currency}"
    rows = [measure_row(metric, columns) for metric in METRICS]
    return [
        Row(row.label, row.meaning, [cell.replace(" USD", unit) for cell in row.cells])
        for row in rows
    ]


def _tiles(record: TradingRecord) -> list[Tile]:
    p = record.performance
    unit = f" {record.stake_currency}"
    sharpe = _sharpe(record)
    earned = p.final_equity_usd - p.initial_equity_usd
    won = percent(p.win_rate_fraction, 0)
    market = percent(p.exposure_time_fraction, 0)
    tone = "win" if earned > 0 else "loss" if earned < 0 else ""
    trough = "never below a high" if p.drawdown_trough_at is None else "open positions included"
    return [
        Tile("Return", percent(p.total_return_fraction), number(earned, 0, unit), tone),
        Tile("Deepest fall", percent(-p.max_drawdown_fraction), trough),
        sharpe,
        Tile("Trades closed", f"{p.closed_trades:,}", f"{won} won" if won != DASH else "none won"),
        Tile("In the market", market, f"of {number(record.days, 0)} days"),
        _guards_tile(record),
    ]


def _sharpe(record: TradingRecord) -> Tile:
    """Show the Sharpe ratio with its standard error (Lo 2002, eq. 9), or why there is none."""
    [metric] = [metric for metric in METRICS if metric.label == "Sharpe"]
    reason = why_dash(metric, Column(record.performance, True, record.is_baseline))  # noqa: FBT003
    if reason is not None:
        return Tile("Sharpe", DASH, reason)
    daily = record.performance.sharpe / np.sqrt(DAYS_PER_YEAR)
    error = float(np.sqrt((1.0 + daily**2 / 2.0) / record.days * DAYS_PER_YEAR))
    return Tile("Sharpe", number(record.performance.sharpe), f"± {number(error)}, standard error")


def _guards_tile(record: TradingRecord) -> Tile:
    state = guards_state(record)
    if record.acts is None or record.acts.guards == "off":
        return Tile("Guards", state, "")
    total = record.acts.totals
    if not record.acts.halts:
        return Tile("Guards", state, "no halt")
    would = "would be " if record.acts.observed else ""
    days = f"{would}halted {number(total.days_halted, 0)} of {number(total.days_of_run, 0)} days"
    return Tile("Guards", state, days)


def _first_sections(report: "Report") -> list[Section]:
    main = report.main
    made = []
    if main.acts is not None or not main.is_baseline:
        made.append(guards_section(main, report.market, "guards"))
    made += _targets(main, "targets")
    if report.against is not None:
        made.append(against_section(main, report.against, report.market, "against"))
    return made


def _others(report: "Report") -> list[tuple[str, list[Section]]]:
    rest = [r for r in report.strategies if r is not report.main and not r.is_baseline]
    return [
        (
            record.name,
            [
                guards_section(record, report.market, f"other{place}-guards"),
                *_targets(record, f"other{place}-targets"),
                *account_sections(record, report.market, f"other{place}"),
            ],
        )
        for place, record in enumerate(rest, start=1)
    ]


def _targets(record: TradingRecord, key: str) -> list[Section]:
    return [] if record.shortfall is None else [target_section(record.shortfall, key)]


def _chapter(paper: "Report | None") -> dict[str, Any] | None:
    if paper is None:
        return None
    drawing = _drawing(paper)
    return {
        "title": paper.title,
        "equity": _equity_panel(drawing, paper, "paper"),
        "price": _price(drawing, paper, "paper-price"),
        "marks": drawing.marks,
        "journal": [row for t in paper.strategies for row in journal(t.trades, JOURNAL_ROWS)],
    }


def _drawing(report: "Report") -> Drawing:
    main = report.main
    ordered = [main, *(record for record in report.strategies if record is not main)]
    curves = [Curve(record.name, record.equity) for record in ordered]
    if report.buy_and_hold is not None:
        name = main.benchmark_name or HOLD_NAME
        curves.append(Curve(name, report.buy_and_hold, is_hold=True))
    start, end = report.span
    acts = main.acts
    return Drawing(
        title=report.title,
        subtitle=f"{report.market}, {start:%Y-%m-%d} to {end:%Y-%m-%d}.  {_warning(report)}",
        curves=curves,
        price=_price_panel(report),
        marks=[Mark(e.at, e.text) for e in sorted(report.events, key=lambda e: e.at)],
        spans=[] if acts is None else [span for _, span in guard_spans(acts, main.end)],
        points=[] if acts is None else guard_points(acts),
        unit=main.stake_currency,
    )


def _equity_panel(drawing: Drawing, report: "Report", key: str) -> Panel:
    title = "Equity against buy and hold"
    words = "; ".join(
        f"{curve.name} from {number(float(curve.equity.iloc[0]), 0)} to "
        f"{number(float(curve.equity.iloc[-1]), 0)} {drawing.unit}"
        for curve in drawing.curves
    )
    if drawing.spans or drawing.points:
        words += ". The guards' acts are marked on the first of them"
    ends = [dict(month_ends(curve.equity)) for curve in drawing.curves]
    days = sorted({day for one in ends for day in one})
    return Panel(
        key,
        title,
        f"{words}.",
        account_caption(report.main, report.market),
        figures.equity_svgs(drawing, key, title, f"{words}."),
        ("Day", *(curve.name for curve in drawing.curves)),
        [(day, *(one.get(day, DASH) for one in ends)) for day in days],
    )


def _price(drawing: Drawing, report: "Report", key: str) -> Panel | None:
    if drawing.price is None:
        return None
    panel = drawing.price
    shown = panel.trades[panel.trades["pair"] == panel.pair]
    title = "Trades on the price"
    words = f"{len(shown):,} trades of {panel.strategy} on {panel.pair}; each is a row of Trades."
    closes = panel.candles.set_index("date")["close"]
    return Panel(
        key,
        title,
        words,
        account_caption(report.main, report.market),
        figures.price_svgs(drawing, key, title, words),
        ("Day", "Close"),
        month_ends(closes),
    )


def _price_panel(report: "Report") -> PricePanel | None:
    if report.candles is None or report.pair is None:
        return None
    start, end = report.span
    candles = report.candles[report.candles["date"].between(start, end)]
    if candles.empty:
        return None
    tracks = {track.name: track for track in report.strategies}
    if report.price_strategy is not None and report.price_strategy not in tracks:
        raise ReportError(
            f"price_strategy {report.price_strategy} is not one of {', '.join(tracks)}"
        )
    traded = [t for t in report.strategies if (t.trades["pair"] == report.pair).any()]
    default = min(traded or report.strategies, key=lambda t: t.is_baseline)
    track = tracks[report.price_strategy] if report.price_strategy is not None else default
    return PricePanel(report.pair, candles, track.trades, track.name)


def _facts(report: "Report") -> list[tuple[str, str]]:
    start, end = report.span
    days = (end - start) / pd.Timedelta(days=1)
    return [
        ("Market", report.market),
        ("Data", f"{time_text(start)} to {time_text(end)} ({days:.1f} days)"),
        ("Costs", costs_text(report.costs_bps)),
        ("Variants tried", "not counted" if report.trials is None else str(report.trials)),
        ("Code fingerprint", report.code_fingerprint or "not recorded"),
        ("Made", f"{time_text(report.made_at)} UTC"),
        *report.main.facts.items(),
    ]
