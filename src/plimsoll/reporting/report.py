"""One report of one or more accounts: a self-contained HTML page and a PNG overview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.performance.fills import no_trades
from plimsoll.performance.measures import Performance, performance
from plimsoll.reporting import page
from plimsoll.reporting.page import HOLD_NAME, ReportError
from plimsoll.reporting.sections import Section
from plimsoll.reporting.trading_record import TradingRecord
from plimsoll.reporting.whole_file import write_whole

__all__ = [
    "HOLD_NAME",
    "AccountStep",
    "Event",
    "MarketKind",
    "Report",
    "ReportError",
    "ReportFiles",
    "render_report",
    "report_record",
]

HTML_NAME, PNG_NAME = "report.html", "report.png"


class MarketKind(StrEnum):
    """Where the prices came from: decides what the report may say about profit."""

    SIMULATED = "simulated"
    REAL = "real"
    UNSTATED = "unstated"


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
    ``against`` is the run of the first strategy with its guards in another state (off, or
    observing); ``sections`` are shown as they are, above the trades.
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
    against: TradingRecord | None = None
    sections: Sequence[Section] = ()

    @property
    def main(self) -> TradingRecord:
        """The strategy that the page tells of first: the first that is no baseline."""
        return min(self.strategies, key=lambda record: record.is_baseline)

    @property
    def span(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """First and last time of all accounts."""
        return (
            min(record.start for record in self.strategies),
            max(record.end for record in self.strategies),
        )

    @cached_property
    def hold_performance(self) -> Performance | None:
        """Measures of buying and holding instead; None when the report has none."""
        if self.buy_and_hold is None:
            return None
        return performance(self.buy_and_hold, no_trades())


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
    text, picture = page.html(report), page.png(report)
    folder.mkdir(parents=True, exist_ok=True)
    files = ReportFiles(html=folder / HTML_NAME, png=folder / PNG_NAME)
    write_whole(files.png, picture)
    write_whole(files.html, text.encode())
    return files


def report_record(report: Report) -> dict[str, Any]:
    """Return the figures of the report as plain values for JSON; NaN becomes None."""
    hold = report.hold_performance
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
