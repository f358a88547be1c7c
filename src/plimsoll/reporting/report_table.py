"""The tables of a report: measures by strategy, and the journal of trades."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from plimsoll.performance.measures import Performance


@dataclass(frozen=True)
class Metric:
    """One row of the table: how it is called, written and explained."""

    label: str
    text: Callable[[Performance], str]
    meaning: str
    needs_trades: bool = False
    """Whether the figure comes from trades, which buy and hold has none of."""


@dataclass(frozen=True)
class Row:
    """One row of the table, ready to write."""

    label: str
    meaning: str
    cells: Sequence[str]


def measure_row(metric: Metric, columns: Sequence[tuple[Performance, bool]]) -> Row:
    """Write one measure of every account; the flag says whether the account trades at all."""
    cells = [metric.text(p) if trades or not metric.needs_trades else "–" for p, trades in columns]
    return Row(metric.label, metric.meaning, cells)


def _number(value: float, digits: int = 2, unit: str = "") -> str:
    """Write a figure; one that is not defined is a dash, and minus zero is zero."""
    if not math.isfinite(value):
        return "–"
    text = f"{value:,.{digits}f}"
    if float(text.replace(",", "")) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", "−") + unit


def _percent(fraction: float, digits: int = 2) -> str:
    return _number(fraction * 100.0, digits, " %")


def time_text(at: pd.Timestamp | None) -> str:
    """Write a UTC time to the minute, a dash for none."""
    return "–" if at is None or pd.isna(at) else f"{at:%Y-%m-%d %H:%M}"


def _recovery_text(p: Performance) -> str:
    if p.drawdown_peak_at is None:
        return "–"
    return "not yet" if p.drawdown_recovered_at is None else time_text(p.drawdown_recovered_at)


METRICS: tuple[Metric, ...] = (
    Metric("Total return", lambda p: _percent(p.total_return_fraction), "last value / first − 1"),
    Metric("CAGR", lambda p: _percent(p.cagr_fraction), "the return as a yearly rate, 365 days"),
    Metric(
        "Volatility",
        lambda p: _percent(p.annual_volatility_fraction),
        "deviation of daily returns × √365",
    ),
    Metric("Sharpe", lambda p: _number(p.sharpe), "mean daily return / deviation × √365"),
    Metric("Sortino", lambda p: _number(p.sortino), "as Sharpe, counting losses only"),
    Metric("Calmar", lambda p: _number(p.calmar), "CAGR / greatest drawdown"),
    Metric(
        "Greatest drawdown",
        lambda p: _percent(p.max_drawdown_fraction),
        "deepest fall from a high, open positions included",
    ),
    Metric("… from", lambda p: time_text(p.drawdown_peak_at), ""),
    Metric("… down to", lambda p: time_text(p.drawdown_trough_at), ""),
    Metric("… recovered", _recovery_text, ""),
    Metric(
        "Longest under water",
        lambda p: _number(p.longest_under_water_days, 1, " days"),
        "from a high until it is seen again",
    ),
    Metric("Closed trades", lambda p: f"{p.closed_trades:,}", "", needs_trades=True),
    Metric(
        "Win rate", lambda p: _percent(p.win_rate_fraction, 1), "profit above 0", needs_trades=True
    ),
    Metric(
        "Profit factor",
        lambda p: _number(p.profit_factor),
        "sum of wins / sum of losses",
        needs_trades=True,
    ),
    Metric(
        "Expectancy",
        lambda p: _number(p.expectancy_per_average_loss, 3),
        "mean profit / mean loss",
        needs_trades=True,
    ),
    Metric(
        "Average trade",
        lambda p: _number(p.average_trade_usd, 2, " USD"),
        "after costs",
        needs_trades=True,
    ),
    Metric(
        "Turnover",
        lambda p: _number(p.turnover_per_year, 1, " × a year"),
        "traded notional / mean equity",
        needs_trades=True,
    ),
    Metric(
        "Fees paid",
        lambda p: _number(p.fees_paid_usd, 2, " USD"),
        "with what else the fee rate stands for",
        needs_trades=True,
    ),
    Metric(
        "Funding paid",
        lambda p: _number(p.funding_paid_usd, 2, " USD"),
        "negative when received",
        needs_trades=True,
    ),
    Metric(
        "Time in the market",
        lambda p: _percent(p.exposure_time_fraction, 1),
        "with a position open",
        needs_trades=True,
    ),
)


@dataclass(frozen=True)
class JournalRow:
    """One trade as the page lists it."""

    pair: str
    side: str
    opened: str
    closed: str
    open_rate: str
    close_rate: str
    profit: str
    is_win: bool
    reason: str


def journal(trades: pd.DataFrame, most_rows: int) -> list[JournalRow]:
    """Return the last ``most_rows`` trades of Freqtrade's export by opening, newest first."""
    latest = trades.sort_values("open_date", kind="stable").tail(most_rows)
    return [_journal_row(record) for record in latest.iloc[::-1].to_dict("records")]


def _journal_row(record: Mapping[Any, Any]) -> JournalRow:
    is_closed = not pd.isna(record["close_date"])
    tag, reason = record.get("enter_tag"), record.get("exit_reason")
    why = [str(part) for part in (tag, reason) if isinstance(part, str) and part]
    return JournalRow(
        pair=str(record["pair"]),
        side="short" if record["is_short"] else "long",
        opened=time_text(record["open_date"]),
        closed=time_text(record["close_date"]) if is_closed else "open",
        open_rate=f"{record['open_rate']:g}",
        close_rate=f"{record['close_rate']:g}" if is_closed else "–",
        profit=_number(float(record["profit_abs"])) if is_closed else "–",
        is_win=is_closed and record["profit_abs"] > 0,
        reason=" → ".join(why),
    )
