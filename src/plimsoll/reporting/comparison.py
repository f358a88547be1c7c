"""Several records side by side: what differs between them, and each on the span they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.performance.known_equity import trades_within
from plimsoll.performance.measures import Performance, daily_returns, performance
from plimsoll.reporting.guard_sections import guards_state
from plimsoll.reporting.page import ReportError
from plimsoll.reporting.sections import costs_text
from plimsoll.reporting.trading_record import TradingRecord
from plimsoll.reporting.words import day_text, number, time_text

A_DAY = pd.Timedelta(days=1)
LEAST_SHARED_DAYS = 10
"""Days that two records must share for their returns to be correlated."""
MOST_NAMED_PAIRS = 8
SHORT_DAYS = 20.0
"""Days of a run below which its period is told to the minute."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Records that are shown beside one another, in the order to show.

    ``names`` are unique and stand for the records; ``markets`` name the origin of each one's
    prices. Rendering reads neither clock nor file.
    """

    title: str
    made_at: pd.Timestamp
    names: Sequence[str]
    records: Sequence[TradingRecord]
    markets: Sequence[str]

    @cached_property
    def shared(self) -> tuple[pd.Timestamp, pd.Timestamp] | None:
        """The span that all records cover; None when there is none of a day or more."""
        start = max(record.start for record in self.records)
        end = min(record.end for record in self.records)
        return (start, end) if end - start >= A_DAY else None

    @cached_property
    def spans_differ(self) -> bool:
        """Whether they begin or end a day apart, or a 20th of the longest if that is less."""
        starts = [record.start for record in self.records]
        ends = [record.end for record in self.records]
        longest = max(end - start for start, end in zip(starts, ends, strict=True))
        apart = max(max(starts) - min(starts), max(ends) - min(ends))
        return bool(apart >= min(A_DAY, longest / 20))

    @cached_property
    def shared_performance(self) -> list[Performance] | None:
        """Measures of each record on the shared span; None when that is every record's own."""
        if self.shared is None or not self.spans_differ:
            return None
        return [_measured(record, *self.shared) for record in self.records]


def comparison(
    title: str, made_at: pd.Timestamp, records: Sequence[TradingRecord], markets: Sequence[str]
) -> Comparison:
    """Put records side by side; of equal names each after the first gets its source or a number.

    Raises `ReportError` for fewer than two records.
    """
    if len(records) < 2:
        raise ReportError(
            f"a comparison needs two records at least, found {len(records)}; name more results "
            "or bots"
        )
    return Comparison(title, made_at, _unique(records), records, markets)


def differences(compared: Comparison) -> list[str]:
    """Say in sentences in what the records differ beside their strategy, so that none misleads."""
    told = [
        _told(compared, "Periods", [_span(record) for record in compared.records])
        if compared.spans_differ
        else None,
        _told(compared, "Kinds of run", [str(record.source) for record in compared.records]),
        _told(compared, "Origins of the prices", list(compared.markets)),
        _told(compared, "Pairs", [_pairs(record) for record in compared.records]),
        _told(compared, "Timeframes", [r.timeframe or "not recorded" for r in compared.records]),
        _told(compared, "Costs of a fill", [costs_text(r.costs_bps) for r in compared.records]),
        _told(compared, "Guards", [guards_state(record) for record in compared.records]),
        _told(compared, "Starting balances", [_balance(record) for record in compared.records]),
    ]
    lines = [line for line in told if line is not None]
    if compared.shared is None and compared.spans_differ:
        lines.append("The records share no day: nothing here compares them at the same time.")
    return lines


def growth(record: TradingRecord) -> "pd.Series[float]":
    """Return the change since the start of a record in percent."""
    return (record.equity / float(record.equity.iloc[0]) - 1.0) * 100.0


def correlations(compared: Comparison) -> pd.DataFrame | None:
    """Return the correlation of daily returns of each two records over the days they share.

    NaN where two share fewer than `LEAST_SHARED_DAYS` days or one never changed. None when no
    two have enough.
    """
    returns = pd.concat(
        [daily_returns(record.equity).rename(name) for name, record in _named(compared)], axis=1
    )
    made = returns.corr(min_periods=LEAST_SHARED_DAYS)
    others = made.to_numpy()[~np.eye(len(made), dtype=bool)]
    return made if np.isfinite(others).any() else None


def monthly(compared: Comparison) -> pd.DataFrame:
    """Return the compounded daily returns by UTC month: a row a month, a column a record."""
    columns = {}
    for name, record in _named(compared):
        returns = daily_returns(record.equity)
        begins = pd.DatetimeIndex(returns.index) - A_DAY
        columns[name] = (1.0 + returns).groupby(begins.strftime("%Y-%m")).prod() - 1.0
    return pd.DataFrame(columns).sort_index()


def comparison_record(compared: Comparison) -> dict[str, Any]:
    """Return the figures as plain values for JSON; NaN becomes None."""
    shared = compared.shared
    on_shared = compared.shared_performance
    return {
        "title": compared.title,
        "made_at": compared.made_at.isoformat(),
        "differences": differences(compared),
        "shared_span": None if shared is None else [at.isoformat() for at in shared],
        "records": {
            name: {
                "source": str(record.source),
                "market": market,
                "stake_currency": record.stake_currency,
                "guards": guards_state(record),
                **_acts(record),
                "performance": record.performance.as_record(),
                "on_shared_span": None if on_shared is None else on_shared[place].as_record(),
            }
            for place, ((name, record), market) in enumerate(
                zip(_named(compared), compared.markets, strict=True)
            )
        },
    }


def _acts(record: TradingRecord) -> Mapping[str, Any]:
    if record.acts is None:
        return {"guard_totals": None}
    plain = record.acts.to_dict()
    return {"guard_totals": plain["totals"]}


def _named(compared: Comparison) -> list[tuple[str, TradingRecord]]:
    return list(zip(compared.names, compared.records, strict=True))


def _measured(record: TradingRecord, start: pd.Timestamp, end: pd.Timestamp) -> Performance:
    ends = pd.DatetimeIndex([start, end])
    equity = record.equity.reindex(record.equity.index.union(ends)).ffill()
    equity = equity[(equity.index >= start) & (equity.index <= end)]
    return performance(equity, trades_within(record.trades, start, end))


def _unique(records: Sequence[TradingRecord]) -> list[str]:
    names: list[str] = []
    for record in records:
        name = record.name
        if name in names:
            name = f"{record.name} ({record.source})"
        number_of = 2
        while name in names:
            name = f"{record.name} {number_of}"
            number_of += 1
        names.append(name)
    return names


def _told(compared: Comparison, what: str, values: Sequence[str]) -> str | None:
    """Say each value with who has it; None when all are the same."""
    if len(set(values)) == 1:
        return None
    holders: dict[str, list[str]] = {}
    for name, value in zip(compared.names, values, strict=True):
        holders.setdefault(value, []).append(name)
    said = "; ".join(f"{', '.join(names)}: {value}" for value, names in holders.items())
    return f"{what} differ. {said}."


def _span(record: TradingRecord) -> str:
    text = day_text if record.days > SHORT_DAYS else time_text
    return f"{text(record.start)} to {text(record.end)}"


def _pairs(record: TradingRecord) -> str:
    source = record.trades["pair"] if record.closes is None else record.closes.columns
    pairs = sorted({str(pair) for pair in source})
    more = f" and {len(pairs) - MOST_NAMED_PAIRS} more" if len(pairs) > MOST_NAMED_PAIRS else ""
    return (", ".join(pairs[:MOST_NAMED_PAIRS]) or "none") + more


def _balance(record: TradingRecord) -> str:
    return number(record.starting_balance_usd, 2, f" {record.stake_currency}")
