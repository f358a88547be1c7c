"""One report of one or more accounts: a self-contained HTML page and a PNG overview."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from plimsoll.core.errors import PlimsollError
from plimsoll.performance.fills import no_trades
from plimsoll.performance.measures import Performance, performance
from plimsoll.reporting import figures
from plimsoll.reporting.drawing import Curve, Drawing, Mark, PricePanel
from plimsoll.reporting.report_table import METRICS, journal, measure_row, time_text
from plimsoll.reporting.trading_record import TradingRecord

HTML_NAME, PNG_NAME = "report.html", "report.png"
HOLD_NAME = "Buy and hold (no costs)"
JOURNAL_ROWS = 100
"""Most recent trades that the page lists of each strategy."""


class ReportError(PlimsollError):
    """The report has nothing to show, or contradicts itself."""


class MarketKind(StrEnum):
    """Where the prices came from: decides what the report may say about profit."""

    SIMULATED = "simulated"
    REAL = "real"
    UNSTATED = "unstated"


_WARNINGS = {
    MarketKind.SIMULATED: "Simulated market: these figures show that the machinery works. "
    "They say nothing about profit.",
    MarketKind.REAL: "Past prices, assumed fills. A result in the past says little about the next "
    "one, and less the more variants were tried.",
    MarketKind.UNSTATED: "The origin of the prices is not stated: do not read these figures as "
    "evidence of profit.",
}


@dataclass(frozen=True)
class AccountStep:
    """One thing that was done or checked; ``ok`` is None when there was nothing to judge."""

    text: str
    ok: bool | None = None
    at: pd.Timestamp | None = None


@dataclass(frozen=True)
class Event:
    """A moment to draw on the figures: a guard fired, the feed was lost."""

    at: pd.Timestamp
    text: str


@dataclass(frozen=True, eq=False)
class Report:
    """The contents of a report. Drawing it reads neither clock nor file.

    ``costs_bps`` names each assumed cost in basis points of notional. ``trials`` is the number
    of variants tried before this one; None when they were not counted. ``candles`` (``date``,
    ``high``, ``low``, ``close``) of ``pair`` fill the price panel with the trades of
    ``price_strategy``, by default the first that traded the pair, baselines last. ``paper`` is
    the run of a bot that followed; the page shows its curves, trades and events as a chapter.
    """

    title: str
    made_at: pd.Timestamp
    market: str
    market_kind: MarketKind
    strategies: Sequence[TradingRecord]
    buy_and_hold: "pd.Series[float] | None" = None
    pair: str | None = None
    candles: pd.DataFrame | None = None
    price_strategy: str | None = None
    costs_bps: Mapping[str, float] | None = None
    code_fingerprint: str | None = None
    trials: int | None = None
    commands: Sequence[str] = ()
    steps: Sequence[AccountStep] = ()
    events: Sequence[Event] = ()
    paper: "Report | None" = None


@dataclass(frozen=True)
class ReportFiles:
    """Where the report was written."""

    html: Path
    png: Path


def render_report(report: Report, folder: Path) -> ReportFiles:
    """Write ``report.html`` and ``report.png`` into ``folder``, each whole or not at all.

    The page fetches nothing and runs no script. The same report gives the same bytes.

    Raises `ReportError` for a report without strategies, or with a price panel whose strategy
    is unknown.
    """
    if not report.strategies:
        raise ReportError("a report needs one strategy at least, found none")
    drawing = _drawing(report)
    folder.mkdir(parents=True, exist_ok=True)
    files = ReportFiles(html=folder / HTML_NAME, png=folder / PNG_NAME)
    _write_whole(files.png, figures.overview_png(drawing))
    _write_whole(files.html, _page(report, drawing).encode())
    return files


def report_record(report: Report) -> dict[str, Any]:
    """Return the figures of the report as plain values for JSON; NaN becomes None."""
    hold = _hold_performance(report)
    return {
        "title": report.title,
        "made_at": report.made_at.isoformat(),
        "market": report.market,
        "market_kind": str(report.market_kind),
        "code_fingerprint": report.code_fingerprint,
        "trials": report.trials,
        "costs_bps": dict(report.costs_bps) if report.costs_bps is not None else None,
        "strategies": {track.name: track.performance.as_record() for track in report.strategies},
        "buy_and_hold": None if hold is None else hold.as_record(),
    }


def _page(report: Report, drawing: Drawing) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = [_column_name(track) for track in report.strategies]
    accounts = [(track.performance, True) for track in report.strategies]
    hold = _hold_performance(report)
    if hold is not None:
        names.append(HOLD_NAME)
        accounts.append((hold, False))
    return environment.get_template("report.html.j2").render(
        report=report,
        warning=_WARNINGS[report.market_kind],
        facts=_facts(report),
        names=names,
        rows=[measure_row(metric, accounts) for metric in METRICS],
        equity_svg=Markup(figures.equity_svg(drawing)),  # noqa: S704  matplotlib escapes its text
        drawdown_svg=Markup(figures.drawdown_svg(drawing)),  # noqa: S704
        price_svg=_price_markup(drawing),
        marks=drawing.marks,
        chapter=_chapter(report.paper),
        journals=[(track.name, journal(track.trades, JOURNAL_ROWS)) for track in report.strategies],
        journal_rows=JOURNAL_ROWS,
        time=time_text,
    )


def _chapter(paper: Report | None) -> dict[str, Any] | None:
    if paper is None:
        return None
    drawing = _drawing(paper)
    return {
        "title": paper.title,
        "equity_svg": Markup(figures.equity_svg(drawing)),  # noqa: S704  matplotlib escapes
        "price_svg": _price_markup(drawing),
        "marks": drawing.marks,
        "journal": [row for t in paper.strategies for row in journal(t.trades, JOURNAL_ROWS)],
    }


def _column_name(track: TradingRecord) -> str:
    return f"{track.name} (baseline)" if track.is_baseline else track.name


def _drawing(report: Report) -> Drawing:
    curves = [Curve(track.name, track.equity) for track in report.strategies]
    if report.buy_and_hold is not None:
        curves.append(Curve(HOLD_NAME, report.buy_and_hold, is_hold=True))
    start, end = _span(report)
    return Drawing(
        title=report.title,
        subtitle=f"{report.market}, {start:%Y-%m-%d} to {end:%Y-%m-%d}.  "
        f"{_WARNINGS[report.market_kind]}",
        curves=curves,
        price=_price_panel(report),
        marks=[Mark(e.at, e.text) for e in sorted(report.events, key=lambda e: e.at)],
    )


def _price_panel(report: Report) -> PricePanel | None:
    if report.candles is None or report.pair is None:
        return None
    start, end = _span(report)
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


def _price_markup(drawing: Drawing) -> Markup | None:
    if drawing.price is None:
        return None
    return Markup(figures.price_svg(drawing))  # noqa: S704  matplotlib escapes its text


def _hold_performance(report: Report) -> Performance | None:
    if report.buy_and_hold is None:
        return None
    return performance(report.buy_and_hold, no_trades())


def _span(report: Report) -> tuple[pd.Timestamp, pd.Timestamp]:
    return (
        min(track.performance.start for track in report.strategies),
        max(track.performance.end for track in report.strategies),
    )


def _facts(report: Report) -> list[tuple[str, str]]:
    start, end = _span(report)
    days = (end - start) / pd.Timedelta(days=1)
    costs = report.costs_bps
    cost_text = "not stated"
    if costs is not None:
        cost_text = ", ".join(f"{name} {bps:g} bps" for name, bps in costs.items()) or "none"
    return [
        ("Market", report.market),
        ("Data", f"{time_text(start)} to {time_text(end)} ({days:.1f} days)"),
        ("Costs", cost_text),
        ("Variants tried", "not counted" if report.trials is None else str(report.trials)),
        ("Code fingerprint", report.code_fingerprint or "not recorded"),
        ("Made", f"{time_text(report.made_at)} UTC"),
    ]


def _write_whole(path: Path, content: bytes) -> None:
    """Write beside ``path`` and rename, so that no reader sees half a file."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
