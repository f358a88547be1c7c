"""The tables of a report: measures by strategy, and the journal of trades."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from plimsoll.performance.breakdown import LEAST_TRADES
from plimsoll.performance.measures import Performance
from plimsoll.performance.periods import LEAST_DAYS
from plimsoll.reporting.words import DASH, number, percent, time_text


@dataclass(frozen=True)
class Metric:
    """One row of the table: how it is called, written and explained."""

    label: str
    text: Callable[[Performance], str]
    meaning: str
    needs_trades: bool = False
    """Whether the figure comes from trades, which buy and hold has none of."""
    undefined: str = "not defined: nothing to divide by"
    """Why the figure is not defined when it is not."""
    least_days: int = 0
    least_trades: int = 0
    """Days and closed trades below which the figure would measure luck, and is a dash."""


class Column(NamedTuple):
    """One account of the table; ``is_held`` is one that holds and does not trade by rules."""

    performance: Performance
    has_trades: bool
    is_held: bool = False


@dataclass(frozen=True)
class Row:
    """One row of the table, ready to write."""

    label: str
    meaning: str
    cells: Sequence[str]


def measure_row(metric: Metric, columns: Sequence[Column]) -> Row:
    """Write one measure of every account; what `why_dash` has a reason for is a dash."""
    cells = [
        metric.text(one.performance) if why_dash(metric, one) is None else DASH for one in columns
    ]
    return Row(metric.label, metric.meaning, cells)


def why_dash(metric: Metric, column: Column) -> str | None:
    """Say why a measure of an account is not given; None when it is."""
    measured = column.performance
    if metric.needs_trades and not column.has_trades:
        return "it makes no trades"
    days = (measured.end - measured.start) / pd.Timedelta(days=1)
    if days < metric.least_days:
        return f"fewer than {metric.least_days} days"
    trades = measured.closed_trades
    if column.has_trades and not column.is_held and trades < metric.least_trades:
        return f"fewer than {metric.least_trades} closed trades" if trades else "no closed trade"
    if metric.text(measured).startswith(DASH):
        return metric.undefined
    return None


def dash_notes(names: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """Say for each account which measures are dashes, and why."""
    notes = []
    for name, column in zip(names, columns, strict=True):
        reasons: dict[str, list[str]] = {}
        for metric in METRICS:
            reason = why_dash(metric, column)
            if reason is not None and not metric.label.startswith("…"):
                reasons.setdefault(reason, []).append(metric.label)
        notes += [f"{name}: {', '.join(labels)}: {why}." for why, labels in reasons.items()]
    return notes


def _recovery_text(p: Performance) -> str:
    if p.drawdown_peak_at is None:
        return "–"
    return "not yet" if p.drawdown_recovered_at is None else time_text(p.drawdown_recovered_at)


METRICS: tuple[Metric, ...] = (
    Metric("Total return", lambda p: percent(p.total_return_fraction), "last value / first − 1"),
    Metric(
        "CAGR",
        lambda p: percent(p.cagr_fraction),
        "the return as a yearly rate, 365 days",
        least_days=LEAST_DAYS,
    ),
    Metric(
        "Volatility",
        lambda p: percent(p.annual_volatility_fraction),
        "deviation of daily returns × √365",
    ),
    Metric(
        "Sharpe",
        lambda p: number(p.sharpe),
        "mean daily return / deviation × √365",
        undefined="the daily returns do not differ",
        least_days=LEAST_DAYS,
        least_trades=LEAST_TRADES,
    ),
    Metric(
        "Sortino",
        lambda p: number(p.sortino),
        "as Sharpe, counting losses only",
        undefined="no day lost",
        least_days=LEAST_DAYS,
        least_trades=LEAST_TRADES,
    ),
    Metric(
        "Calmar",
        lambda p: number(p.calmar),
        "CAGR / greatest drawdown",
        undefined="the account never fell",
        least_days=LEAST_DAYS,
        least_trades=LEAST_TRADES,
    ),
    Metric(
        "Greatest drawdown",
        lambda p: percent(p.max_drawdown_fraction),
        "deepest fall from a high, open positions included",
    ),
    Metric("… from", lambda p: time_text(p.drawdown_peak_at), ""),
    Metric("… down to", lambda p: time_text(p.drawdown_trough_at), ""),
    Metric("… recovered", _recovery_text, ""),
    Metric(
        "Longest under water",
        lambda p: number(p.longest_under_water_days, 1, " days"),
        "from a high until it is seen again",
    ),
    Metric("Closed trades", lambda p: f"{p.closed_trades:,}", "", needs_trades=True),
    Metric(
        "Win rate",
        lambda p: percent(p.win_rate_fraction, 1),
        "profit above 0",
        needs_trades=True,
        least_trades=LEAST_TRADES,
    ),
    Metric(
        "Profit factor",
        lambda p: number(p.profit_factor),
        "sum of wins / sum of losses",
        needs_trades=True,
        undefined="no losing trade",
        least_trades=LEAST_TRADES,
    ),
    Metric(
        "Expectancy",
        lambda p: number(p.expectancy_per_average_loss, 3),
        "mean profit / mean loss",
        needs_trades=True,
        undefined="no losing trade",
        least_trades=LEAST_TRADES,
    ),
    Metric(
        "Average trade",
        lambda p: number(p.average_trade_usd, 2, " USD"),
        "after costs",
        needs_trades=True,
        undefined="no closed trade",
    ),
    Metric(
        "Turnover",
        lambda p: number(p.turnover_per_year, 1, " × a year"),
        "traded notional / mean equity",
        needs_trades=True,
    ),
    Metric(
        "Fees paid",
        lambda p: number(p.fees_paid_usd, 2, " USD"),
        "with what else the fee rate stands for",
        needs_trades=True,
    ),
    Metric(
        "Funding paid",
        lambda p: number(p.funding_paid_usd, 2, " USD"),
        "negative when received",
        needs_trades=True,
    ),
    Metric(
        "Time in the market",
        lambda p: percent(p.exposure_time_fraction, 1),
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


def journal(trades: pd.DataFrame, most_rows: int, digits: int = 2) -> list[JournalRow]:
    """Return the last ``most_rows`` trades of Freqtrade's export by opening, newest first.

    ``digits``: decimals of the profit.
    """
    latest = trades.sort_values("open_date", kind="stable").tail(most_rows)
    return [_journal_row(record, digits) for record in latest.iloc[::-1].to_dict("records")]


def _journal_row(record: Mapping[Any, Any], digits: int) -> JournalRow:
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
        profit=number(float(record["profit_abs"]), digits) if is_closed else "–",
        is_win=is_closed and record["profit_abs"] > 0,
        reason=" → ".join(why),
    )
